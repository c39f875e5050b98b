"""From a table to outputs, and from outputs to labels, intervals and sets."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.core.words import listed
from trimtab.errors import InvalidArgument
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.classes.deciding import decided
from trimtab.predictor.remarks import Remarks

if TYPE_CHECKING:
    from trimtab.insight.uncertainty import Intervals, PredictionSets
    from trimtab.predictor.calibration import ConformityScores
    from trimtab.predictor.several.calibrations import SeveralCalibrations
    from trimtab.tables.files.table import Table
    from trimtab.tables.preprocessing.few_rows import FewRows

__all__ = [
    "bounds_of",
    "calibrated",
    "calibration_of",
    "inputs_of_few",
    "intervals_said",
    "labelled",
    "no_classes",
    "or_classes",
    "outputs_of_table",
    "sets_of",
]

#: What each predictor does to few rows; no part of it, so that files and pickles do not hold it.
_FEW_ROWS: WeakKeyDictionary[PredictorBase, FewRows] = WeakKeyDictionary()


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


def inputs_of_few(predictor: PredictorBase, data: Any) -> Floats | None:
    """The network's inputs for few rows of plain values about which there is nothing to say.

    Args:
        predictor: the model.
        data: whatever a user has.

    Returns:
        ``(rows, width)``; None for everything else, which has to be read as a table.
    """
    if type(data) not in (dict, list):
        return None
    preprocessor, schema = predictor.preprocessor, predictor.schema
    missing = tuple(predictor.options.get("missing") or ())
    few = _FEW_ROWS.get(predictor)
    if few is None or not few.made_of(preprocessor, schema, missing):
        from trimtab.tables.preprocessing.few_rows import FewRows

        few = _FEW_ROWS[predictor] = FewRows(preprocessor, schema, missing)
    return few.inputs(data)


def no_classes(targets: tuple[str, ...]) -> str:
    """That targets are numbers, for messages: ``'a' and 'b' are numbers and have no classes``."""
    if len(targets) == 1:
        return f"{targets[0]!r} is a number and has no classes"
    return f"{listed(map(repr, targets), 9, last=' and ')} are numbers and have no classes"


def or_classes(targets: tuple[str, ...]) -> str:
    """The way to classes, where there is one: a target of numbers may also be names."""
    return ", or train with task='multiclass' to predict classes" if len(targets) == 1 else ""


def labelled(
    predictor: PredictorBase, outputs: Doubles, threshold: float | None = None
) -> NDArray[Any]:
    """Numbers as they are; for probabilities the label of the class that is predicted.

    Args:
        predictor: the model.
        outputs: its numbers or probabilities.
        threshold: of the positive class; None: that of the model.
    """
    if not predictor.classifies:
        return outputs
    least = predictor.threshold if threshold is None else threshold
    return predictor.classes[decided(outputs, predictor.schema.positive_class, least)]


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
    from trimtab.predictor.calibration import ConformityScores

    calibration = calibration_of(predictor)
    assert isinstance(calibration, ConformityScores)  # several targets are numbers
    sets = calibration.sets(outputs, level)
    return PredictionSets(sets, outputs, level, calibration.basis, predictor.schema.classes)


def bounds_of(predictor: PredictorBase, outputs: Doubles, level: float) -> Intervals:
    """The interval of each row; raises what :func:`calibrated` does."""
    from trimtab.insight.uncertainty import Intervals

    calibration = calibration_of(predictor)
    # Intervals have a column for each target.
    lower, upper = (_columns(bound) for bound in calibration.interval(outputs, level))
    middle = _columns(outputs)
    spread, reach = np.ones_like(middle), calibration.reach(level)
    return Intervals(lower, upper, middle, spread, level, calibration.basis, reach)


def intervals_said(predictor: PredictorBase, level: float) -> str:
    """How far intervals reach and what they are calibrated on; raises what :func:`calibrated` does.

    ``90 % intervals: ± 9.1, calibrated on 80 rows that were used for nothing else.``
    """
    calibration = calibration_of(predictor)
    what = "sets of classes" if calibration.classifies else "intervals"
    reach = "" if calibration.classifies else f"{calibration.reach(level)}, "
    return f"{100 * level:g} % {what}: {reach}{calibration.basis}."


def _columns(numbers: Doubles) -> Doubles:
    return numbers[:, None] if numbers.ndim == 1 else numbers


def calibration_of(predictor: PredictorBase) -> ConformityScores | SeveralCalibrations:
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
