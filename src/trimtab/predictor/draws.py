"""Metrics of rows, each with its standard error.

Every metric is a mean over rows or a smooth function of means, so its standard error is that of the
mean of each row's *influence* on it (the delta method). Rows of a group are one draw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles
from trimtab.errors import InvalidData
from trimtab.insight.uncertainty.standard_error import standard_error
from trimtab.predictor.figures import percent, plus_minus

__all__ = [
    "CLEAR",
    "NOTABLE",
    "Draws",
    "Measured",
    "Score",
    "headline",
    "mean_of",
    "row_losses",
    "weights_or_ones",
]

#: Differences of fewer standard errors than this may be chance.
CLEAR = 2.0

#: If a gain of this share of the baseline's error cannot be ruled out, rows are too few to say that
#: there is no difference.
NOTABLE = 0.1

#: A probability of 0 for the true class costs as much as this one; Keras' epsilon.
_LEAST_PROBABILITY = 1e-7


@dataclass(frozen=True)
class Score:
    """A number and its standard error, which is NaN where there is only one draw.

    >>> print(Score(0.50312, 0.0187))
    0.503 ± 0.019
    """

    value: float
    error: float

    def __str__(self) -> str:
        return plus_minus(self.value, self.error)

    def percent(self, sign: int = 1) -> str:
        """A share as text, ``26 % ± 2 %``; with ``sign=-1`` its negative."""
        return percent(sign * self.value, self.error)


@dataclass(frozen=True, eq=False)
class Measured:
    """A metric of rows.

    Attributes:
        value: of the metric.
        influence: of each row on it: row ``i`` moves it by ``influence[i] / n``.
    """

    value: float
    influence: Doubles

    def __sub__(self, other: Measured) -> Measured:
        """The difference of two metrics of the same rows, which is paired."""
        return Measured(self.value - other.value, self.influence - other.influence)

    def share_below(self, other: Measured) -> Measured:
        """``1 - self / other``; NaN where the other is 0."""
        if not other.value:
            return Measured(math.nan, np.full_like(self.influence, math.nan))
        ratio = self.value / other.value
        return Measured(1 - ratio, (ratio * other.influence - self.influence) / other.value)


def mean_of(metrics: Sequence[Measured]) -> Measured:
    """The mean of metrics of the same rows."""
    influence = np.mean([each.influence for each in metrics], axis=0)
    return Measured(float(np.mean([each.value for each in metrics])), influence)


def headline(task: str) -> str:
    """The loss to quote: ``mae``, or ``log_loss`` for classes."""
    return "mae" if task == REGRESSION else "log_loss"


def row_losses(task: str, y_true: Any, prediction: Any) -> Doubles:
    """Each row's part of :func:`headline`: ``|y - p|``, or ``-log(p of the true class)``."""
    p = np.asarray(prediction, np.float64)
    if task == REGRESSION:
        return np.abs(p - np.asarray(y_true, np.float64))
    chosen = p[np.arange(len(p)), np.asarray(y_true, np.int64)]
    return np.asarray(-np.log(np.maximum(chosen, _LEAST_PROBABILITY)))


class Draws:
    """Weighted means over rows, with their standard errors.

    Args:
        weights: one for each row, not all 0.
        groups: the group number (0, 1, 2, ...) of each row; None: every row is a draw.
    """

    def __init__(self, weights: Doubles, groups: NDArray[np.int64] | None) -> None:
        self.weights = weights / weights.mean()
        self._groups = groups
        draws = len(weights) if groups is None else int(groups.max()) + 1
        self._factor = math.sqrt(draws / (draws - 1)) if draws > 1 else math.nan

    def average(self, values: Doubles) -> float:
        """The weighted mean."""
        return float((self.weights * values).mean())

    def error(self, influence: Doubles) -> float:
        """The standard error of a statistic that row ``i`` moves by ``influence[i] / n``."""
        return float(self._factor * standard_error(self.weights * influence, self._groups))

    def score(self, measured: Measured) -> Score:
        """A metric with its standard error."""
        return Score(measured.value, self.error(measured.influence))

    def measured(self, values: Doubles) -> Measured:
        """The weighted mean."""
        mean = self.average(values)
        return Measured(mean, values - mean)

    def ratio(self, above: Doubles, below: Doubles) -> Measured | None:
        """``mean(above) / mean(below)``; None where the latter is 0."""
        a, b = self.average(above), self.average(below)
        if b == 0:
            return None
        return Measured(a / b, (above - a / b * below) / b)

    def mean(self, values: Doubles) -> Score:
        """The weighted mean with its standard error."""
        return self.score(self.measured(values))


def weights_or_ones(weights: Any, rows: int) -> Doubles:
    """The weights of a number of rows, checked; ones for None."""
    if weights is None:
        return np.ones(rows)
    array = np.asarray(weights, np.float64)
    if array.shape != (rows,) or not (array >= 0).all() or not 0 < array.sum() < math.inf:
        raise InvalidData(
            f"weights must hold one finite number of 0 or more for each row, {rows} of them and "
            f"not all 0, received shape {array.shape}."
        )
    return array
