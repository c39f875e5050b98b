"""The target: its task and classes, and whether it can be predicted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from shlex import quote
from typing import TYPE_CHECKING

from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION
from trimtab.core.words import brief, count, listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns import clocks, storage
from trimtab.tables.columns.alike import ALIKE, alike
from trimtab.tables.columns.column import Column, Label, parse_kind
from trimtab.tables.columns.kinds import FEW, distinct_up_to, is_whole
from trimtab.tables.columns.mistakes import looks_like_numbers, nearly_numbers, refuse_mistakes
from trimtab.tables.columns.positive import needs_classes, positive_class
from trimtab.tables.columns.said import says_category
from trimtab.tables.columns.schema import Told
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.values import refuse_unread
from trimtab.tables.columns.yes_no import many_spellings, truth_of, two_classes
from trimtab.tables.files.cells import IN_SECONDS
from trimtab.tables.files.numbers.whole import as_integer

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Table

__all__ = ["target_column"]

#: The most classes.
MOST_CLASSES = 1000


def target_column(
    table: Table, told: Told, notes: list[str]
) -> tuple[Column, str, tuple[Label, ...], Label | None]:
    """The target column, the task, its classes and the one that scores speak of.

    Raises:
        InvalidData: It cannot be predicted.
        InvalidArgument: What is told does not fit it.
    """
    name = str(told.target)
    cells = table.frame[name]
    present = cells.dropna()
    where = f"{table.name}, target {brief(name)}"
    if name in table.skipped:
        refuse_unread(table, name, "target")
    if present.empty:
        raise InvalidData(f"{where}: every cell is missing. Name another column.")
    if len(present) < len(cells):
        missing = len(cells) - len(present)
        notes.append(f"{count(missing, 'row')} without {name} left out.")
    stored = storage.of(cells)
    if stored == "datetime":
        raise InvalidData(f"{where} holds dates. A target must be numbers or classes.")
    if stored == "text":
        refuse_mistakes(table, name)
        if name in table.unread and name not in told.kinds and told.task in (None, REGRESSION):
            raise InvalidData(f"{where} cannot be predicted as numbers: {table.unread[name]}.")
    task = told.task or _told_task(where, name, told, present)
    if task is None and says_category(table, name):
        task = _as_classes(name, present, stored, notes)
    task = task or _task(present, stored)
    if task == REGRESSION:
        column = _number_target(table, name, present, stored, told, notes)
        if told.positive is not None:
            raise InvalidArgument(needs_classes("positive", column))
        return column, task, (), None
    return _class_target(table, name, present, stored, task, told, notes)


def _told_task(where: str, name: str, told: Told, present: pd.Series) -> str | None:
    """The task that follows from the kind of the target, if the user gives it."""
    if name not in told.kinds:
        return None
    kind, _ = parse_kind(name, told.kinds[name])
    if kind in ("numeric", "integer"):
        return REGRESSION
    if kind in ("category", "boolean"):
        return BINARY if distinct_up_to(present, 2) is not None else MULTICLASS
    raise InvalidData(f"{where} cannot be {kind}. A target must be numbers or classes.")


def _as_classes(name: str, present: pd.Series, stored: str, notes: list[str]) -> str:
    """The task for a target that the data says is a category."""
    two = distinct_up_to(present, 2) is not None
    if stored == "number" and _task(present, stored) == REGRESSION:
        notes.append(
            f"{name} is a category, as its type in the data says: its numbers are predicted as "
            "classes. Use --task regression to predict a number."
        )
    return BINARY if two else MULTICLASS


def _task(present: pd.Series, stored: str) -> str:
    if stored == "text" and clocks.find(present.unique()) == "duration":
        return REGRESSION
    if stored == "number":
        two = distinct_up_to(present, 2)
        return BINARY if two is not None and len(two) == 2 and is_whole(present) else REGRESSION
    return BINARY if stored == "boolean" or distinct_up_to(present, 2) is not None else MULTICLASS


def _number_target(
    table: Table, name: str, present: pd.Series, stored: str, told: Told, notes: list[str]
) -> Column:
    if stored == "text" and clocks.find(present.unique()) is not None:
        notes.append(f"Column {name!r}: {IN_SECONDS}")
        return Column(name, "numeric", "target")
    if stored == "text":
        raise InvalidData(
            f"{table.name}, target {brief(name)} holds text such as {shown(present.iloc[0])}. "
            "Regression needs numbers. Leave the task out to predict classes."
        )
    values = distinct_up_to(present, FEW)
    if values is not None and len(values) == 1:
        raise InvalidData(
            f"{table.name}, target {brief(name)} is {storage.canonical(values[0])} in every row, "
            "so there is nothing to predict. Name another column."
        )
    whole = stored == "number" and values is not None and is_whole(present)
    if whole and values is not None and told.task is None:
        notes.append(
            f"{name} holds {len(values)} distinct whole numbers and is predicted as a number. Use "
            "--task multiclass to predict classes."
        )
    kind = "integer" if whole else "boolean" if stored == "boolean" else "numeric"
    return Column(name, kind, "target", format=_written(table, name))


def _written(table: Table, name: str) -> str:
    """How the numbers of the target are written, if not as programs do."""
    return table.forms[name].example if name in table.forms else ""


def _class_target(
    table: Table,
    name: str,
    present: pd.Series,
    stored: str,
    task: str,
    told: Told,
    notes: list[str],
) -> tuple[Column, str, tuple[Label, ...], Label | None]:
    where = f"{table.name}, target {brief(name)}"
    counts = dict.fromkeys((_label(label, stored) for label in told.classes), 0)
    for value, number in present.value_counts().items():
        counts[_label(value, stored)] = number
    _, pattern = parse_kind(name, told.kinds.get(name, "category"))
    if stored == "text" and _merged(name, told, counts):
        # In the order of no and yes, whatever their words are.
        no, yes = two_classes(counts)
        rows: dict[Label, int] = {no: 0, yes: 0}
        for label, number in counts.items():
            rows[yes if truth_of(label) else no] += number
        positive = positive_class(name, told.positive, rows)
        each = listed((shown(label) for label in sorted(counts)), 6)
        notes.append(
            f"{name}: {each} are read as the classes {no!r} and {yes!r}; {shown(positive)} is the "
            f"positive one. To keep them apart, use --type {quote(name + '=category')}."
        )
        return Column(name, "category", "target"), BINARY, (no, yes), positive
    if pattern == ALIKE:
        counts = Counter()
        for value, number in present.value_counts().items():
            counts[alike(storage.canonical(value))] += number
        task = BINARY if len(counts) == 2 and told.task is None else task
    labels = sorted(counts)
    if len(labels) == 1:
        raise InvalidData(
            f"{where} is {shown(labels[0])} in every row, so there is nothing to predict. "
            "Name another column."
        )
    if task == BINARY and len(labels) > 2:
        raise InvalidData(
            f"{where} holds {len(labels):,} classes: {listed(map(repr, labels), 9)}. A binary task "
            "needs two. Use task='multiclass'."
        )
    if stored == "text" and clocks.find(labels) == "time" and name not in told.kinds:
        notes.append(
            f"{name} holds times of day, which are predicted as classes. Use "
            f"--type {quote(name + '=numeric')} to predict seconds since midnight."
        )
    too_many = not told.classes and (
        len(labels) > max(FEW, len(present) // 2) or len(labels) > MOST_CLASSES
    )
    if too_many and looks_like_numbers(table, name):
        raise InvalidData(f"{where} cannot be predicted: it {nearly_numbers(table, name)}.")
    if too_many:
        raise InvalidData(
            f"{where} holds {len(labels):,} distinct values in {len(present):,} rows, such as "
            f"{listed(map(repr, labels), 4)}: too many to be classes. "
            + (
                f"To predict seconds since midnight, use types={ {name: 'numeric'}!r}."
                if stored == "text" and clocks.find(labels) == "time"
                else "Use --task regression, or name another column."
                if stored == "number"
                else "Name another column."
            )
        )
    positive = positive_class(name, told.positive, counts)
    if task == BINARY and positive is not None:
        other = labels[labels.index(positive) == 0]
        notes.append(
            f"{name}: the positive class is {shown(positive)}, the negative class {shown(other)}."
        )
    single = [label for label in labels if counts[label] == 1]
    if single:
        named = listed(map(repr, single), 9)
        notes.append(
            f"{name}: only one row has class {named}."
            if len(single) == 1
            else f"{name}: {len(single):,} classes have one row each: {named}."
        )
    kind = {"text": "category", "boolean": "boolean"}.get(stored, "integer")
    if kind == "integer" and not is_whole(present):
        kind = "numeric"
    if pattern != ALIKE:
        pattern = "" if kind == "category" else _written(table, name)
    return Column(name, kind, "target", format=pattern), task, tuple(labels), positive


def _merged(name: str, told: Told, labels: Iterable[object]) -> bool:
    """Whether classes are spellings of yes and no, and not to be kept apart."""
    apart = told.task == MULTICLASS or told.kinds.get(name, "boolean") != "boolean"
    return not apart and many_spellings(labels)


def _label(value: object, stored: str) -> Label:
    """A class as in the table: text, a whole number, a number, or a boolean."""
    if stored == "boolean":
        return bool(value)
    if stored == "number":
        number = as_integer(value)
        return float(value) if number is None else number  # type: ignore[arg-type]
    return storage.canonical(value)
