"""From the numbers of a column to numbers around 0 of about the size of 1.

A scaling is fitted by scikit-learn's transformer of that name and then is a few plain numbers.
Applying it is element by element in float64, so that a row's result does not depend on which other
rows are there. scikit-learn is imported where something is fitted, never where it is applied.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri

from trimtab.core import checks, records
from trimtab.core.types import Doubles

__all__ = [
    "SCALINGS",
    "Quantile",
    "Robust",
    "Scaling",
    "Standard",
    "Unscaled",
    "fit_scaling",
    "scaling_from_record",
    "size_in",
    "unit_of",
]


#: How far out a standardized number may lie, compared with the training row farthest out. Networks
#: go on in straight lines: without an end, one typing error is a prediction beyond all bounds.
EXTRAPOLATE = 2.0

#: The rule of the tails: see :func:`fit_scaling`.
REACH = 6.0
FAR_SHARE = 0.03

#: Rows for each knot of a quantile scaling, as Gorishniy et al. 2021 have it ("Revisiting Deep
#: Learning Models for Tabular Data"), and the most knots.
ROWS_PER_KNOT = 30
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


#: What can be asked for a column's numbers; ``"auto"`` asks the tails.
SCALINGS = ("auto", "standard", "robust", "quantile", "none")

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


def unit_of(values: Doubles) -> float:
    """A power of two of about the size of the largest value.

    Dividing by it is exact, and afterwards neither overflow nor scikit-learn's absolute thresholds
    for constant columns have a say in columns of very large or very small numbers.

    >>> unit_of(np.array([1.0, -5.0]))
    4.0
    """
    return float(np.ldexp(1.0, int(np.frexp(np.abs(values).max())[1]) - 1))


def size_in(unit: float, size: float) -> float:
    """``size * unit``, at least the smallest and at most the largest number to divide by."""
    limits = np.finfo(np.float64)
    return min(max(size * unit, float(limits.tiny)), float(limits.max))


def fit_scaling(
    values: Doubles, how: str = "auto", weights: Doubles | None = None
) -> Scaling | None:
    """The scaling of a column, fitted on its training values.

    With ``"auto"`` the tails decide. Let the *distance* of a row be ``|x - median| / IQR``:

    - more than 3 % of the rows beyond 3: ``quantile`` (smooth clipping would flatten too many);
    - else any row beyond 6: ``robust``;
    - else ``standard``.

    An interquartile range of 0 means that most rows have one value. The distance is then in
    standard deviations, and a row beyond 6 asks for ``quantile``, under which that value does not
    crowd out the others.

    A normal column of 10 million rows reaches 4, an exponential one of 1,000 rows 6 (with 1.8 % of
    the rows beyond 3); 4.7 % of a lognormal one (sigma 1) lie beyond 3, 13 % of one with sigma 2.

    Evidence: root mean squared error on a quarter of the rows, in the target's standard deviations,
    mean of 5 divisions (standard errors 0.002 to 0.015, where not given); a network of two layers
    of 128 with dropout, Adam, early stopping.

    ========================= ======== ====== ======== =====
    table                     standard robust quantile auto
    ========================= ======== ====== ======== =====
    Red Wine                  0.775    0.776  0.769    0.774
    Concrete                  0.353    0.342  0.345    0.328
    Spotify (popularity)      0.953    0.952  0.948    0.949
    Spotify (energy)          0.564    0.554  0.546    0.548
    diabetes                  0.708    0.700  0.716    0.708
    normal inputs             0.243    0.237  0.256    0.243
    uniform inputs            0.229    0.223  0.242    0.229
    exponential inputs ± 0.04 0.229    0.287  0.300    0.290
    lognormal inputs, sigma 1 0.340    0.320  0.306    0.306
    lognormal ± 0.03, sigma 2 0.460    0.373  0.282    0.282
    80 % zeros, lognormal     0.267    0.260  0.249    0.249
    15 typing errors ± 0.04   0.984    0.278  0.284    0.283
    ========================= ======== ====== ======== =====

    Args:
        values: ``(n,)``, without NaN, at least one.
        how: one of :data:`SCALINGS`.
        weights: of the rows; only means and standard deviations take them.

    Returns:
        None for values that are all the same, or differ by rounding alone.
    """
    from sklearn.preprocessing import QuantileTransformer, StandardScaler

    if values.min() == values.max():
        return None
    if weights is not None and not weights.any():
        weights = None
    unit = unit_of(values)
    column = (values / unit).reshape(-1, 1)
    standard = StandardScaler().fit(column, sample_weight=weights)
    mean, scale = float(standard.mean_[0]), float(standard.scale_[0])
    if scale != math.sqrt(standard.var_[0]):
        return None
    if how == "none":
        return Unscaled()
    if how in ("auto", "robust"):
        # What RobustScaler finds; but it takes a column for constant when its middle half spans
        # less than 1e-14 of its farthest row, and one wrong cell of 1e20 is enough for that.
        low, center, high = (float(value) for value in np.percentile(column, [25, 50, 75]))
        spread = high - low if high > low else scale
        if how == "auto":
            how = _by_tails(column, center, spread, ties=low == high)
        if how == "robust":
            return Robust(center * unit, size_in(unit, spread))
    if how == "quantile":
        knots = min(max(len(values) // ROWS_PER_KNOT, 10), MOST_KNOTS, len(values))
        fit = QuantileTransformer(n_quantiles=knots, subsample=len(values)).fit(column)
        return Quantile(np.clip(fit.quantiles_[:, 0] * unit, -BOUND, BOUND))
    reach = float(np.abs(column - mean).max()) / scale
    return Standard(mean * unit, size_in(unit, scale), EXTRAPOLATE * reach)


def _by_tails(column: Doubles, center: float, spread: float, ties: bool) -> str:
    with np.errstate(over="ignore"):  # infinitely far is far
        distance = np.abs(column - center) / spread
    if not ties and np.mean(distance > CLIP) > FAR_SHARE:
        return "quantile"
    if distance.max() <= REACH:
        return "standard"
    return "quantile" if ties else "robust"
