"""Whether a file says what the model says: both on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.errors import ExportError
from trimtab.interchange.graph.graph import Port
from trimtab.interchange.graph.predictors import IN_SET, PROBABILITIES
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.layout import LOWER, PREDICTION, UPPER
from trimtab.predictor.predicting import calibrated, labelled
from trimtab.tables.preprocessing import Unseen
from trimtab.tables.preprocessing.curved_target import CurvedTarget
from trimtab.tables.preprocessing.several_targets import SeveralTargets

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["TOLERANCE", "differences", "expected", "fed", "refuse"]

#: How far a file may be from the model: of the target's scale, or of a probability.
TOLERANCE = 1e-5


def fed(predictor: PredictorBase, ports: Sequence[Port], table: Table) -> dict[str, NDArray[Any]]:
    """The rows of a table as a file takes them, by column.

    Args:
        predictor: the model.
        ports: the inputs of the file.
        table: as it was read.
    """
    schema, unseen = predictor.schema, Unseen()
    found: dict[str, NDArray[Any]] = {}
    for port in ports:
        values = schema.values(table, port.name, unknown=unseen.word)
        if values.dtype.kind == "M":
            values = values.astype("datetime64[ns]").view(np.int64)
        elif port.dtype == "str":
            values = np.array(["" if text is None else text for text in values], object)
        found[port.name] = values.astype(_NUMPY.get(port.dtype, object)).reshape(-1, 1)
    return found


_NUMPY = {"float64": np.float64, "int64": np.int64, "bool": np.bool_}


def expected(
    predictor: PredictorBase, table: Table, level: float | None
) -> dict[str, NDArray[Any]]:
    """What the model says, by the names of a file's outputs without a ``_`` behind them."""
    outputs = predictor.outputs(table, report=Unseen())
    found: dict[str, NDArray[Any]] = {}
    if predictor.classifies:
        found[PREDICTION] = labelled(predictor, outputs)
        found[PROBABILITIES] = outputs
        if level is not None:
            sets: Any = calibrated(predictor, outputs, level)
            found[IN_SET] = sets.sets
        return found
    columns = outputs.reshape(len(outputs), -1)
    bounds: Any = None if level is None else calibrated(predictor, outputs, level)
    for at, name in enumerate(predictor.targets):
        behind = f"_{name}" if len(predictor.targets) > 1 else ""
        found[PREDICTION + behind] = columns[:, at]
        if bounds is not None:
            found[LOWER + behind] = bounds.lower[:, at]
            found[UPPER + behind] = bounds.upper[:, at]
    return found


def differences(
    predictor: PredictorBase,
    wanted: Mapping[str, NDArray[Any]],
    made: Mapping[str, NDArray[Any]],
    level: float | None,
) -> dict[str, float]:
    """The largest difference of each output, NaN where only one of the two is a number.

    Numbers: on the scale that was learned, as a share of the target's scale, or of the prediction
    there where that is larger than 1. Probabilities: as they are. Labels and sets: the share of
    rows in which they differ and are no tie.
    """
    found = {}
    names = {_plain(name, wanted): array for name, array in made.items()}
    for name, want in wanted.items():
        got = names[name]
        if want.shape != got.shape:
            found[name] = np.nan
        elif name == PREDICTION and predictor.classifies:
            other = _as_text(want) != _as_text(got)
            found[name] = float(np.mean(other & ~_tied(predictor, wanted[PROBABILITIES])))
        elif name == IN_SET:
            calibration: Any = predictor.calibration
            distance = np.abs(1 - wanted[PROBABILITIES] - calibration.quantile(level))
            found[name] = float(np.mean((want != got) & (distance > TOLERANCE)))
        else:
            found[name] = _largest(_scaled(predictor, name, want), _scaled(predictor, name, got))
    return found


def _plain(name: str, wanted: Mapping[str, Any]) -> str:
    while name not in wanted and name.endswith("_"):
        name = name[:-1]
    return name


def _as_text(labels: NDArray[Any]) -> NDArray[Any]:
    return labels.astype(str) if labels.dtype.kind in "OU" else labels


def _tied(predictor: PredictorBase, p: Doubles) -> NDArray[np.bool_]:
    """Rows in which two classes are about as likely, or one is about at the threshold."""
    positive, least = predictor.schema.positive_class, predictor.threshold
    if least is not None and positive is not None:
        return np.abs(p[:, positive] - least) <= TOLERANCE
    ordered = np.sort(p, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2] <= TOLERANCE)


def _scaled(predictor: PredictorBase, name: str, values: Doubles) -> Doubles:
    """Numbers as the network has them."""
    if name == PROBABILITIES:
        return values
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
        return (values - target.shift) / target.scale


def _largest(want: Doubles, got: Doubles) -> float:
    same = (want == got) | (np.isnan(want) & np.isnan(got))
    with np.errstate(all="ignore"):
        distance = np.where(same, 0.0, np.abs(want - got) / np.maximum(1.0, np.abs(want)))
    return float(distance.max(initial=0.0))


def refuse(found: Mapping[str, float], rows: int, what: str) -> None:
    """Refuses a file that does not say what the model says.

    Args:
        found: the largest differences.
        rows: they were found on.
        what: compares with the model: ``onnxruntime``.

    Raises:
        ExportError: a difference is above the tolerance.
    """
    wrong = [name for name, difference in found.items() if not difference <= TOLERANCE]
    if wrong:
        worst = max(wrong, key=lambda name: np.nan_to_num(found[name], nan=np.inf))
        raise ExportError(
            f"{what} and predict must agree to {TOLERANCE:g}, received a difference of "
            f"{found[worst]:.2g} in {worst!r} on {rows:,} rows; nothing was written. Train with "
            "scaled numbers (scaling='auto'), which keeps rounding small, or keep the model as a "
            ".trimtab file."
        )
