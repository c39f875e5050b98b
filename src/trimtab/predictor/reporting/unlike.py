"""Rows that look unlike those trained on, and how much worse they are predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.random import Stream, permutation
from trimtab.core.types import Doubles, Floats
from trimtab.insight.uncertainty.conformal import group_numbers
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.draws import CLEAR, Draws, Score, weights_or_ones
from trimtab.predictor.reporting.plain import number, score_record
from trimtab.predictor.reporting.rows import Known, Seen

__all__ = ["unlike_facts"]

#: Most rows on either side: the distances of all pairs are computed.
_MOST = 2_000

#: The share of rows that are called unlike, and fewest of them.
_SHARE, _FEWEST = 0.1, 20


def unlike_facts(
    predictor: PredictorBase, seen: Seen, known: Known, losses: Doubles
) -> dict[str, Any] | None:
    """The tenth of rows that is farthest from all rows trained on, beside the others.

    Distances are those of the network's inputs, categories apart, each input in its standard
    deviations.

    Args:
        predictor: the model.
        seen: rows held out.
        known: rows trained on.
        losses: of each row held out.
    """
    if len(seen) < _FEWEST / _SHARE:
        return None
    drawn = np.sort(permutation(0, Stream.IMPORTANCE, 5, len(known.rows))[:_MOST])
    places = np.sort(permutation(0, Stream.IMPORTANCE, 6, len(seen))[:_MOST])
    own = seen.at(places)
    train = _inputs(predictor, known.table, known.rows[drawn])
    rows = _inputs(predictor, own.table, own.rows)
    spread = train.std(axis=0)
    used = spread > 0
    if not used.any():
        return None
    train, rows = train[:, used] / spread[used], rows[:, used] / spread[used]
    squares = np.square(rows).sum(axis=1)[:, None] + np.square(train).sum(axis=1)
    squares -= 2 * rows @ train.T
    if seen.folds is not None and known.folds is not None:  # its own fold did not train
        assert own.folds is not None
        squares[own.folds[:, None] == known.folds[drawn]] = np.inf
    nearest = squares.min(axis=1)
    cut = np.quantile(nearest[np.isfinite(nearest)], 1 - _SHARE)
    far = nearest > cut
    if far.sum() < _FEWEST or (~far).sum() < _FEWEST:
        return None
    groups = None if own.groups is None else group_numbers(own.groups, len(own))
    weights = weights_or_ones(own.weights, len(own))
    at_far, at_near = (_mean(losses[places], chosen, weights, groups) for chosen in (far, ~far))
    error = float(np.hypot(at_far.error, at_near.error))
    clear = at_far.value - at_near.value > CLEAR * error
    return {
        "rows": int(far.sum()),
        "share": _SHARE,
        "far": score_record(at_far),
        "near": score_record(at_near),
        "ratio": number(at_far.value / at_near.value, 3) if at_near.value > 0 else None,
        "clear": bool(clear),
        "said": [str(at_far), str(at_near)],
    }


def _inputs(predictor: PredictorBase, table: Any, rows: NDArray[np.int64]) -> Floats:
    """The inputs that are numbers: codes of categories have no distance."""
    preprocessor = predictor.preprocessor
    width = preprocessor.width - len(preprocessor.embeddings)
    return preprocessor.transform(table, rows)[:, :width]


def _mean(losses: Doubles, chosen: NDArray[np.bool_], weights: Doubles, groups: Any) -> Score:
    own = None if groups is None else np.unique(groups[chosen], return_inverse=True)[1]
    own_weights = weights[chosen] if weights[chosen].any() else np.ones(int(chosen.sum()))
    return Draws(own_weights, own).mean(losses[chosen])
