"""Targets of a classification that are written in a form that the loss does not take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.types import Floats
from trimtab.errors import InvalidData
from trimtab.insight.coach.chain import Chain
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.known_loss import known_loss

if TYPE_CHECKING:
    from trimtab.nn.network import Network
    from trimtab.program.ops import LossOp

__all__ = ["Form", "Labels", "is_one_hot", "misread"]

#: Numbers with more different values than this (or with this share of the rows) are no classes.
MOST_CLASSES, SHARE = 20, 0.05


class Form(StrEnum):
    """How targets are written."""

    TWO = "two"  # two numbers other than 0 and 1
    CLASSES = "classes"  # one of several numbers or texts
    ONE_HOT = "one-hot"  # a column of 0 and 1 for each class
    PERCENT = "percent"  # probabilities times 100
    NUMBERS = "numbers"  # quantities, not classes


@dataclass(frozen=True)
class Labels:
    """Targets as the user wrote them, and as the loss would take them.

    Attributes:
        form: How they are written.
        classes: The different values, sorted; empty for percentages and numbers.
        outputs: Outputs that the network needs for them.
        encoded: The targets in float32, as the remedy writes them.
        encoded_valid: The same of the validation rows.
        columns: Number of columns of the targets as given.
    """

    form: Form
    classes: tuple[Any, ...]
    outputs: int
    encoded: Any
    encoded_valid: Any
    columns: int


def misread(model: Network, chain: Chain, y: Any, y_valid: Any) -> Labels | None:
    """The targets, if they are in a form that the compiled loss does not take; else None.

    Args:
        model: A built network.
        chain: Its layers.
        y, y_valid: Targets of the training and of the validation rows, or None.

    Raises:
        InvalidData: They are no numbers, and no labels either.
    """
    if y is None or model.loss_function is None:
        return None
    loss = known_loss(model.loss_function)
    outputs = model.output_width()
    if loss.sparse or loss.loss.startswith("binary_crossentropy"):
        texts = _texts(y)
        if texts is not None:
            return _of_texts(texts, None if y_valid is None else _texts(y_valid), loss, outputs)
        form = _sparse_form if loss.sparse else _binary_form
    elif loss.native and chain.last.kind == "activation" and chain.last.function == "sigmoid":
        form = _bounded_form
    else:
        return None
    parts = [GivenTable(given, "y").values for given in (y, y_valid) if given is not None]
    if len({part.shape[1] for part in parts}) > 1:
        return None
    known = np.concatenate(parts)
    known = known[np.isfinite(known).all(axis=1)]
    found = form(known, outputs) if len(known) else None
    if found is None:
        return None
    return _encoded(found, known, parts, loss, outputs)


def _sparse_form(y: Floats, outputs: int) -> Form | None:
    """Class numbers from 0 to ``outputs - 1`` are wanted, in one column."""
    if y.shape[1] > 1:
        return Form.ONE_HOT if is_one_hot(y) else None
    whole = bool((y == np.floor(y)).all())
    values = np.unique(y)
    if whole and values[0] >= 0 and values[-1] < outputs:
        return None
    if whole and values[0] == 0 and values[-1] < 2 * len(values):
        return None  # classes without an output: another finding
    if _are_classes(values, whole, len(y)):
        return Form.CLASSES
    return Form.NUMBERS


def _binary_form(y: Floats, outputs: int) -> Form | None:
    """Numbers from 0 to 1 are wanted, a column for each output."""
    if y.shape[1] != outputs:
        if outputs == 1:
            return Form.ONE_HOT if is_one_hot(y) else None
        classes = y.shape[1] == 1 and _are_classes(np.unique(y), bool((y % 1 == 0).all()), len(y))
        return Form.CLASSES if classes else None
    if not ((y < 0) | (y > 1)).any():
        return None
    values = np.unique(y)
    if len(values) <= 2:
        return Form.TWO if len(values) == 2 else Form.NUMBERS
    whole = bool((y == np.floor(y)).all())
    if outputs == 1 and whole and values[-1] - values[0] < 2 * len(values) <= 2 * MOST_CLASSES:
        return Form.CLASSES
    if values[0] >= 0 and values[-1] <= 100:
        return Form.PERCENT
    if outputs == 1 and _are_classes(values, whole, len(y)):
        return Form.CLASSES
    return Form.NUMBERS


def _bounded_form(y: Floats, outputs: int) -> Form | None:
    """Two labels for a sigmoid under a loss for regression."""
    values = np.unique(y)
    outside = ((values < 0) | (values > 1)).any()
    return Form.TWO if y.shape[1] == outputs and len(values) == 2 and outside else None


def is_one_hot(y: Floats) -> bool:
    """Whether each row has a single 1 among zeros."""
    return bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())


def _are_classes(values: Floats, whole: bool, rows: int) -> bool:
    few = len(values) <= max(MOST_CLASSES, SHARE * rows)
    return len(values) > 1 and few and (whole or 2 * len(values) <= MOST_CLASSES)


def _encoded(form: Form, known: Floats, parts: list[Floats], loss: LossOp, outputs: int) -> Labels:
    """Labels of this form, encoded as the remedy does; what is missing stays missing."""
    columns = known.shape[1]
    values = np.unique(known)
    classes: tuple[Any, ...] = ()
    needed = outputs
    if form is Form.TWO:
        classes = tuple(_plain(value) for value in values)
        new = [(part - values[0]) / (values[1] - values[0]) for part in parts]
    elif form is Form.CLASSES:
        classes = tuple(_plain(value) for value in values)
        new = [_numbered(part, values) for part in parts]
        needed = max(outputs, len(values)) if loss.sparse or outputs > 1 else len(values)
    elif form is Form.ONE_HOT:
        classes = tuple(range(columns))
        new = [np.where(np.isfinite(p).all(axis=1), p.argmax(axis=1), np.nan) for p in parts]
        needed = max(outputs, columns) if loss.sparse or columns > 2 else outputs
    elif form is Form.PERCENT:
        new = [part / 100 for part in parts]
    else:
        low, spread = known.min(axis=0), np.maximum(np.ptp(known, axis=0), 1e-30)
        new = [np.clip((part - low) / spread, 0, 1) for part in parts]
        new = [np.round(part * (outputs - 1)) for part in new] if loss.sparse else new
        needed = columns
    return _labels(form, classes, needed, new, columns, loss, outputs)


def _labels(
    form: Form,
    classes: tuple[Any, ...],
    needed: int,
    parts: list[Any],
    columns: int,
    loss: LossOp,
    outputs: int,
) -> Labels:
    """Labels with arrays that the network as it is could be trained on."""
    if form in (Form.CLASSES, Form.ONE_HOT) and not loss.sparse:
        if outputs > 1:
            numbers = np.arange(outputs)
            parts = [(np.reshape(part, (-1, 1)) == numbers).astype(float) for part in parts]
        parts = [np.minimum(part, 1) for part in parts]
    arrays = [np.ascontiguousarray(part, np.float32) for part in parts]
    valid = arrays[1] if len(arrays) > 1 else None
    return Labels(form, classes, needed, arrays[0], valid, columns)


def _numbered(part: Floats, values: Floats) -> Any:
    return np.where(np.isfinite(part), np.searchsorted(values, part), np.nan)


def _plain(value: Any) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() else number


def _texts(given: Any) -> Any:
    """Targets that are texts, as an array of them; None if they are not."""
    try:
        GivenTable(given, "y")
    except InvalidData:
        array = np.asarray(given, dtype=object).ravel()
        if len(array) and all(isinstance(value, str) for value in array):
            return array.astype(str)
        raise
    return None


def _of_texts(y: Any, y_valid: Any, loss: LossOp, outputs: int) -> Labels:
    parts = [part for part in (y, y_valid) if part is not None]
    values = np.unique(np.concatenate(parts))
    codes = [np.searchsorted(values, part).astype(np.float32) for part in parts]
    two = not loss.sparse and outputs == 1 and len(values) <= 2
    needed = outputs if two else max(outputs, len(values))
    return _labels(Form.CLASSES, tuple(values.tolist()), needed, codes, 1, loss, outputs)
