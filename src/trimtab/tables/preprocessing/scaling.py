"""Scalings: from the numbers of a column to numbers around 0 of about size 1.

A scaling is a few plain numbers. It is applied element by element in float64, so that the result
for a row does not depend on other rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri

from trimtab.core import checks, records
from trimtab.core.types import Doubles
from trimtab.core.words import brief

__all__ = [
    "Quantile",
    "Robust",
    "Scaling",
    "Scalings",
    "Standard",
    "Unscaled",
    "scaling_from_record",
]


#: The most knots of a quantile scaling.
MOST_KNOTS = 1000

#: Knots stay within it, so that differences of two are finite.
BOUND = 1e300

#: To smooth clipping, all numbers beyond it are the same.
FARTHEST = 1e9

#: Where smooth clipping levels off.
CLIP = 3.0

#: Probabilities stay this far from 0 and 1, as in scikit-learn's QuantileTransformer.
EDGE = 1e-7


class Scaling:
    """A scaling fitted on a column."""

    kind: ClassVar[str]

    def apply(self, values: Doubles) -> Doubles:
        """The scaled values, which fit into float32; ``values`` are finite."""
        raise NotImplementedError

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        """``(document, arrays)``, which :func:`scaling_from_record` reads."""
        return {"kind": self.kind, **records.to_record(self)}, {}


@dataclass(frozen=True)
class Unscaled(Scaling):
    """No scaling; numbers are clipped to the range of float32.

    Example:
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

    Formula:
        ``(x - mean) / scale``, clipped to ``limit``, twice the largest size in the training rows.

    Example:
        >>> Standard(mean=10.0, scale=2.0, limit=4.0).apply(np.array([10.0, 14.0, 1e300])).tolist()
        [0.0, 2.0, 4.0]

    Source:
        scikit-learn's StandardScaler.
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
            raise ValueError(f"limit must fit into float32, received {brief(limit)}.")
        object.__setattr__(self, "limit", limit)

    def apply(self, values: Doubles) -> Doubles:
        return _centered(values, self.mean, self.scale, self.limit)


@dataclass(frozen=True)
class Robust(Scaling):
    """Median 0 and interquartile range 1, smoothly clipped to 3.

    Formula:
        ``z / sqrt(1 + (z / 3)**2)`` with ``z = (x - center) / scale``. It is close to ``z`` in the
        middle (0.95 for 1), monotonic, and never reaches 3.

    Example:
        >>> Robust(center=10.0, scale=2.0).apply(np.array([10.0, 12.0, 1e9])).round(3).tolist()
        [0.0, 0.949, 3.0]

    Source:
        scikit-learn's RobustScaler; the smooth clipping is that of Holzmüller, Grinsztajn &
        Steinwart 2024, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular
        Data".
    """

    kind: ClassVar[str] = "robust"
    center: float
    scale: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "center", checks.number("center", self.center))
        object.__setattr__(self, "scale", checks.positive_number("scale", self.scale))

    def apply(self, values: Doubles) -> Doubles:
        return _smoothly_clipped(_centered(values, self.center, self.scale, FARTHEST))


@dataclass(frozen=True, eq=False)
class Quantile(Scaling):
    """The normal quantile of the same rank.

    Formula:
        ``ndtri(p(x))``, where ``p`` is the empirical distribution function of the training rows,
        linear between its ``knots``. A value that several knots share has the middle of their
        ranks. The result is clipped to 5.2.

    Example:
        >>> Quantile(np.array([1.0, 10.0, 100.0])).apply(np.array([10.0, 1e9])).round(2).tolist()
        [0.0, 5.2]
        >>> Quantile(np.array([0.0, 0.0, 0.0, 7.0])).apply(np.array([-1.0, 0.0])).round(2).tolist()
        [-5.2, -0.43]

    Source:
        scikit-learn's QuantileTransformer with ``output_distribution="normal"``, except for a value
        that several of the *outermost* knots share (such as many zeros and nothing below): there
        scikit-learn returns -5.2, and this the middle of the ranks, as everywhere else.
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
        with np.errstate(over="ignore", invalid="ignore"):
            return _normal(self.ranks(_within(BOUND, values)))

    def ranks(self, values: Doubles) -> Doubles:
        """The ranks of values within ``BOUND``, from 0 to 1."""
        ranks, falling, below = self._ranks
        up = np.interp(values, self.knots, ranks)
        return 0.5 * (up - np.interp(-values, falling, below))

    @cached_property
    def _ranks(self) -> tuple[Doubles, Doubles, Doubles]:
        """The ranks of the knots; and knots and ranks from the other end."""
        ranks = np.linspace(0.0, 1.0, len(self.knots))
        return ranks, -self.knots[::-1], -ranks[::-1]

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        return {"kind": self.kind}, {"knots": self.knots}


class Scalings:
    """The scalings of several columns, applied at once: for few rows, where calls are what counts.

    Args:
        each: The scalings, one per column.

    Shape:
        ``(columns, n)`` to ``(columns, n)``.

    Example:
        >>> several = Scalings([Standard(1.0, 2.0, 9.0), Robust(0.0, 1.0), Unscaled()])
        >>> several.apply(np.array([[5.0], [1e9], [7.0]])).round(3).tolist()
        [[2.0], [3.0], [7.0]]
    """

    def __init__(self, each: Sequence[Scaling]) -> None:
        lines = [_line_of(scaling) for scaling in each]
        self._center, self._scale, self._limit = np.array(lines).reshape(-1, 3, 1).swapaxes(0, 1)
        self._robust = [at for at, scaling in enumerate(each) if isinstance(scaling, Robust)]
        self._quantile = [(at, each) for at, each in enumerate(each) if isinstance(each, Quantile)]
        self._ranked = [at for at, _ in self._quantile]

    def apply(self, values: Doubles) -> Doubles:
        """Column by column what :meth:`Scaling.apply` returns, to the bit."""
        scaled = _centered(values, self._center, self._scale, self._limit)
        if self._robust:
            scaled[self._robust] = _smoothly_clipped(scaled[self._robust])
        if self._quantile:
            within = _within(BOUND, values)
            with np.errstate(over="ignore", invalid="ignore"):
                ranks = [scaling.ranks(within[at]) for at, scaling in self._quantile]
            scaled[self._ranked] = _normal(np.array(ranks))
        return scaled


def _line_of(scaling: Scaling) -> tuple[float, float, float]:
    """Center, scale and limit; of no scaling, and of one that is no line, those that do nothing."""
    if isinstance(scaling, Standard):
        return scaling.mean, scaling.scale, scaling.limit
    if isinstance(scaling, Robust):
        return scaling.center, scaling.scale, FARTHEST
    if not isinstance(scaling, Unscaled | Quantile):
        raise TypeError(f"no line is known for the scaling {scaling.kind!r}.")
    return 0.0, 1.0, float(np.finfo(np.float32).max)


_KINDS: dict[str, type[Scaling]] = {cls.kind: cls for cls in (Unscaled, Standard, Robust, Quantile)}


def _centered(
    values: Doubles, center: float | Doubles, scale: float | Doubles, limit: float | Doubles
) -> Doubles:
    with np.errstate(over="ignore"):  # an infinite distance is clipped like any other
        return _within(limit, (values - center) / scale)


def _within(limit: float | Doubles, values: Doubles) -> Doubles:
    """``np.clip(values, -limit, limit)``, which takes three times as long for few values."""
    return np.minimum(np.maximum(values, -limit), limit)


def _smoothly_clipped(z: Doubles) -> Doubles:
    return z / np.sqrt(1.0 + np.square(z / CLIP))


def _normal(ranks: Doubles) -> Doubles:
    """The normal quantiles of ranks."""
    normal: Doubles = ndtri(np.minimum(np.maximum(ranks, EDGE), 1.0 - EDGE))
    return normal


def scaling_from_record(document: Any, arrays: Mapping[str, Any]) -> Scaling:
    """The scaling that :meth:`Scaling.record` wrote.

    Raises:
        InvalidArgument: It is no record of a scaling.
    """
    cls, fields = records.by_kind("a scaling", document, _KINDS)
    scaling: Scaling = records.from_record(cls, fields, **arrays)
    return scaling
