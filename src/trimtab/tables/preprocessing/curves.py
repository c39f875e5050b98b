"""The curves on which targets are learned, and the ways back."""

from __future__ import annotations

import numpy as np

from trimtab.core.types import Doubles

__all__ = ["LINE", "LOG", "YEO_JOHNSON", "back_from_yeo_johnson", "bent", "straight", "yeo_johnson"]

#: Curves by name.
LINE, LOG, YEO_JOHNSON = "line", "log", "yeo-johnson"


def bent(curve: str, u: Doubles, power: float) -> Doubles:
    """Numbers on a curve.

    Args:
        curve: ``line``, ``log`` or ``yeo-johnson``.
        u: The numbers.
        power: Of Yeo and Johnson, from 0 to 2; of the logarithm what is added.

    Example:
        >>> bent("log", np.array([0.0, np.e - 1]), 1.0).tolist()
        [0.0, 1.0]
    """
    if curve == LOG:
        return np.log(u + power)
    return u if curve == LINE else yeo_johnson(u, power)


def straight(curve: str, g: Doubles, power: float) -> Doubles:
    """The inverse of :func:`bent`; infinite where numbers end.

    Example:
        >>> straight("log", np.array([0.0, 1.0, 1000.0]), 1.0).round(3).tolist()
        [0.0, 1.718, inf]
    """
    if curve == LOG:
        with np.errstate(over="ignore"):
            return np.exp(g) - power
    return g if curve == LINE else back_from_yeo_johnson(g, power)


def yeo_johnson(u: Doubles, power: float) -> Doubles:
    """The curve of Yeo and Johnson.

    Example:
        >>> yeo_johnson(np.array([-3.0, 0.0, 3.0]), 0.5).round(3).tolist()
        [-4.667, 0.0, 2.0]
    """
    with np.errstate(over="ignore"):
        high, low = np.maximum(u, 0), np.maximum(-u, 0)
        above = np.log1p(high) if power == 0 else np.expm1(power * np.log1p(high)) / power
        rest = 2 - power
        below = np.log1p(low) if rest == 0 else np.expm1(rest * np.log1p(low)) / rest
    return np.where(u >= 0, above, -below)


def back_from_yeo_johnson(g: Doubles, power: float) -> Doubles:
    """The inverse of :func:`yeo_johnson`; infinite where numbers end.

    Example:
        >>> back_from_yeo_johnson(np.array([-4.0, 0.0, 2.0]), 1.0).round(9).tolist()
        [-4.0, 0.0, 2.0]
    """
    with np.errstate(over="ignore"):
        high, low = np.maximum(g, 0), np.maximum(-g, 0)
        above = np.expm1(high if power == 0 else np.log1p(power * high) / power)
        rest = 2 - power
        below = np.expm1(low if rest == 0 else np.log1p(rest * low) / rest)
    return np.where(g >= 0, above, -below)
