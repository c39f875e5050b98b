"""Means for predictions, where a network learns a curve or a loss that does not give them.

What a network is off by on rows that it was not trained on leads from its outputs to means; see
:class:`~trimtab.tables.preprocessing.curved_target.CurvedTarget`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.types import Doubles
from trimtab.insight.uncertainty.task import task_of
from trimtab.model.committee import members_of
from trimtab.predictor.metric_names import score_name
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.fits import CROSS, FOLD, Fit
from trimtab.tables.preprocessing.several_targets import with_errors

if TYPE_CHECKING:
    from trimtab.predictor.predictor import Predictor
    from trimtab.predictor.training.trained import Trained
    from trimtab.tables.preprocessing import Preprocessor

__all__ = ["folds_with_means", "with_means"]


def with_means(predictor: Predictor, data: Data, trained: Trained) -> Preprocessor:
    """The preparation with the errors that lead to means.

    They are those of validation rows, else of the rows of the folds, else of the training rows,
    where they are too small.
    """
    preprocessor = predictor.preprocessor
    part = "valid" if "valid" in trained.prepared.inputs else "train"
    errors = None if part == "valid" else _of_folds(data, trained.fits)
    if errors is None:
        rows = trained.prepared.inputs[part]
        task = task_of(members_of(predictor.model)[0])
        outputs = task.values(predictor.model.predict(rows.x, verbose=0))
        assert rows.y is not None
        errors = np.asarray(rows.y, np.float64), outputs, trained.prepared.parts[part].weights
    return replace(
        preprocessor, target=with_errors(preprocessor.target, *errors, lines=_lines(data))
    )


def folds_with_means(data: Data, fits: Sequence[Fit]) -> list[Fit]:
    """Each fold's network with the errors of the other folds, so that its rows stay untouched."""
    found = []
    for number, fit in enumerate(fits):
        fold = fit.fold_at(number)
        errors = None
        if fit.kind in (FOLD, CROSS):
            errors = _of_folds(data, fits, without=fold)
        target = fit.target
        if errors is not None and target is not None:
            target = with_errors(target, *errors, lines=_lines(data))
        found.append(replace(fit, target=target))
    return found


def _lines(data: Data) -> bool:
    """Whether targets that are learned as they are need errors, too: the loss gives no means."""
    return score_name(str(data.options.loss)) != "rmse"


def _of_folds(
    data: Data, fits: Sequence[Fit], without: int = -1
) -> tuple[Doubles, Doubles, Doubles | None] | None:
    """Targets, outputs and weights of the rows of the folds; None where there are none."""
    whole = data.parts["train"]
    y, p, w = [], [], []
    for place, fit in enumerate(fits):
        fold = fit.fold_at(place)
        if fit.outputs is None or fit.target is None or fold == without:
            continue
        valid = data.folds[fold][1]
        rows = whole.taken(valid)
        y.append(np.asarray(fit.target.scaled(rows.y), np.float64))
        p.append(np.asarray(fit.outputs, np.float64).reshape(len(valid), -1))
        w.append(np.ones(len(valid)) if rows.weights is None else rows.weights)
    if not y:
        return None
    return np.concatenate(y), np.concatenate(p), np.concatenate(w)
