"""What networks predict that were cross-fitted: each row by those that did not see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidData
from trimtab.insight.uncertainty.task import task_of
from trimtab.model.committee import members_of
from trimtab.predictor.base import PredictorBase

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["folds_of_rows", "outputs_out_of_fold"]

Folds = NDArray[np.int64]


def folds_of_rows(
    predictor: PredictorBase, table: Table, rows: NDArray[np.int64], x: Floats, y: Floats
) -> Folds | None:
    """The fold of each row of the table that the model was trained on; -1: it was in none.

    Args:
        predictor: the model.
        table: that was read.
        rows: numbers of rows.
        x: their inputs.
        y: their targets, as the network sees them.

    Returns:
        None for a model that is not cross-fitted, or another table.
    """
    from trimtab.tables.splits.plan import SplitPlan, make_split

    plan, prints = predictor.split.get("plan"), predictor.prints.get("train")
    if not predictor.split.get("crossed") or plan is None or prints is None:
        return None
    try:
        split = make_split(table, predictor.schema, SplitPlan(**plan))
    except InvalidData:  # this table cannot be divided in that way
        return None
    places = np.full(len(table), -1, np.int64)
    for number, (_, valid) in enumerate(split.folds):
        places[valid] = number
    found = places[rows]
    seen = found >= 0
    if not seen.any() or prints.found(x[seen], y[seen]) < len(prints.prints):
        return None
    return found


def outputs_out_of_fold(predictor: PredictorBase, inputs: Floats, folds: Folds) -> Doubles:
    """Like :meth:`PredictorBase.outputs_of_inputs`, by the networks that did not see a row.

    Args:
        predictor: a model that is cross-fitted.
        inputs: of its networks.
        folds: of the rows.
    """
    members = members_of(predictor.model)
    number = len(predictor.split["folds"])
    values: Doubles | None = None
    for fold in range(number):
        own = folds == fold
        if not own.any():
            continue
        part = np.mean(
            [
                task_of(each).values(each.predict(inputs[own], verbose=0))
                for each in members[fold::number]
            ],
            axis=0,
        )
        if values is None:
            values = np.empty((len(inputs), *part.shape[1:]))
        values[own] = part
    assert values is not None
    if predictor.classifies:
        return values if predictor.recalibration is None else predictor.recalibration(values)
    return predictor.preprocessor.target.of_outputs(values)
