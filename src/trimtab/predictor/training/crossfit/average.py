"""Scores of one network, with what is to be expected of the average of all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trimtab.core.types import Doubles, Floats
from trimtab.insight.uncertainty.task import task_of
from trimtab.predictor.averaging import Averaged, factors_of
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.scores import Scores
from trimtab.predictor.several.scores import SeveralScores
from trimtab.predictor.training.fits import Fit
from trimtab.predictor.training.trained import Trained

__all__ = ["with_average"]

#: Rows that the networks' differences are measured on.
MOST_ROWS = 20_000


def with_average(
    predictor: PredictorBase, trained: Trained, scores: Scores | SeveralScores, folds: int
) -> Scores | SeveralScores:
    """The scores out of fold, with an estimate of those of the average.

    Args:
        predictor: the model, with its rules.
        trained: its networks; rows to train on are in the order of folds.
        scores: of one network.
        folds: how many there are.
    """
    chosen, inputs = trained.prepared.parts["train"], trained.prepared.inputs["train"]
    fits = trained.members
    sizes = {each.fold: len(each.outputs) for each in fits if each.outputs is not None}
    own_fold = np.repeat(np.arange(folds), [sizes[fold] for fold in range(folds)])
    rows = np.arange(len(chosen))
    if len(rows) > MOST_ROWS:
        rows = np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.int64)
    x, own_fold = inputs.x[rows], own_fold[rows]
    every = np.stack(
        [_mean(predictor, [each for each in fits if each.fold == fold], x) for fold in range(folds)]
    )
    own = every[own_fold, np.arange(len(rows))]
    others = (own_fold + 1 + np.arange(folds - 1)[:, None]) % folds
    seen = every[others, np.arange(len(rows))]
    y = chosen.y[rows]
    weights = None if chosen.weights is None else chosen.weights[rows]
    if isinstance(scores, Scores):
        return _averaged(scores, factors_of(scores.task, y, own, seen, weights), folds)
    targets = {
        name: _averaged(
            each, factors_of(each.task, y[:, i], own[:, i], seen[:, :, i], weights), folds
        )
        for i, (name, each) in enumerate(scores.targets.items())
    }
    return replace(scores, targets=targets)


def _averaged(scores: Scores, factors: dict[str, float], folds: int) -> Scores:
    return replace(scores, averaged=Averaged.of(scores.metrics, factors, folds))


def _mean(predictor: PredictorBase, fits: list[Fit], x: Floats) -> Doubles:
    """What the networks of a fold predict, as the predictor would."""
    values = []
    for fit in fits:
        assert fit.model is not None
        values.append(task_of(fit.model).values(fit.model.predict(x, verbose=0)))
    mean = np.mean(values, axis=0)
    if predictor.classifies:
        return mean if predictor.recalibration is None else predictor.recalibration(mean)
    return predictor.preprocessor.target.of_outputs(mean)
