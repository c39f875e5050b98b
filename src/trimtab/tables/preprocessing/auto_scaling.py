"""Fitting the scaling of a column, and choosing it by the tails."""

from __future__ import annotations

import math

import numpy as np

from trimtab.core.types import Doubles
from trimtab.tables.preprocessing.scaling import (
    BOUND,
    CLIP,
    MOST_KNOTS,
    Quantile,
    Robust,
    Scaling,
    Standard,
    Unscaled,
)

__all__ = ["SCALINGS", "fit_scaling", "size_in", "unit_of"]

#: Standardized numbers are clipped to this many times the largest of the training rows. Networks
#: extrapolate linearly: without a limit, one typing error makes a prediction beyond all bounds.
EXTRAPOLATE = 2.0

#: The rule of the tails: see :func:`fit_scaling`.
REACH = 6.0
FAR_SHARE = 0.03

#: Rows for each knot of a quantile scaling, as Gorishniy et al. 2021 have it ("Revisiting Deep
#: Learning Models for Tabular Data").
ROWS_PER_KNOT = 30

#: Known scalings; ``"auto"`` chooses by the tails.
SCALINGS = ("auto", "standard", "robust", "quantile", "none")


def unit_of(values: Doubles) -> float:
    """A power of two of about the size of the largest value.

    Dividing by it is exact, and avoids overflow and scikit-learn's absolute thresholds for constant
    columns in columns of very large or very small numbers.

    Example:
        >>> unit_of(np.array([1.0, -5.0]))
        4.0
    """
    return float(np.ldexp(1.0, int(np.frexp(np.abs(values).max())[1]) - 1))


def size_in(unit: float, size: float) -> float:
    """``size * unit``, within the numbers that one can divide by."""
    limits = np.finfo(np.float64)
    return min(max(size * unit, float(limits.tiny)), float(limits.max))


def fit_scaling(
    values: Doubles, how: str = "auto", weights: Doubles | None = None
) -> Scaling | None:
    """Fits the scaling of a column.

    ``"auto"`` chooses by the tails. Let the *distance* of a row be ``|x - median| / IQR``:

    - more than 3 % of the rows beyond 3: ``quantile`` (smooth clipping would flatten too many);
    - else any row beyond 6: ``robust``;
    - else ``standard``.

    An interquartile range of 0 means that most rows have one value. The distance is then in
    standard deviations, and a row beyond 6 means ``quantile``, which leaves room for the other
    values.

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
        how: One of :data:`SCALINGS`.
        weights: Weights of the rows; used for means and standard deviations only.

    Returns:
        The scaling, or None if all values are the same, up to rounding.
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
        # As RobustScaler, which however calls a column constant if its interquartile range is less
        # than 1e-14 of its largest value, for which a single wrong cell of 1e20 is enough.
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
    with np.errstate(over="ignore"):  # infinite is far
        distance = np.abs(column - center) / spread
    if not ties and np.mean(distance > CLIP) > FAR_SHARE:
        return "quantile"
    if distance.max() <= REACH:
        return "standard"
    return "quantile" if ties else "robust"
