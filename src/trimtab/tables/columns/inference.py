"""From the cells of a table, and what people say of it, to its schema."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core import checks
from trimtab.core.words import listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns import dates, storage
from trimtab.tables.columns.storage import shown

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Table
from shlex import quote
from typing import TYPE_CHECKING

from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION, TASKS
from trimtab.tables.columns.kinds import FEW, Judged, distinct_up_to, is_whole, judge
from trimtab.tables.columns.schema import (
    ON_REQUEST,
    Column,
    Label,
    Schema,
    Told,
    parse_kind,
    place,
)

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Table

__all__ = ["bad_column", "infer"]

#: Up to this share of bad cells a column is one of numbers with mistakes; above, it is text.
MISTAKES = 0.05
#: More classes than this are no classes.
MOST_CLASSES = 1000


def infer(table: Table, told: Told, *, strict: bool = True) -> Schema:
    """The schema of a table; see :func:`trimtab.tables.schema.infer_schema`.

    Args:
        table: a whole table.
        told: what people say of its columns.
        strict: whether numbers with a few bad cells, and a table without anything to learn from,
            are refused; for looking at a table they are not.
    """
    _check(table, told)
    notes: list[str] = []
    task: str | None = None
    classes: tuple[Label, ...] = ()
    columns = []
    for name in table.frame.columns:
        if name == told.target:
            column, task, classes = _target(table, told, notes)
        else:
            column = _column(table, name, told, strict)
        columns.append(column)
    schema = Schema(tuple(columns), task, classes, tuple(notes))
    if strict and not schema.features:
        raise InvalidData(_nothing_left(table, schema))
    return schema


def _check(table: Table, told: Told) -> None:
    """Refuses columns that are not there, and columns that are told two things."""
    present = [str(name) for name in table.frame.columns]
    roles = {
        "target": [told.target],
        "group": [told.group],
        "time": [told.time],
        "weight": [told.weight],
        "id": told.ids,
        "drop": told.drop,
    }
    seen: dict[str, str] = {}
    for role, names in [*roles.items(), ("type", told.kinds)]:
        for name in names:
            if name is None:
                continue
            if name not in present:
                raise InvalidData(_unknown(table, role, name, present))
            if role == "type":
                parse_kind(name, told.kinds[name])
            elif seen.setdefault(name, role) != role:
                raise InvalidArgument(
                    f"column {name!r} is told to be the {seen[name]} and the {role}. Choose one."
                    if role != "drop"
                    else f"column {name!r} is the {seen[name]} and to be left out. Choose one."
                )
    if told.task is not None:
        checks.choice("task", told.task, TASKS)
        if told.target is None:
            raise InvalidArgument(f"task={told.task!r} needs a target.")


def _unknown(table: Table, role: str, name: str, present: list[str]) -> str:
    hint = checks.nearest(name, present) or f"Its columns are {listed(map(repr, present), 21)}."
    return f"{table.name} has no column {name!r} ({role}). {hint}"


def _column(table: Table, name: str, told: Told, strict: bool) -> Column:
    cells = table.frame[name]
    role = next(
        (
            role
            for role, names in (
                ("group", (told.group,)),
                ("time", (told.time,)),
                ("weight", (told.weight,)),
                ("id", told.ids),
                ("dropped", told.drop),
            )
            if name in names
        ),
        "feature",
    )
    if name in told.kinds:
        kind, pattern = parse_kind(name, told.kinds[name])
        judged = Judged(kind, format=pattern or _format(table, name, kind, cells))
        if kind == "text" and role == "feature":
            judged = Judged("text", "text, as told")
        # What was told is held against every cell now: later it would surprise.
        Schema((Column(name, kind, role, "", judged.format),)).values(table, name)
    else:
        judged = judge(cells)
        if strict and role == "feature" and judged.kind in ("category", "text"):
            _refuse_mistakes(table, name)
    if role == "dropped":
        return Column(name, judged.kind, role, ON_REQUEST, judged.format)
    if role == "feature":
        role = "dropped" if judged.reason else "feature"
        return Column(name, judged.kind, role, judged.reason, judged.format)
    column = Column(name, judged.kind, role, "", judged.format)
    if role == "time":
        return _time(table, column)
    if role == "weight":
        return _weight(table, column)
    if role == "group" and judged.kind == "text":
        return Column(name, "category", role)
    return column


def _format(table: Table, name: str, kind: str, cells: pd.Series) -> str:
    """The format of dates that are told to be dates."""
    if kind != "datetime" or storage.of(cells) == "datetime":
        return ""
    texts = storage.texts(cells)
    import pandas as pd

    found = dates.find_format(pd.Series(texts).dropna())
    if found is not None and found.ambiguous:
        raise InvalidData(
            f"{table.name}, column {name!r}: day and month cannot be told apart. Say "
            f"datetime:{found.formats[0]} or datetime:{found.formats[1]} for its type."
        )
    return found.formats[0] if found is not None else dates.ISO


def bad_column(table: Table, name: str) -> bool:
    """Whether a column of text would be one of numbers but for a few cells."""
    bad = table.bad_counts.get(name, 0)
    return 0 < bad <= MISTAKES * int(table.frame[name].notna().sum())


def _refuse_mistakes(table: Table, name: str) -> None:
    if not bad_column(table, name):
        return
    first, count = table.bad[name][0], table.bad_counts[name]
    raise InvalidData(
        f"{place(table, first.row, name)}: {shown(first.value)} is not a number; the column holds "
        f"numbers but for {'this cell' if count == 1 else f'{count:,} cells'}. Correct it or leave "
        f"it empty; or use --missing {quote(first.value)} if that means missing, or "
        f"--type {quote(name + '=category')} if these are names."
    )


def _time(table: Table, column: Column) -> Column:
    if column.kind not in ("datetime", "numeric", "integer"):
        raise InvalidData(
            f"{table.name}: column {column.name!r} cannot order the rows in time: "
            f"{shown(table.frame[column.name].dropna().iloc[0])} is neither a date nor a number. "
            f"Say its format as its type: datetime:%d/%m/%Y."
        )
    return column


def _weight(table: Table, column: Column) -> Column:
    column = Column(column.name, "numeric", "weight")
    weights = Schema((column,)).values(table, column.name)
    wrong = ~(weights >= 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidData(
            f"{place(table, row, column.name)}: a weight must be a number of 0 or more, received "
            f"{shown(table.frame[column.name].iloc[row])}."
        )
    if not weights.any():
        raise InvalidData(f"{table.name}: every weight in column {column.name!r} is 0.")
    return column


def _target(table: Table, told: Told, notes: list[str]) -> tuple[Column, str, tuple[Label, ...]]:
    """The target's column, the task and its classes."""
    name = str(told.target)
    cells = table.frame[name]
    present = cells.dropna()
    where = f"{table.name}, target {name!r}"
    if present.empty:
        raise InvalidData(f"{where}: every cell is missing.")
    if len(present) < len(cells):
        missing = len(cells) - len(present)
        notes.append(f"{missing:,} row{'s' if missing > 1 else ''} without {name}: left out.")
    stored = storage.of(cells)
    if stored == "datetime":
        raise InvalidData(f"{where} holds dates. A target must hold numbers or classes.")
    if stored == "text":
        _refuse_mistakes(table, name)
    task = told.task or _told_task(where, name, told, present) or _task(present, stored)
    if task == REGRESSION:
        return _number_target(table, name, present, stored, told, notes), task, ()
    return _class_target(where, name, present, stored, task, told, notes)


def _told_task(where: str, name: str, told: Told, present: pd.Series) -> str | None:
    """The task that follows where the kind of the target is told."""
    if name not in told.kinds:
        return None
    kind, _ = parse_kind(name, told.kinds[name])
    if kind in ("numeric", "integer"):
        return REGRESSION
    if kind in ("category", "boolean"):
        return BINARY if distinct_up_to(present, 2) is not None else MULTICLASS
    raise InvalidData(f"{where} cannot be {kind}: a target must hold numbers or classes.")


def _task(present: pd.Series, stored: str) -> str:
    if stored == "number":
        two = distinct_up_to(present, 2)
        return BINARY if two is not None and len(two) == 2 and is_whole(present) else REGRESSION
    return BINARY if stored == "boolean" or distinct_up_to(present, 2) is not None else MULTICLASS


def _number_target(
    table: Table, name: str, present: pd.Series, stored: str, told: Told, notes: list[str]
) -> Column:
    if stored == "text":
        raise InvalidData(
            f"{table.name}, target {name!r} holds text such as {shown(present.iloc[0])}. "
            "Regression needs numbers; leave the task out to predict classes."
        )
    values = distinct_up_to(present, FEW)
    if values is not None and len(values) == 1:
        raise InvalidData(
            f"{table.name}, target {name!r} is {storage.canonical(values[0])} in every row: there "
            "is nothing to predict."
        )
    whole = stored == "number" and values is not None and is_whole(present)
    if whole and values is not None and told.task is None:
        notes.append(
            f"{name} holds {len(values)} different whole numbers: they are predicted as numbers. "
            "--task multiclass predicts them as classes."
        )
    return Column(
        name, "integer" if whole else "boolean" if stored == "boolean" else "numeric", "target"
    )


def _class_target(
    where: str,
    name: str,
    present: pd.Series,
    stored: str,
    task: str,
    told: Told,
    notes: list[str],
) -> tuple[Column, str, tuple[Label, ...]]:
    counts = {_label(value, stored): count for value, count in present.value_counts().items()}
    labels = sorted(counts)
    if len(labels) == 1:
        raise InvalidData(
            f"{where} is {shown(labels[0])} in every row: there is nothing to predict."
        )
    if task == BINARY and len(labels) > 2:
        raise InvalidData(
            f"{where} holds {len(labels):,} classes: {listed(map(repr, labels), 9)}. A binary task "
            "needs two; say multiclass."
        )
    too_many = len(labels) > max(FEW, len(present) // 2) or len(labels) > MOST_CLASSES
    if too_many:
        raise InvalidData(
            f"{where} holds {len(labels):,} different values in {len(present):,} rows, such as "
            f"{listed(map(repr, labels), 4)}: too many to be classes."
        )
    if task == BINARY:
        notes.append(
            f"{name}: the positive class is {shown(labels[1])}, the other {shown(labels[0])}."
        )
    single = [label for label in labels if counts[label] == 1]
    if single:
        notes.append(f"{name}: only one row is of class {listed(map(repr, single), 9)}.")
    kind = {"text": "category", "boolean": "boolean"}.get(stored, "integer")
    if kind == "integer" and not is_whole(present):
        kind = "numeric"
    return Column(name, kind, "target"), task, tuple(labels)


def _label(value: object, stored: str) -> Label:
    """A class as people wrote it: text, a whole number, a number, or false and true."""
    if stored == "boolean":
        return bool(value)
    if stored == "number":
        number = float(value)  # type: ignore[arg-type]
        return int(number) if number.is_integer() else number
    return storage.canonical(value)


def _nothing_left(table: Table, schema: Schema) -> str:
    dropped: Iterable[str] = (
        f"{column.name} ({column.reason})" for column in schema.columns if column.role == "dropped"
    )
    why = listed(dropped, 6)
    return f"{table.name}: no column is left to learn from" + (
        f". Left out: {why}. Say the type of a column to keep it." if why else " but the target."
    )


def infer_schema(
    table: Table,
    target: str | None = None,
    *,
    task: str | None = None,
    kinds: Mapping[str, str] | None = None,
    drop: Collection[str] = (),
    ids: Collection[str] = (),
    group: str | None = None,
    time: str | None = None,
    weight: str | None = None,
) -> Schema:
    """What the columns of a table are, judged by their cells and by what is told.

    Args:
        table: a whole table.
        target: the column to predict; None: there is none yet.
        task: ``"regression"``, ``"binary"`` or ``"multiclass"``; None: told by the target. Text,
            false and true, and two different whole numbers are classes; other numbers are numbers.
        kinds: column -> kind, for those that inference would not get right; for dates with their
            format if need be: ``{"sold": "datetime:%d/%m/%Y"}``.
        drop: columns to leave out.
        ids: columns that are passed through to predictions and not learned from.
        group: the column whose values keep rows together when the table is divided.
        time: the column that says which rows come first.
        weight: the column that says how much each row counts.

    **Errors**: `InvalidData` for columns that are not there, a target that cannot be predicted, no
    column to learn from, and a column of numbers but for a few cells, with the place of the first.

    >>> import trimtab
    >>> from trimtab.tables.schema import infer_schema
    >>> schema = infer_schema(trimtab.tables.read("red-wine"), "quality")
    >>> schema.task, len(schema.features)
    ('regression', 11)
    """
    told = Told(target, task, dict(kinds or {}), tuple(drop), tuple(ids), group, time, weight)
    return infer(table, told)
