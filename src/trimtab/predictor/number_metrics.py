"""Metrics of predicted numbers, and of the constants that are best by each."""

from __future__ import annotations

import math

import numpy as np

from trimtab.core.types import Doubles
from trimtab.insight.uncertainty.standard_error import binary_exponent
from trimtab.predictor.baseline import Baseline
from trimtab.predictor.draws import Draws, Measured, Score

__all__ = ["in_units", "metrics_of_numbers", "scaled"]

#: Metrics in units of the target.
_IN_UNITS = ("mae", "rmse")


def metrics_of_numbers(
    rows: Draws, y: Doubles, p: Doubles, baseline: Baseline
) -> tuple[dict[str, Measured], dict[str, Measured]]:
    """``mae``, ``rmse`` and ``r2`` of predictions ``(n,)``, and of the best constants.

    The median has the lowest mean absolute error of all constants, the mean the lowest squared one.

    Args:
        rows: their weights and groups.
        y: targets.
        p: predictions.
        baseline: of the training rows, in the same units.
    """
    ours = _metrics(rows, y, p)
    median, mean = (
        _metrics(rows, y, np.full(len(y), each)) for each in (baseline.median, baseline.mean)
    )
    return ours, {"mae": median["mae"], "rmse": mean["rmse"], "r2": mean["r2"]}


def _metrics(rows: Draws, y: Doubles, p: Doubles) -> dict[str, Measured]:
    squares = np.square(p - y)
    mean = rows.average(squares)
    root = math.sqrt(mean)
    # At an error of exactly 0 no row has any influence.
    influence = (squares - mean) / (2 * root) if root else np.zeros(len(y))
    # Against the mean of these rows, whose own influence is of second order.
    spread = rows.measured(np.square(y - rows.average(y)))
    return {
        "mae": rows.measured(np.abs(p - y)),
        "rmse": Measured(root, influence),
        "r2": rows.measured(squares).share_below(spread),
    }


def scaled(y: Doubles, p: Doubles, baseline: Baseline) -> tuple[Doubles, Doubles, Baseline, int]:
    """All in units of a power of two, and its exponent: squares of large units would overflow."""
    known = np.array([baseline.mean, baseline.median])
    exponent = int(max((binary_exponent(each) for each in (y, p, known)), key=int))
    y, p, known = (np.ldexp(each, -exponent) for each in (y, p, known))
    return y, p, Baseline(baseline.task, float(known[0]), float(known[1])), exponent


def in_units(name: str, score: Score, exponent: int) -> Score:
    """A score in the units of the table again."""
    if name not in _IN_UNITS:
        return score
    return Score(*(float(np.ldexp(each, exponent)) for each in (score.value, score.error)))
