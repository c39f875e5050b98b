"""Whether intervals hold what they promise: made from half of the rows, tried on the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core.random import Stream, permutation
from trimtab.core.types import Doubles
from trimtab.errors import InvalidData
from trimtab.insight.uncertainty.conformal import group_numbers
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.calibration import ConformityScores
from trimtab.predictor.draws import Draws
from trimtab.predictor.reporting.plain import number
from trimtab.predictor.reporting.rows import Seen

__all__ = ["coverage_facts"]

#: Levels that are tried.
LEVELS = (0.5, 0.8, 0.9, 0.95)

#: Fewest rows, or groups, that are worth trying.
_FEWEST = 40


def coverage_facts(
    predictor: PredictorBase, seen: Seen, y: Doubles, outputs: Doubles, calibration: Any
) -> dict[str, Any] | None:
    """The share of rows inside intervals, or inside sets of classes, and their size.

    Each half of the rows is tried with intervals from the other one; groups stay whole.

    Args:
        predictor: the model.
        seen: rows held out.
        y: targets of one target.
        outputs: numbers or probabilities of it.
        calibration: the model's own errors for it, which give the size of its intervals.
    """
    groups = None if seen.groups is None else group_numbers(seen.groups, len(seen))
    draws = np.arange(len(seen)) if groups is None else groups
    number_of_draws = int(draws.max()) + 1
    if number_of_draws < _FEWEST or calibration is None:
        return None
    half = np.zeros(number_of_draws, np.bool_)
    half[permutation(0, Stream.IMPORTANCE, 4, number_of_draws)[: number_of_draws // 2]] = True
    first = half[draws]
    levels = []
    for level in LEVELS:
        inside = np.zeros(len(seen))
        try:
            for fitted in (first, ~first):
                inside[~fitted] = _held(predictor, y, outputs, groups, fitted, level)
            size = _size(predictor, outputs, calibration, level)
        except InvalidData:  # too few rows for this level
            continue
        share = Draws(np.ones(len(seen)), groups).mean(inside)
        levels.append(
            {
                "level": level,
                "inside": number(share.value, 4),
                "error": number(share.error, 3),
                "size": number(size, 4),
            }
        )
    if not levels:
        return None
    return {"levels": levels, "basis": calibration.basis, "sets": predictor.classifies}


def _held(
    predictor: PredictorBase, y: Doubles, outputs: Doubles, groups: Any, fitted: Any, level: float
) -> Doubles:
    """Whether each of the other rows is inside, by the errors of those ``fitted`` to."""
    own = ConformityScores.of(
        predictor.task,
        y[fitted],
        outputs[fitted],
        part="test",
        groups=None if groups is None else groups[fitted],
    )
    if predictor.classifies:
        sets = own.sets(outputs[~fitted], level)
        inside = sets[np.arange(len(sets)), y[~fitted].astype(np.int64)]
        return np.asarray(inside, np.float64)
    low, high = own.interval(outputs[~fitted], level)
    return np.asarray((low <= y[~fitted]) & (y[~fitted] <= high), np.float64)


def _size(predictor: PredictorBase, outputs: Doubles, calibration: Any, level: float) -> float:
    """Half the width of intervals, or the mean number of classes in a set."""
    if predictor.classifies:
        return float(calibration.sets(outputs, level).sum(axis=1).mean())
    return float(calibration.quantile(level))
