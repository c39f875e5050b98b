"""The class that scores speak of: precision, recall and F1 are of one class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.core import checks
from trimtab.core.words import listed
from trimtab.errors import InvalidArgument
from trimtab.tables.columns import storage
from trimtab.tables.columns.column import Column, Label
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.yes_no import truth_of

__all__ = ["label_told", "needs_classes", "positive_class", "positive_number"]


def positive_class(name: str, told: Any, counts: Mapping[Label, int]) -> Label | None:
    """The positive class of a target.

    Args:
        name: of the target's column.
        told: by the user; None: the rarer of two classes, the second of equals; none of several.
        counts: rows of each class, of all rows of the table.

    Raises:
        InvalidArgument: there is no such class.
    """
    labels = sorted(counts)
    if told is not None:
        return label_told("positive", name, told, labels)
    if len(labels) > 2:
        return None
    return min(reversed(labels), key=counts.__getitem__)


def label_told(option: str, target: str, told: Any, labels: Sequence[Label]) -> Label:
    """The class that a user names: ``1``, ``"1"`` and ``1.0`` are the same where it is a number.

    Args:
        option: what names it, for messages.
        target: the column's name.
        told: the class as it was given.
        labels: all classes.

    Raises:
        InvalidArgument: there is no such class.

    Example:
        >>> label_told("positive", "y", "1", [0, 1]), label_told("positive", "y", True, [0, 1])
        (1, 1)
    """
    text = told.strip() if isinstance(told, str) else storage.canonical(told)
    same = {storage.canonical(label): label for label in labels}
    if told in same:  # text as it stands, blanks and all
        return same[told]
    if text in same:
        return same[text]
    for label in labels:
        if isinstance(label, str):
            continue
        if _number(text) is not None and _number(text) == float(label):
            return label
    truths = {truth_of(label): label for label in labels}
    if set(truths) == {0.0, 1.0} and truth_of(text) is not None:  # yes and no, in other words
        return truths[truth_of(text)]
    hint = checks.nearest(text, same)
    classes = listed(map(shown, labels), 9)
    raise InvalidArgument(
        f"{option} must name a class of {target!r} ({classes}), received "
        f"{shown(told) if isinstance(told, str | int | float) else repr(told)[:40]}."
        + (f" {hint}" if hint else "")
    )


def positive_number(positive: Label, classes: Sequence[Label]) -> int:
    """The number of the positive class.

    Raises:
        InvalidArgument: it is none of the classes.
    """
    for number, label in enumerate(classes):
        if label == positive and isinstance(label, str) == isinstance(positive, str):
            return number
    raise InvalidArgument(
        f"the positive class must be one of the classes {listed(map(shown, classes), 9)}, received "
        f"{shown(positive)}."
    )


def needs_classes(option: str, target: Column) -> str:
    """The message that an option needs classes where the target is a number."""
    # Only few whole numbers can be classes.
    way = ", or use task='multiclass' (--task multiclass)" if target.kind == "integer" else ""
    return (
        f"{option} needs classes, and {target.name!r} is predicted as a number. Leave it out{way}."
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return {"true": 1.0, "false": 0.0}.get(text.lower())
