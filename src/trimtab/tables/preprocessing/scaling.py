"""From the numbers of a column to numbers around 0 of about the size of 1.

A scaling is fitted by scikit-learn's transformer of that name and then is a few plain numbers.
Applying it is element by element in float64, so that a row's result does not depend on which other
rows are there. scikit-learn is imported where something is fitted, never where it is applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri

from trimtab.core import checks, records
from trimtab.core.types import Doubles

__all__ = ["Quantile", "Robust", "Scaling", "Standard", "Unscaled", "scaling_from_record"]


#: The most knots of a quantile scaling.
MOST_KNOTS = 1000

#: Knots lie within it, so that differences of two are finite.
BOUND = 1e300

#: Numbers beyond it are the same to smooth clipping.
FARTHEST = 1e9

#: Where smooth clipping levels off.
CLIP = 3.0

#: Probabilities stay this far from 0 and 1, as in scikit-learn's QuantileTransformer.
EDGE = 1e-7


class Scaling:
    """Plain numbers fitted on a column, and how they apply to an element."""

    kind: ClassVar[str]

    def apply(self, values: Doubles) -> Doubles:
        """Scaled values, of a size that float32 has; ``values`` are bounded and without NaN."""
        raise NotImplementedError

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        """``(document, arrays)``, which :func:`scaling_from_record` takes back."""
        return {"kind": self.kind, **records.to_record(self)}, {}


@dataclass(frozen=True)
class Unscaled(Scaling):
    """Numbers as they are, within what float32 holds.

    >>> Unscaled().apply(np.array([2.0, 1e300])).tolist()
    [2.0, 3.4028234663852886e+38]
    """

    kind: ClassVar[str] = "raw"

    def apply(self, values: Doubles) -> Doubles:
        most = float(np.finfo(np.float32).max)
        return np.clip(values, -most, most)


@dataclass(frozen=True)
class Standard(Scaling):
    """Mean 0 and standard deviation 1.

    Formula: ``(x - mean) / scale``, at most ``limit`` in size, which is twice that of the training
    row farthest out.

    Source: scikit-learn's StandardScaler.

    >>> Standard(mean=10.0, scale=2.0, limit=4.0).apply(np.array([10.0, 14.0, 1e300])).tolist()
    [0.0, 2.0, 4.0]
    """

    kind: ClassVar[str] = "standard"
    mean: float
    scale: float
    limit: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", checks.number("mean", self.mean))
        object.__setattr__(self, "scale", checks.positive_number("scale", self.scale))
        limit = checks.positive_number("limit", self.limit)
        if limit > float(np.finfo(np.float32).max):
            raise ValueError(f"limit must be a number that float32 has, received {limit!r}.")
        object.__setattr__(self, "limit", limit)

    def apply(self, values: Doubles) -> Doubles:
        return _centered(values, self.mean, self.scale, self.limit)


@dataclass(frozen=True)
class Robust(Scaling):
    """Median 0 and interquartile range 1, and a smooth end at 3 on both sides.

    Formula: ``z / sqrt(1 + (z / 3)**2)`` with ``z = (x - center) / scale``. It is close to ``z`` in
    the middle (0.95 for 1), keeps the order, and never reaches 3.

    Source: scikit-learn's RobustScaler; the smooth clipping is that of Holzmüller, Grinsztajn &
    Steinwart 2024, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data".

    >>> Robust(center=10.0, scale=2.0).apply(np.array([10.0, 12.0, 1e9])).round(3).tolist()
    [0.0, 0.949, 3.0]
    """

    kind: ClassVar[str] = "robust"
    center: float
    scale: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "center", checks.number("center", self.center))
        object.__setattr__(self, "scale", checks.positive_number("scale", self.scale))

    def apply(self, values: Doubles) -> Doubles:
        z = _centered(values, self.center, self.scale, FARTHEST)
        return z / np.sqrt(1.0 + np.square(z / CLIP))


@dataclass(frozen=True, eq=False)
class Quantile(Scaling):
    """The normal number of the same rank.

    Formula: ``ndtri(p(x))``, where ``p`` is the training rows' empirical distribution function,
    linear between its ``knots``; a value that several knots share has the middle of their ranks;
    the result stays within 5.2 of 0.

    Source: scikit-learn's QuantileTransformer with ``output_distribution="normal"``. It differs in
    a value that several of the *outermost* knots share (a column with many zeros and none below):
    scikit-learn sends it to the end, -5.2, and here it has the middle of its ranks as everywhere
    else.

    >>> Quantile(np.array([1.0, 10.0, 100.0])).apply(np.array([10.0, 1e9])).round(2).tolist()
    [0.0, 5.2]
    >>> Quantile(np.array([0.0, 0.0, 0.0, 7.0])).apply(np.array([-1.0, 0.0])).round(2).tolist()
    [-5.2, -0.43]
    """

    kind: ClassVar[str] = "quantile"
    knots: Doubles

    def __post_init__(self) -> None:
        if not 2 <= self.knots.size <= MOST_KNOTS or self.knots.ndim != 1:
            raise ValueError(
                f"knots must be a vector of 2 to {MOST_KNOTS} numbers, received shape "
                f"{self.knots.shape}."
            )
        if self.knots.dtype != np.float64:
            raise TypeError(f"knots must be float64, received {self.knots.dtype}.")
        knots = np.array(self.knots)
        knots.flags.writeable = False
        if not (np.abs(knots) <= BOUND).all() or not (np.diff(knots) >= 0).all():
            raise ValueError(f"knots must not descend and stay within {BOUND:g} of 0.")
        object.__setattr__(self, "knots", knots)

    def apply(self, values: Doubles) -> Doubles:
        ranks = np.linspace(0.0, 1.0, len(self.knots))
        values = np.clip(values, -BOUND, BOUND)
        with np.errstate(over="ignore", invalid="ignore"):
            up = np.interp(values, self.knots, ranks)
            down = np.interp(-values, -self.knots[::-1], -ranks[::-1])
        normal: Doubles = ndtri(np.clip(0.5 * (up - down), EDGE, 1.0 - EDGE))
        return normal

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        return {"kind": self.kind}, {"knots": self.knots}


_KINDS: dict[str, type[Scaling]] = {cls.kind: cls for cls in (Unscaled, Standard, Robust, Quantile)}


def _centered(values: Doubles, center: float, scale: float, limit: float) -> Doubles:
    with np.errstate(over="ignore"):  # an infinite distance ends at the limit like any other
        return np.clip((values - center) / scale, -limit, limit)


def scaling_from_record(document: Any, arrays: Mapping[str, Any]) -> Scaling:
    """The scaling that :meth:`Scaling.record` wrote.

    Raises:
        InvalidArgument: it wrote none of this.
    """
    cls, fields = records.by_kind("a scaling", document, _KINDS)
    scaling: Scaling = records.from_record(cls, fields, **arrays)
    return scaling
