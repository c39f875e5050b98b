"""From a table to outputs, and from outputs to labels, intervals and sets."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.remarks import Remarks

if TYPE_CHECKING:
    from trimtab.insight.uncertainty import Intervals, PredictionSets
    from trimtab.predictor.calibration import ConformityScores
    from trimtab.tables.files.table import Table

__all__ = [
    "bounds_of",
    "calibrated",
    "calibration_of",
    "labelled",
    "outputs_of_table",
    "sets_of",
]


def outputs_of_table(
    predictor: PredictorBase, table: Table, remarks: Remarks, passed: Collection[str] = ()
) -> Doubles:
    """The outputs of all rows of a table that was read.

    Args:
        predictor: the model.
        table: checked here.
        remarks: collects what is worth knowing.
        passed: columns that are passed through; there is no remark on them.
    """
    remarks.add(predictor.schema.check(table, passed=passed))
    outputs = predictor.outputs(table, report=remarks.counter())
    remarks.count(outputs)
    return outputs


def labelled(predictor: PredictorBase, outputs: Doubles) -> NDArray[Any]:
    """Numbers as they are; for probabilities the label of the most likely class."""
    return predictor.classes[outputs.argmax(axis=1)] if predictor.classifies else outputs


def calibrated(
    predictor: PredictorBase, outputs: Doubles, level: float
) -> Intervals | PredictionSets:
    """Intervals for numbers, sets for classes.

    Raises:
        InvalidArgument: the predictor has no calibration, or the level is not between 0 and 1.
        InvalidData: there were too few rows for this level.
    """
    make = sets_of if predictor.classifies else bounds_of
    return make(predictor, outputs, level)


def sets_of(predictor: PredictorBase, outputs: Doubles, level: float) -> PredictionSets:
    """The set of classes of each row; raises what :func:`calibrated` does."""
    from trimtab.insight.uncertainty import PredictionSets

    calibration = calibration_of(predictor)
    sets = calibration.sets(outputs, level)
    return PredictionSets(sets, outputs, level, calibration.basis, predictor.schema.classes)


def bounds_of(predictor: PredictorBase, outputs: Doubles, level: float) -> Intervals:
    """The interval of each row; raises what :func:`calibrated` does."""
    from trimtab.insight.uncertainty import Intervals

    calibration = calibration_of(predictor)
    lower, upper = (bound[:, None] for bound in calibration.interval(outputs, level))
    middle = outputs[:, None]
    return Intervals(lower, upper, middle, np.ones_like(middle), level, calibration.basis)


def calibration_of(predictor: PredictorBase) -> ConformityScores:
    """The errors that intervals come from.

    Raises:
        InvalidArgument: the predictor has none.
    """
    if predictor.calibration is None:
        raise InvalidArgument(
            "intervals need errors on rows that the model was not trained on, and this model has "
            "none. Train it with --valid 0.25 or --test 0.2 (test=0.2)."
        )
    return predictor.calibration
