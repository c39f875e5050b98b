"""Metrics of rows, each with its standard error.

Every metric is a mean over rows or a smooth function of means, so its standard error is that of the
mean of each row's *influence* on it (the delta method). Rows of a group are one draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import BINARY, REGRESSION
from trimtab.core.types import Doubles
from trimtab.errors import InvalidData
from trimtab.insight.uncertainty.standard_error import binary_exponent, standard_error
from trimtab.predictor.figures import percent, plus_minus

__all__ = [
    "CLEAR",
    "NOTABLE",
    "Draws",
    "Score",
    "headline",
    "metrics_of_classes",
    "metrics_of_numbers",
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

    def mean(self, values: Doubles) -> Score:
        """The weighted mean with its standard error."""
        mean = self.average(values)
        return Score(mean, self.error(values - mean))

    def one_minus_ratio(self, above: Doubles, below: Doubles) -> Score:
        """``1 - mean(above) / mean(below)``."""
        a, b = self.average(above), self.average(below)
        if b == 0:
            return Score(math.nan, math.nan)
        return Score(1 - a / b, self.error((a / b * (below - b) - (above - a)) / b))

    def mean_of_gains(self, above: Doubles, below: Doubles) -> Score:
        """The mean of :meth:`one_minus_ratio` over columns, which share their rows."""
        gains, influence = [], np.zeros(len(above))
        for one, other in zip(above.T, below.T, strict=True):
            a, b = self.average(one), self.average(other)
            if b == 0:
                return Score(math.nan, math.nan)
            gains.append(1 - a / b)
            influence += (a / b * (other - b) - (one - a)) / b
        return Score(float(np.mean(gains)), self.error(influence / len(gains)))


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


def metrics_of_numbers(rows: Draws, y: Doubles, p: Doubles) -> dict[str, Score]:
    """``mae``, ``rmse`` and ``r2`` of predictions ``(n,)``."""
    # Scaled first: squares of targets in large units would overflow.
    exponent = int(max(binary_exponent(y), binary_exponent(p), key=int))
    y, p = np.ldexp(y, -exponent), np.ldexp(p, -exponent)
    squares = np.square(p - y)
    mean = rows.average(squares)
    root = math.sqrt(mean)
    # At an error of exactly 0 no row has any influence.
    root_error = rows.error((squares - mean) / (2 * root)) if root else 0.0
    errors = {"mae": rows.mean(np.abs(p - y)), "rmse": Score(root, root_error)}
    return {
        name: Score(*(float(np.ldexp(each, exponent)) for each in (score.value, score.error)))
        for name, score in errors.items()
    } | {
        # Against the mean of these rows, whose own influence is of second order.
        "r2": rows.one_minus_ratio(squares, np.square(y - rows.average(y))),
    }


def metrics_of_classes(rows: Draws, labels: NDArray[np.int64], p: Doubles) -> dict[str, Score]:
    """``accuracy``, ``log_loss`` and, of two classes that both occur, ``roc_auc``."""
    metrics = {
        "accuracy": rows.mean((p.argmax(axis=1) == labels).astype(np.float64)),
        "log_loss": rows.mean(row_losses(BINARY, labels, p)),
    }
    if p.shape[1] == 2 and 0 < (rows.weights * labels).sum() < rows.weights.sum():
        metrics["roc_auc"] = _area(rows, labels == 1, p[:, 1])
    return metrics


def _area(rows: Draws, positive: NDArray[np.bool_], values: Doubles) -> Score:
    """The weighted share of pairs of a positive and a negative row that are ranked right."""
    won = np.empty(len(values))
    for mine, sign in ((positive, 1.0), (~positive, -1.0)):
        others = np.sort(sign * values[~mine])
        order = np.argsort(sign * values[~mine], kind="stable")
        passed = np.concatenate([[0.0], np.cumsum(rows.weights[~mine][order])])
        below = passed[np.searchsorted(others, sign * values[mine], "left")]
        up_to = passed[np.searchsorted(others, sign * values[mine], "right")]
        won[mine] = (below + up_to) / 2 / passed[-1]
    share = rows.average(positive.astype(np.float64))
    area = float(np.average(won[positive], weights=rows.weights[positive]))
    influence = (won - area) / np.where(positive, share, 1 - share)
    return Score(area, rows.error(influence))
