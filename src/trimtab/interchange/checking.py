"""Whether a file says what the model says: both on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.errors import ExportError, InvalidArgument
from trimtab.interchange.graph.graph import Port
from trimtab.interchange.graph.predictors import IN_SET, PROBABILITIES
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.classes.recalibration import Curve, Recalibration
from trimtab.predictor.layout import LOWER, PREDICTION, UPPER
from trimtab.predictor.predicting import calibrated, labelled
from trimtab.tables.preprocessing import Unseen
from trimtab.tables.preprocessing.curved_target import CurvedTarget
from trimtab.tables.preprocessing.several_targets import SeveralTargets

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["TOLERANCE", "Wanted", "differences", "expected", "fed", "refuse"]

#: How far a file may be from the model: of the target's scale, or of a probability.
TOLERANCE = 1e-5


def fed(predictor: PredictorBase, ports: Sequence[Port], table: Table) -> dict[str, NDArray[Any]]:
    """The rows of a table as a file takes them, by column.

    Args:
        predictor: the model.
        ports: the inputs of the file.
        table: as it was read.

    Raises:
        InvalidArgument: a cell is missing that the file cannot take.
    """
    schema, unseen = predictor.schema, Unseen()
    found: dict[str, NDArray[Any]] = {}
    for port in ports:
        values = schema.values(table, port.name, unknown=unseen.word)
        if values.dtype.kind == "M":
            values = values.astype("datetime64[ns]").view(np.int64)
        elif port.dtype == "str":
            values = np.array(["" if text is None else text for text in values], object)
        if port.dtype in ("int64", "bool") and values.dtype.kind == "f" and np.isnan(values).any():
            raise InvalidArgument(
                f"column {port.name!r} had a value in every training row, so its input is "
                f"{port.dtype} and no cell of it can be missing, as some of these rows have it. "
                "Use gaps=True (--gaps)."
            )
        found[port.name] = values.astype(_NUMPY.get(port.dtype, object)).reshape(-1, 1)
    return found


_NUMPY = {"float64": np.float64, "int64": np.int64, "bool": np.bool_}


@dataclass(frozen=True)
class Wanted:
    """What the model says of some rows.

    Attributes:
        outputs: by the names of a file's outputs, without a ``_`` behind them.
        steepness: ``(rows,)``, how much more than the network's probabilities the corrected ones
            move, at least 1: an isotonic curve has steps.
    """

    outputs: dict[str, NDArray[Any]]
    steepness: Doubles


def expected(predictor: PredictorBase, table: Table, level: float | None) -> Wanted:
    """What the model says of the rows of a table."""
    found: dict[str, NDArray[Any]] = {}
    if predictor.classifies:
        own = replace(predictor, recalibration=None).outputs(table, report=Unseen())
        correct = predictor.recalibration
        outputs = own if correct is None else correct(own)
        steepness = np.ones(len(own)) if correct is None else _steepness(correct, own)
        found[PREDICTION] = labelled(predictor, outputs)
        found[PROBABILITIES] = outputs
        if level is not None:
            sets: Any = calibrated(predictor, outputs, level)
            found[IN_SET] = sets.sets
        return Wanted(found, steepness)
    outputs = predictor.outputs(table, report=Unseen())
    columns = outputs.reshape(len(outputs), -1)
    bounds: Any = None if level is None else calibrated(predictor, outputs, level)
    for at, name in enumerate(predictor.targets):
        behind = f"_{name}" if len(predictor.targets) > 1 else ""
        found[PREDICTION + behind] = columns[:, at]
        if bounds is not None:
            found[LOWER + behind] = bounds.lower[:, at]
            found[UPPER + behind] = bounds.upper[:, at]
    return Wanted(found, np.ones(len(outputs)))


def _steepness(correct: Recalibration, p: Doubles) -> Doubles:
    """How far probabilities move where the network's move by the tolerance, as a share of it."""
    low, high = (
        np.stack([curve(p[:, at] + step) for at, curve in _curves(correct)], axis=1)
        for step in (-TOLERANCE, TOLERANCE)
    )
    return np.asarray(np.maximum(1.0, (high - low).sum(axis=1) / TOLERANCE))


def _curves(correct: Recalibration) -> list[tuple[int, Curve]]:
    """Curves, each with the class that it is for."""
    single = len(correct.curves) == 1
    return [(1 if single else at, curve) for at, curve in enumerate(correct.curves)]


def differences(
    predictor: PredictorBase,
    wanted: Wanted,
    made: Mapping[str, NDArray[Any]],
    level: float | None,
) -> dict[str, float]:
    """The largest difference of each output; NaN or infinite where only one of the two is a number.

    Numbers: on the scale that was learned, as a share of the target's scale, or of the prediction
    there where that is larger than 1. Probabilities: as they are, where an isotonic curve corrects
    them as a share of its slope. Labels and sets: the share of rows in which they differ and are no
    tie.
    """
    found = {}
    near = TOLERANCE * wanted.steepness
    names = {_plain(name, wanted.outputs): array for name, array in made.items()}
    for name, want in wanted.outputs.items():
        got = names[name]
        if want.shape != got.shape:
            found[name] = np.inf
        elif name == PREDICTION and predictor.classifies:
            other = _as_text(want) != _as_text(got)
            margin = _margin(predictor, wanted.outputs[PROBABILITIES])
            found[name] = float(np.mean(other & ~(margin <= near)))
        elif name == IN_SET:
            calibration: Any = predictor.calibration
            margins = np.abs(1 - wanted.outputs[PROBABILITIES] - calibration.quantile(level))
            found[name] = float(np.mean((want != got) & ~(margins <= near[:, None])))
        elif name == PROBABILITIES:
            found[name] = _largest(want, got, wanted.steepness[:, None])
        else:
            here, there = (_scaled(predictor, name, values) for values in (want, got))
            found[name] = _largest(here, there, np.maximum(1.0, np.abs(here)))
    return found


def _plain(name: str, wanted: Mapping[str, Any]) -> str:
    while name not in wanted and name.endswith("_"):
        name = name[:-1]
    return name


def _as_text(labels: NDArray[Any]) -> NDArray[Any]:
    return labels.astype(str) if labels.dtype.kind in "OU" else labels


def _margin(predictor: PredictorBase, p: Doubles) -> Doubles:
    """How far each row is from another label."""
    positive, least = predictor.schema.positive_class, predictor.threshold
    if least is not None and positive is not None:
        return np.asarray(np.abs(p[:, positive] - least))
    ordered = np.sort(p, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])


def _scaled(predictor: PredictorBase, name: str, values: Doubles) -> Doubles:
    """Numbers as the network has them."""
    target = predictor.preprocessor.target
    if isinstance(target, SeveralTargets):
        at = next(
            at
            for at, own in enumerate(predictor.targets)
            if name in (f"{word}_{own}" for word in (PREDICTION, LOWER, UPPER))
        )
        target = target.each[at]
    with np.errstate(all="ignore"):
        if isinstance(target, CurvedTarget):
            return (target.bent(values) - target.shift) / target.scale
        return np.asarray((values - target.shift) / target.scale)


def _largest(want: Doubles, got: Doubles, unit: Doubles) -> float:
    same = (want == got) | (np.isnan(want) & np.isnan(got))
    with np.errstate(all="ignore"):
        distance = np.where(same, 0.0, np.abs(want - got) / unit)
    return float(np.nan_to_num(distance, nan=np.inf).max(initial=0.0))


def refuse(found: Mapping[str, float], rows: int, what: str) -> None:
    """Refuses a file that does not say what the model says.

    Args:
        found: the largest differences.
        rows: they were found on.
        what: compares with the model: ``onnxruntime``.

    Raises:
        ExportError: a difference is above the tolerance.
    """
    worst = max(found, key=lambda name: found[name])
    if not found[worst] <= TOLERANCE:
        raise ExportError(
            f"{what} and predict must agree to {TOLERANCE:g}, received a difference of "
            f"{found[worst]:.2g} in {worst!r} on {rows:,} rows; nothing was written. Train with "
            "scaled numbers (scaling='auto'), which keeps rounding small, or keep the model as a "
            ".trimtab file."
        )
