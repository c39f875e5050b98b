"""Activations that take something off, or set small inputs to one number."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.activations.base import enter, run

__all__ = ["hard_shrink", "soft_shrink", "tanh_shrink", "threshold"]


def hard_shrink(x: ArrayLike, threshold: float = 0.5) -> Floats:
    """0 where ``abs(x) <= threshold``, the input elsewhere.

    Example:
        >>> from trimtab import activations
        >>> activations.hard_shrink([[-1.0, 0.25, 2.0]]).tolist()
        [[-1.0, 0.0, 2.0]]
    """
    return run("hard_shrink", x, threshold=threshold)


def soft_shrink(x: ArrayLike, threshold: float = 0.5) -> Floats:
    """The input moved towards 0 by the threshold, 0 within it.

    Source:
        Donoho & Johnstone 1994.

    Example:
        >>> from trimtab import activations
        >>> activations.soft_shrink([[-1.0, 0.25, 2.0]]).tolist()
        [[-0.5, 0.0, 1.5]]
    """
    return run("soft_shrink", x, threshold=threshold)


def tanh_shrink(x: ArrayLike) -> Floats:
    """``x - tanh(x)``.

    Example:
        >>> from trimtab import activations
        >>> print(activations.tanh_shrink([[-1.0, 1.0]]).round(4))
        [[-0.2384  0.2384]]
    """
    return run("tanh_shrink", x)


def threshold(x: ArrayLike, threshold: float, default_value: float) -> Floats:
    """The input where it is above the threshold, ``default_value`` elsewhere.

    As the activation of a layer: ``functools.partial(activations.threshold, threshold=0.5,
    default_value=0.0)``.

    Example:
        >>> from trimtab import activations
        >>> activations.threshold([[-1.0, 2.0]], 0.5, -9.0).tolist()
        [[-9.0, 2.0]]
    """
    return run("threshold", x, threshold=threshold, default_value=default_value)


def _shrink(threshold: float = 0.5) -> dict[str, Any]:
    return {"threshold": checks.non_negative_number("threshold", threshold)}


def _threshold(threshold: float, default_value: float) -> dict[str, Any]:
    return {
        "threshold": checks.number("threshold", threshold),
        "default_value": checks.number("default_value", default_value),
    }


enter(hard_shrink, settings=_shrink)
enter(soft_shrink, settings=_shrink)
enter(tanh_shrink)
enter(threshold, settings=_threshold, threshold=0.5, default_value=0.0)
