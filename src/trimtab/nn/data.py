"""What users pass as rows, targets and weights, made into the arrays engines read.

Everything becomes C-contiguous float32 once, before the first epoch; an array that already is
(a memory-mapped one too) is used without a copy. What cannot be used is refused here, with the
row and column it stands in. Missing and infinite *features* pass: they travel through a network
as IEEE has it, and a diverged run says ``nan``. Missing *targets* are always refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core.types import Floats
from trimtab.core.words import brief, count
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.nn.frames import columns_of
from trimtab.nn.output_weights import are_by_output, weight_columns
from trimtab.program import Program
from trimtab.program.ops import LossOp
from trimtab.program.ops.losses import COUNTS, SHARES

__all__ = ["as_features", "as_rows", "as_targets", "as_weights", "class_weights", "split"]

#: What targets are -> the highest, and the rule in words; the lowest is 0.
_RANGES = {SHARES: (1.0, "lie between 0 and 1"), COUNTS: (math.inf, "be 0 or more")}


def as_features(x: Any, width: int | None = None, name: str = "x") -> Floats:
    """The rows ``(n, width)``.

    Args:
        x: an array, DataFrame, scipy sparse matrix or list of rows; a vector where the model
            has one input column.
        width: columns the model takes, or None where it is not built yet.
        name: what messages call it.

    Raises:
        InvalidData: text, no rows, or another number of columns than ``width``.
    """
    if type(x) is np.ndarray and x.dtype == np.float32 and x.ndim == 2:
        rows, columns = x.shape
        if rows > 0 and columns == width and x.flags.c_contiguous:
            return x
    array = _as_float32(x, name)
    if array.ndim == 1 and width == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2:
        hint = f" Use {name}.reshape(-1, 1) for one column." if array.ndim == 1 else ""
        raise InvalidData(
            f"{name} must have two dimensions (rows, columns), received shape {array.shape}.{hint}"
        )
    if array.shape[0] == 0:
        raise InvalidData(f"{name} has no rows. At least one is needed.")
    if array.shape[1] == 0:
        raise InvalidData(f"{name} has no columns. At least one is needed.")
    if width is not None and array.shape[1] != width:
        raise InvalidData(
            f"{name} has {count(array.shape[1], 'column')}, but the model takes {width}. "
            f"Pass the {count(width, 'column')} it was built for."
        )
    return array


def as_targets(
    y: Any, rows: int, outputs: int, loss: LossOp | None = None, name: str = "y", x_name: str = "x"
) -> Floats:
    """The targets ``(n, outputs)``, or ``(n, 1)`` class numbers for a sparse loss.

    A loss that is a user's function takes any number of columns. ``(n,)`` and ``(n, 1)`` are the
    same.

    Raises:
        InvalidData: another number of rows than x, another number of columns than the model has
            outputs, a missing or infinite target, a class number the model has no output for.
    """
    array = _as_float32(y, name)
    if array.ndim == 0 or array.ndim > 2:
        raise InvalidData(f"{name} must have one or two dimensions, received shape {array.shape}.")
    _same_length(array, rows, name, x_name)
    array = array.reshape(rows, -1)
    wanted = outputs if loss is None else loss.target_width(outputs)
    if wanted is not None and array.shape[1] != wanted:
        if loss is not None and loss.sparse:
            raise InvalidData(
                f"{name} has {count(array.shape[1], 'column')}, but {loss.loss} takes one class "
                f"number a row. Pass {name}.argmax(axis=1) if {name} is one-hot."
            )
        if loss is not None and loss.loss.startswith("categorical") and array.shape[1] == 1:
            raise InvalidData(
                f"{name} has 1 column, but {loss.loss} takes one for each of "
                f"{count(outputs, 'class', 'classes')}. For class numbers, compile with "
                "loss='sparse_categorical_crossentropy'."
            )
        if loss is not None and loss.outputs_per_target > 1:
            raise InvalidData(
                f"{name} has {count(array.shape[1], 'column')}, but {loss.loss} reads "
                f"{count(outputs, 'output')} as {loss.outputs_per_target} for each of "
                f"{count(wanted, 'target')}. Make the last layer "
                f"{loss.outputs_per_target * array.shape[1]} units wide."
            )
        raise InvalidData(
            f"{name} has {count(array.shape[1], 'column')}, but the model has "
            f"{count(wanted, 'output')}. Make the last layer {array.shape[1]} wide, or pass "
            f"{count(wanted, 'target column')}."
        )
    refuse_non_finite(array, name, "Drop those rows or fill them in before training.")
    if loss is not None and loss.sparse:
        wrong = (array != np.floor(array)) | (array < 0) | (array >= outputs)
        if wrong.any():
            row = int(np.argmax(wrong[:, 0]))
            raise InvalidData(
                f"{name} must hold class numbers from 0 to {outputs - 1} (the model has "
                f"{count(outputs, 'output')}), received {array[row, 0]:g} at row {row}."
            )
    elif loss is not None and loss.targets in _RANGES:
        high, words = _RANGES[loss.targets]
        wrong = (array < 0) | (array > high)
        if wrong.any():
            row, column = (int(i) for i in np.argwhere(wrong)[0])
            plain = loss.loss.removesuffix("_logits").replace("_", " ")
            raise InvalidData(
                f"{name} must {words} for {plain.replace('crossentropy', 'cross-entropy')}, "
                f"received {array[row, column]:g} at row {row}{_column(array, column)}."
            )
    return array


def as_weights(
    weight: Any, rows: int, name: str = "sample_weight", x_name: str = "x"
) -> Floats | None:
    """One weight a row, ``(n,)``; None stays None."""
    if weight is None:
        return None
    array = _as_float32(weight, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.reshape(-1)
    if array.ndim != 1:
        raise InvalidData(f"{name} must hold one number a row, received shape {array.shape}.")
    _same_length(array, rows, name, x_name)
    refuse_non_finite(array.reshape(-1, 1), name, "Use 0 for rows that should not count.")
    return array


def class_weights(class_weight: Any, y: Floats) -> Floats:
    """One weight a row from a weight a class; classes that are not named weigh 1.

    Args:
        class_weight: class number -> weight.
        y: targets ``(n, 1)`` with class numbers, or ``(n, classes)`` one-hot.
    """
    if not isinstance(class_weight, Mapping):
        raise InvalidArgument(
            f"class_weight must be a dict from class number to weight, received "
            f"{type(class_weight).__name__}. Use class_weight={{0: 1.0, 1: 5.0}}."
        )
    labels = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    fractional = labels != np.floor(labels)
    if fractional.any():
        row = int(np.argmax(fractional))
        raise InvalidData(
            f"class_weight needs class numbers in y, received {labels[row]:g} at row {row}. "
            "Use sample_weight for other targets."
        )
    weights = np.ones(len(y), np.float32)
    for key, value in class_weight.items():
        number, factor = _number(key), _number(value)
        if not number.is_integer():
            raise InvalidArgument(f"class_weight: classes are numbers, received {key!r}.")
        if not math.isfinite(factor):
            raise InvalidArgument(
                f"class_weight: the weight of class {key!r} must be a finite number, "
                f"received {brief(value)}."
            )
        weights[labels == number] = factor
    return weights


def as_rows(
    x: Floats,
    y: Any,
    sample_weight: Any,
    program: Program,
    *,
    class_weight: Any = None,
    prefix: str = "",
) -> Rows:
    """Rows for the engine from converted features and whatever else the user passed.

    ``sample_weight`` and ``class_weight`` given together multiply.
    """
    x_name, y_name, w_name = (f"{prefix}{part}" for part in ("x", "y", "sample_weight"))
    if y is None:
        raise InvalidData(f"{y_name} is missing. Pass one target for each row of {x_name}.")
    loss = program.loss
    if loss is not None and loss.parts:
        weights = None
        if loss.parts[0].weighted:
            own, sample_weight = _by_output_or_rows(sample_weight)
            weights = weight_columns(
                own,
                [part.name for part in loss.parts],
                lambda each, label: as_weights(each, len(x), label, x_name),
                len(x),
                w_name,
            )
        targets = _targets_of_outputs(y, len(x), loss, y_name, x_name, weights)
        if class_weight is not None:
            raise Unsupported(
                "class_weight of several outputs is not supported. Use sample_weight, one weight a "
                "row for all outputs."
            )
    else:
        targets = as_targets(_of_one(y, y_name), len(x), program.output_width, loss, y_name, x_name)
        if are_by_output(sample_weight):
            sample_weight = _of_one(sample_weight, w_name)
    weight = as_weights(sample_weight, len(x), w_name, x_name)
    if class_weight is not None:
        factors = class_weights(class_weight, targets)
        weight = factors if weight is None else weight * factors
    return Rows(x, targets, weight)


def _of_one(y: Any, name: str) -> Any:
    """The targets of the one output there is, out of a dict by its name or a list of one array."""
    if isinstance(y, Mapping):
        if len(y) != 1:
            raise InvalidData(
                f"{name} is a dict with {count(len(y), 'entry', 'entries')}, but the model has one "
                "output. Pass its targets."
            )
        return next(iter(y.values()))
    if isinstance(y, list | tuple) and len(y) == 1 and getattr(y[0], "ndim", 0) > 0:
        return y[0]
    return y


def _by_output_or_rows(sample_weight: Any) -> tuple[Any, Any]:
    """Weights of single outputs, and of rows for all outputs: one of the two."""
    return (sample_weight, None) if are_by_output(sample_weight) else (None, sample_weight)


def _targets_of_outputs(
    y: Any, rows: int, loss: LossOp, name: str, x_name: str, weights: list[Floats] | None
) -> Floats:
    """The targets of several outputs side by side, those of outputs without a loss left out.

    Behind those of each output is the column of its weights, if there are any.
    """
    parts = loss.parts
    names = [part.name for part in parts]
    wanted = sum(part.targets for part in parts)
    given: list[Any] | None = None
    if isinstance(y, Mapping) or (hasattr(y, "columns") and set(names) <= set(y.columns)):
        missing = [each for each in names if each not in y]
        if missing:
            raise InvalidData(
                f"{name} lacks {missing[0]!r}. Pass the targets of each output with a loss: "
                f"{', '.join(names)}."
            )
        given = [y[each] for each in names]
    elif isinstance(y, list | tuple):
        given = [each for each in y if each is not None]
        if len(given) != len(parts):
            raise InvalidData(
                f"{name} is a list of {len(given)}, but {count(len(parts), 'output')} have a loss: "
                f"{', '.join(names)}. Pass the targets of each, or a dict."
            )
    elif len(parts) == 1:
        given = [y]
    if given is None:
        array = _as_float32(y, name)
        if array.ndim != 2 or array.shape[1] != wanted:
            raise InvalidData(
                f"{name} has shape {array.shape}, and the outputs {', '.join(names)} have "
                f"{count(wanted, 'target')} together. Pass a list or a dict with the targets of "
                "each."
            )
        ends = np.cumsum([part.targets for part in parts])
        given = np.split(array, ends[:-1], axis=1)
    found = []
    for number, (part, own) in enumerate(zip(parts, given, strict=True)):
        label = f"{name}[{part.name!r}]"
        targets = as_targets(own, rows, part.outputs, part.loss, label, x_name)
        if targets.shape[1] != part.targets:
            raise InvalidData(
                f"{label} has {count(targets.shape[1], 'column')}, and the output {part.outputs}. "
                "A loss of one's own takes a target for each output where there are several."
            )
        found += [targets] if weights is None else [targets, weights[number]]
    return found[0] if len(found) == 1 else np.concatenate(found, axis=1)


def split(rows: int, validation_split: Any) -> int:
    """Rows that stay for training: the first ``floor(n * (1 - validation_split))``."""
    if isinstance(validation_split, bool) or not isinstance(
        validation_split, int | float | np.number
    ):
        raise InvalidArgument(
            "validation_split must be a number between 0 and 1, received "
            f"{brief(validation_split)}."
        )
    if not 0 <= validation_split < 1:
        raise InvalidArgument(
            f"validation_split must be at least 0 and below 1, received {brief(validation_split)}. "
            "Use validation_split=0.2 to keep the last 20 % of the rows for validation."
        )
    kept = math.floor(rows * (1.0 - float(validation_split)))
    if kept == 0 or kept == rows:
        empty = "training" if kept == 0 else "validation"
        raise InvalidData(
            f"validation_split={validation_split!r} of {count(rows, 'row')} leaves none for "
            f"{empty}. Pass more rows or another validation_split."
        )
    return kept


# -- conversion ---------------------------------------------------------------------------------


def _as_float32(values: Any, name: str) -> Floats:
    """Any numbers as one C-contiguous float32 array; no copy where it already is one."""
    if values is None:
        raise InvalidData(f"{name} is missing.")
    if isinstance(values, str | bytes):
        raise InvalidData(f"{name} must hold numbers, received the text {brief(values)}.")
    if isinstance(values, Mapping):
        raise Unsupported(
            f"{name} is a {type(values).__name__}, which only models of named inputs and outputs "
            "take, for x and y. Pass one array."
        )
    if hasattr(values, "nnz") and hasattr(values, "toarray"):  # scipy sparse, any format
        return np.ascontiguousarray(values.toarray(), dtype=np.float32)
    if type(values).__module__.split(".")[0] == "pandas":
        return _from_pandas(values, name)
    columns = None if type(values) is np.ndarray else columns_of(values, name)
    if columns is not None:
        return _from_columns(columns, name)
    if not hasattr(values, "__len__") and not hasattr(values, "__array__"):
        what = "generator" if isinstance(values, Iterator) else type(values).__name__
        raise Unsupported(
            f"{name} is a {what}, which is no table. Pass an array, a DataFrame or a list of rows; "
            "fit, evaluate and predict of a network take batches from generators, too: "
            "model.fit(batches)."
        )
    if isinstance(values, np.ma.MaskedArray) and values.dtype.kind in "fbiu":
        values = np.ma.filled(values.astype(np.float64), np.nan)
    try:
        array = np.asarray(values)
    except ValueError:
        raise InvalidData(
            f"{name} is a list of rows of different lengths. Every row needs the same columns."
        ) from None
    return _to_float32(array, name)


def _to_float32(array: NDArray[Any], name: str) -> Floats:
    kind = array.dtype.kind
    if kind in "US":
        _refuse_text(array.astype(object), name)
    if kind == "O":
        array = _numbers_of_objects(array, name)
    elif kind not in "fbiu":
        what = {"M": "dates", "m": "time spans", "c": "complex numbers"}.get(kind, str(array.dtype))
        raise InvalidData(f"{name} holds {what}. Turn them into plain numbers first.")
    with np.errstate(over="ignore"):  # beyond float32 is infinity, and infinity passes
        return np.ascontiguousarray(array, dtype=np.float32)


def _numbers_of_objects(array: NDArray[Any], name: str, column: str = "") -> NDArray[Any]:
    """An object array as float64; missing ones (None, pandas.NA) are nan, text is refused."""
    flat = array.ravel().tolist()
    types = set(map(type, flat))
    if any(issubclass(kind, str | bytes) for kind in types):
        _refuse_text(array, name, column)
    missing = {kind for kind in types if kind is type(None) or kind.__name__ in _MISSING}
    if missing:
        flat = [math.nan if type(value) in missing else value for value in flat]
    try:
        return np.array(flat, dtype=np.float64).reshape(array.shape)
    except (TypeError, ValueError):
        pass
    for i, value in enumerate(flat):
        try:
            float(value)
        except (TypeError, ValueError):
            raise InvalidData(
                f"{name} must hold numbers, received a {type(value).__name__} "
                f"at {_place(array, i, column)}."
            ) from None
    raise InvalidData(f"{name} must hold numbers of one shape, received a mixture.")


_MISSING = {"NAType", "NaTType"}


def _refuse_text(array: NDArray[Any], name: str, column: str = "") -> None:
    for i, value in enumerate(array.ravel().tolist()):
        if isinstance(value, str | bytes):
            raise InvalidData(
                f"{name} must hold numbers, received the text {brief(value)} at "
                f"{_place(array, i, column)}. Encode text columns as numbers first."
            )


def _place(array: NDArray[Any], flat_index: int, column: str) -> str:
    if array.ndim == 2:
        row, number = divmod(flat_index, array.shape[1])
        return f"row {row}, column {number}"
    return f"row {flat_index}{column}"


def _from_columns(columns: list[tuple[str, Any]], name: str) -> Floats:
    """Columns of a frame that is not of pandas."""
    rows = len(columns[0][1]) if columns else 0
    table = np.empty((rows, len(columns)), np.float32)
    for i, (label, cells) in enumerate(columns):
        array = np.asarray(cells)
        if array.dtype.kind not in "fbiu":
            if array.dtype.kind in "Mm":
                raise InvalidData(
                    f"{name} holds dates, column {label!r}. Turn them into plain numbers first."
                )
            array = _numbers_of_objects(array.astype(object), name, f", column {label!r}")
        with np.errstate(over="ignore"):
            table[:, i] = array
    return table


def _from_pandas(values: Any, name: str) -> Floats:
    if not hasattr(values, "columns"):  # Series, Index, extension array
        return np.ascontiguousarray(_series(values, name, ""), dtype=np.float32)
    plain = all(isinstance(kind, np.dtype) and kind.kind in "fbiu" for kind in values.dtypes)
    with np.errstate(over="ignore"):
        if plain:
            return np.ascontiguousarray(values.to_numpy(dtype=np.float32))
        table = np.empty(values.shape, np.float32)
        for i, label in enumerate(values.columns):
            table[:, i] = _series(values.iloc[:, i], name, f", column {label!r}")
    return table


def _series(values: Any, name: str, column: str) -> NDArray[Any]:
    """One pandas column as numbers."""
    kind = values.dtype
    if isinstance(kind, np.dtype) and kind.kind in "fbiu":
        array: NDArray[Any] = values.to_numpy()
    elif not isinstance(kind, np.dtype) and getattr(kind, "kind", "O") in "fbiu":
        array = values.to_numpy(dtype=np.float64, na_value=np.nan)  # nullable numbers
    elif getattr(kind, "kind", "O") in "Mm":
        raise InvalidData(f"{name} holds dates{column}. Turn them into plain numbers first.")
    else:
        array = _numbers_of_objects(np.asarray(values, dtype=object), name, column)
    with np.errstate(over="ignore"):
        return array.astype(np.float32, copy=False)


# -- checks -------------------------------------------------------------------------------------


def _same_length(array: NDArray[Any], rows: int, name: str, x_name: str) -> None:
    if len(array) != rows:
        raise InvalidData(
            f"{x_name} has {count(rows, 'row')} and {name} has {len(array)}. "
            "They must have the same number."
        )


def refuse_non_finite(array: Floats, name: str, advice: str) -> None:
    # A sum is finite far more often than not and needs no array of flags.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum(dtype=np.float64)):
            return
    wrong = ~np.isfinite(array)
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        value = array[row, column]
        word = "is missing (nan)" if np.isnan(value) else f"is infinite ({value:g})"
        count = int(wrong.sum())
        more = f" ({count} such values in all)" if count > 1 else ""
        raise InvalidData(f"{name} {word} at row {row}{_column(array, column)}{more}. {advice}")


def _number(value: Any) -> float:
    """``value`` as a float; nan where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _column(array: Floats, column: int) -> str:
    return f", column {column}" if array.shape[1] > 1 else ""


def as_mask(mask: ArrayLike | None, rows: int) -> NDArray[np.float32] | None:
    """``mask`` as 0 and 1 in float32, one a row; None stays None."""
    if mask is None:
        return None
    array = np.asarray(mask)
    if array.shape != (rows,):
        raise InvalidData(
            f"mask must have one entry a row, shape {(rows,)}, received shape {array.shape}."
        )
    others = array[~np.isin(array, (0, 1))].tolist()
    if others:
        raise InvalidData(
            f"mask must hold True and False, or 1 and 0, received {brief(others[0])}. Weights go "
            "to "
            "fit(sample_weight=...) and BatchNormalization(weighted=True)."
        )
    return np.ascontiguousarray(array, dtype=np.float32)
