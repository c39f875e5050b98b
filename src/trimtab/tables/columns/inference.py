"""Inferring the schema of a table from its cells and from what the user says about it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import checks
from trimtab.core.named_arguments import named_arguments
from trimtab.core.tasks import REGRESSION, TASKS
from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns import clocks, dates, storage
from trimtab.tables.columns.ambiguities import ambiguities
from trimtab.tables.columns.codes import identifies_rows
from trimtab.tables.columns.column import ON_REQUEST, Column, Label, parse_kind
from trimtab.tables.columns.column_options import (
    column_kinds,
    column_name,
    column_names,
    target_names,
)
from trimtab.tables.columns.kinds import Judged, judge
from trimtab.tables.columns.limits import HALF
from trimtab.tables.columns.missing_cells import missing_notes
from trimtab.tables.columns.mistakes import (
    bad_column,
    looks_like_numbers,
    names_among,
    nearly_dates,
    nearly_numbers,
)
from trimtab.tables.columns.said import as_said, held_numbers, says_category
from trimtab.tables.columns.schema import Schema, Told
from trimtab.tables.columns.several_targets import named_targets, number_targets
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.targets import target_column
from trimtab.tables.columns.values import others, place, read_numbers, refuse_unread
from trimtab.tables.files.cells import IN_SECONDS
from trimtab.tables.files.numbers.number_forms import NumberForm
from trimtab.tables.files.reading import read
from trimtab.tables.files.table import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["infer", "infer_schema"]


def infer(table: Table, told: Told, *, strict: bool = True) -> Schema:
    """The schema of a table; see :func:`infer_schema`.

    Args:
        table: A whole table.
        told: What the user says about its columns.
        strict: Whether to refuse a table with nothing to learn from. False for looking at a table.
    """
    targets, said = named_targets(told.target, [str(name) for name in table.frame.columns])
    _check(table, told, targets)
    notes = [said] if said else []
    for name in targets:
        if name in table.skipped:
            refuse_unread(table, name, "target")
    task: str | None = None
    classes: tuple[Label, ...] = ()
    positive: Label | None = None
    several: list[Column] = []
    if len(targets) > 1:
        task = REGRESSION
        several, said = number_targets(table, told, targets)
        notes += [said] if said else []
    told = replace(told, target=targets[0] if len(targets) == 1 else None)
    columns = []
    for name in table.frame.columns:
        if name in targets and several:
            column = several.pop(0)  # in the order in which they are predicted
        elif name == told.target:
            column, task, classes, positive = target_column(table, told, notes)
        else:
            column = _column(table, name, told, strict, notes)
            if column.kind == "time":
                notes += _no_times(table, name)
            if column.kind == "numeric" and _in_seconds(table, name):
                notes.append(f"Column {name!r}: {IN_SECONDS}")
        columns.append(column)
    notes += missing_notes(table, columns)
    notes += ambiguities(table, tuple(columns), classes)
    schema = Schema(tuple(columns), task, classes, tuple(notes), positive)
    if strict and not schema.features:
        raise InvalidData(_nothing_left(table, schema))
    return schema


def _no_times(table: Table, name: str) -> list[str]:
    """A note on cells among times of day that are none."""
    _, bad = storage.clocks(table.frame[name])
    if bad is None or not bad.any():
        return []
    row = int(np.argmax(bad))
    cell = shown(table.frame[name].iloc[row])
    return [
        f"{place(table, row, name)}: {cell} is not a time of day, counted as missing.{others(bad)}"
    ]


def _in_seconds(table: Table, name: str) -> bool:
    """Whether a column of numbers is written as durations."""
    cells = table.frame[name]
    return storage.of(cells) == "text" and clocks.find(cells.dropna().unique()) is not None


def _check(table: Table, told: Told, targets: tuple[str, ...]) -> None:
    """Refuses columns that do not exist, and columns with two roles."""
    present = [str(name) for name in table.frame.columns]
    roles = {
        "target": targets,
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
                _check_written(table, name, parse_kind(name, told.kinds[name])[1])
            elif seen.setdefault(name, role) != role:
                other = f"the {role}" if role != "drop" else "dropped"
                raise InvalidArgument(
                    f"column {brief(name)} cannot be both the {seen[name]} and {other}. Choose one."
                )
    if told.task is not None:
        checks.choice("task", told.task, TASKS)
        if not targets:
            raise InvalidArgument(f"task={told.task!r} needs a target. Name the column to predict.")


def _check_written(table: Table, name: str, pattern: str) -> None:
    """Refuses a writing of numbers that were read by another one."""
    form = table.forms.get(name)
    if form is not None and pattern and NumberForm.of(pattern) != form:
        raise InvalidArgument(
            f"column {name!r} has been read as numbers like {form.example!r} already, received "
            f"{pattern!r}. Say how it is written when the table is read: "
            f"tables.read(..., numbers={{{name!r}: {pattern!r}}})."
        )


def _unknown(table: Table, role: str, name: str, present: list[str]) -> str:
    hint = _listed_names(role, name, present) or _by_place(role, name, present)
    hint = hint or checks.nearest(name, present)
    hint = hint or f"Its columns are {checks.listing(present)}."
    return f"{table.name} has no column {brief(name)} ({role}). {hint}"


def _listed_names(role: str, name: str, present: list[str]) -> str:
    """How several columns are named, where one text lists them."""
    names = [each.strip() for each in name.split(",")]
    if len(names) < 2 or not set(names) <= set(present):
        return ""
    if role in ("drop", "id"):
        return f"Name each by itself: {role}={names!r}."
    return f"Name one column: {role}={names[0]!r}."


def _by_place(role: str, name: str, present: list[str]) -> str:
    """What the column is called, where a number stands for its place: -1 is the last one."""
    try:
        own = present[int(name)]
    except (ValueError, IndexError):
        return ""
    return f"Columns have names here: use {role}={brief(own)} for that in place {int(name)}."


def _column(table: Table, name: str, told: Told, strict: bool, notes: list[str]) -> Column:
    column = _in_its_role(table, name, told, strict, notes)
    if column.kind != "category":
        return column
    return replace(column, numbers=held_numbers(table, name))


def _in_its_role(table: Table, name: str, told: Told, strict: bool, notes: list[str]) -> Column:
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
    if name in table.skipped:
        return _unread_column(table, name, told, role)
    if name in told.kinds:
        kind, pattern = parse_kind(name, told.kinds[name])
        judged = Judged(kind, format=pattern or _format(table, name, kind))
        if kind == "text" and role == "feature":
            judged = Judged("text", "text, as told")
        if kind in ("numeric", "integer") and name in table.unread:
            raise InvalidData(
                f"{table.name}, column {name!r} cannot be {kind}: {table.unread[name]}."
            )
        # Refuses now what is not of this kind, not only once it is needed.
        if role != "dropped":
            Schema((Column(name, kind, role, "", judged.format),)).values(table, name)
    else:
        among = names_among(table, name)
        exact = bool(among) or role in ("group", "id")
        judged = _judged(table, name, cells, exact=exact)
        if among and role == "feature":
            notes.append(among)
        if role in ("feature", "dropped") and says_category(table, name):
            judged = as_said(name, cells, judged, notes if role == "feature" else [])
        if not judged.reason and identifies_rows(name, cells):
            many = f"{len(cells):,} different values in {len(cells):,} rows"
            judged = replace(judged, reason=f"identifies rows: {many}")
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
    if role == "group" and table.from_lines and _rounded(cells):
        raise InvalidData(
            f"{table.name}, group {name!r} has whole numbers of 16 digits and more beside "
            f"fractions, so groups that differ in the last digits would be merged. Read it as "
            f"text: types={{{name!r}: 'category'}}."
        )
    return column


def _rounded(cells: pd.Series) -> bool:
    """Whether numbers from a file of text may have lost digits."""
    numbers = cells.to_numpy() if cells.dtype.kind == "f" else np.empty(0)
    return bool((np.abs(numbers[np.isfinite(numbers)]) > 2.0**53).any())


def _unread_column(table: Table, name: str, told: Told, role: str) -> Column:
    """A column of lists or the like: left out, unless somebody counts on it."""
    if role == "dropped" and name in told.drop:
        return Column(name, "text", role, ON_REQUEST)
    if (role != "feature" and role != "id") or name in told.kinds:
        refuse_unread(table, name, "type" if role in ("feature", "id") else role)
    if role == "id":
        return Column(name, "text", role)
    why = table.skipped[name]
    return Column(name, "text", "dropped", f"{why.what}; {why.step}")


def _judged(table: Table, name: str, cells: pd.Series, *, exact: bool) -> Judged:
    """The kind of a column, and the reason to drop it, which the cells tell better than counts.

    Unless it is to be exact, a few cells may be something else; they count as missing.
    """
    import pandas as pd

    if not exact and bad_column(table, name) and name not in table.unread:
        form = table.forms[name].example if name in table.forms else ""
        numbers = Column(name, "numeric", "feature", "", form)
        judged = judge(pd.Series(read_numbers(table, numbers)[0]))
        return Judged(judged.kind, judged.reason, form)
    judged = judge(cells)
    if name in table.unread:
        return Judged(judged.kind, table.unread[name])
    if judged.kind in ("numeric", "integer") and name in table.forms:
        return Judged(judged.kind, judged.reason, table.forms[name].example)
    if judged.kind == "text" and judged.reason and looks_like_numbers(table, name):
        return Judged("text", nearly_numbers(table, name))
    if judged.kind == "text" and judged.reason and (why := nearly_dates(table, name)):
        return Judged("text", why)
    if judged.kind == "text" and judged.reason and _digits(cells):
        return Judged(
            "text",
            f"{judged.reason}. They are whole numbers stored as text, which may be names; to learn "
            f"from them, use --type {quote(name + '=numeric')}",
        )
    return judged


def _digits(cells: pd.Series) -> bool:
    """Whether text holds whole numbers, none of which begins with a zero."""
    texts = [str(cell).strip() for cell in cells.dropna().unique()]
    return bool(texts) and all(re.fullmatch("0|[1-9][0-9]*", text) for text in texts)


def _format(table: Table, name: str, kind: str) -> str:
    """The format of a column that the user says holds dates."""
    if kind in ("numeric", "integer") and name in table.forms:
        return table.forms[name].example
    if kind != "datetime" or storage.of(table.frame[name]) == "datetime":
        return ""
    texts = storage.texts(table.frame[name])
    import pandas as pd

    found = dates.find_format(pd.Series(texts).dropna(), most=HALF)
    if found is not None and found.ambiguous:
        raise InvalidData(
            f"{table.name}, column {brief(name)}: day and month are ambiguous. Use "
            f"types={{{name!r}: 'datetime:{found.formats[0]}'}} or "
            f"types={{{name!r}: 'datetime:{found.formats[1]}'}}."
        )
    return found.formats[0] if found is not None else dates.ISO


def _time(table: Table, column: Column) -> Column:
    if column.kind == "time":
        raise InvalidData(
            f"{table.name}: column {column.name!r} holds times of day, which do not order rows of "
            "several days. Write date and time into one column."
        )
    if column.kind not in ("datetime", "numeric", "integer"):
        raise InvalidData(
            f"{table.name}: column {brief(column.name)} cannot order the rows in time: "
            f"{shown(table.frame[column.name].dropna().iloc[0])} is neither a date nor a number. "
            f"If it holds dates, give their format: types={{{column.name!r}: 'datetime:%d/%m/%Y'}}."
        )
    return column


def _weight(table: Table, column: Column) -> Column:
    column = Column(column.name, "numeric", "weight", format=_format(table, column.name, "numeric"))
    weights = Schema((column,)).values(table, column.name)
    wrong = ~(weights >= 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidData(
            f"{place(table, row, column.name)}: a weight must be a number of 0 or more, received "
            f"{shown(table.frame[column.name].iloc[row])}."
        )
    if not weights.any():
        raise InvalidData(
            f"{table.name}: all weights in column {brief(column.name)} are 0. At least one must be "
            "above 0."
        )
    return column


def _nothing_left(table: Table, schema: Schema) -> str:
    dropped: Iterable[str] = (
        f"{column.name} ({column.reason})" for column in schema.columns if column.role == "dropped"
    )
    why = listed(dropped, 6)
    useless = (ON_REQUEST, "constant", "every cell")
    kept = {
        column.name: column.kind
        for column in schema.columns
        if column.role == "dropped"
        and column.kind != "text"
        and not column.reason.startswith(useless)
    }
    name = next(iter(kept), None)
    keep = "" if name is None else f" To keep {name}, use types={ {name: kept[name]}!r}."
    return f"{table.name}: no column is left to learn from" + (
        f". Dropped: {why}.{keep}" if why else " but the target."
    )


@named_arguments
def infer_schema(
    table: Table,
    target: str | int | Sequence[str | int] | None = None,
    *,
    task: str | None = None,
    kinds: Mapping[str, str] | None = None,
    drop: Collection[str | int] = (),
    ids: Collection[str | int] = (),
    group: str | int | None = None,
    time: str | int | None = None,
    weight: str | int | None = None,
    positive: Label | None = None,
) -> Schema:
    """Infers the schema of a table: the kind and role of each column, and the task.

    Args:
        table: A whole table, or anything that :func:`trimtab.tables.read` takes.
        target: Column to predict, or several columns of numbers. None: none yet.
        task: ``"regression"``, ``"binary"`` or ``"multiclass"``. None: from the target. Text,
            booleans and two distinct whole numbers are classes; other numbers are numbers.
        kinds: Column -> kind, overriding what would be inferred; for dates, a format may follow:
            ``{"sold": "datetime:%d/%m/%Y"}``.
        drop: Columns to drop.
        ids: Columns to pass through to predictions without learning from them.
        group: Column whose values keep rows together in a split.
        time: Column that orders the rows in a split.
        weight: Column with the weight of each row.
        positive: The class that scores speak of. None: the rarer of two.

    Raises:
        InvalidData: A column does not exist, the target cannot be predicted, nothing is left to
            learn from, or a cell of the target or the weight is no number.
        InvalidArgument: A column has two roles, or a kind or task is unknown.

    Example:
        >>> from trimtab import tables
        >>> schema = tables.infer_schema(tables.read("red-wine"), "quality")
        >>> schema.task, len(schema.features)
        ('regression', 11)
    """
    if not isinstance(table, Table):
        table = read(table)
    told = Told(
        None if target is None else target_names("target", target),
        task,
        column_kinds("kinds", {} if kinds is None else kinds),
        column_names("drop", drop),
        column_names("ids", ids),
        group=_named("group", group),
        time=_named("time", time),
        weight=_named("weight", weight),
        positive=positive,
    )
    return infer(table, told)


def _named(role: str, name: Any) -> str | None:
    return None if name is None else column_name(role, name)
