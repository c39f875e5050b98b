"""Several targets at once: which columns they are, and whether each holds numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.tasks import REGRESSION
from trimtab.core.words import count, listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns import storage
from trimtab.tables.columns.column import Column, parse_kind
from trimtab.tables.columns.kinds import judge
from trimtab.tables.columns.mistakes import bad_column
from trimtab.tables.columns.schema import Told
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.targets import target_column

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["named_targets", "number_targets"]


def named_targets(target: str | tuple[str, ...] | None, columns: Collection[str]) -> Named:
    """The columns that a target names: one, or several, as a tuple or separated by commas.

    Args:
        target: As told.
        columns: Of the table. A column that has a comma in its name is meant before others.

    Returns:
        The names, and a sentence where the text might have meant several columns.

    Example:
        >>> named_targets("a, b", ["a", "b", "c"])
        (('a', 'b'), '')
        >>> named_targets("a,b", ["a,b", "c"])
        (('a,b',), '')
        >>> named_targets("a,d", ["a", "b", "c"])
        (('a', 'd'), '')
        >>> named_targets("x,y", ["a", "b", "c"])
        (('x,y',), '')
    """
    if target is None:
        return (), ""
    names: list[str] = []
    said = ""
    for each in (target,) if isinstance(target, str) else target:
        parts = tuple(part.strip() for part in each.split(","))
        known = [part for part in parts if part in columns]
        if each in columns:
            both = len(parts) > 1 and len(known) == len(parts)
            if both and isinstance(target, str):
                said = _one_is_meant(target, parts)
            parts = (each,)
        elif not known:
            parts = (each,)
        # One known name shows that a list is meant; the unknown ones are named in the message.
        names += parts
    if len(set(names)) < len(names) or not all(names):
        wanted = ",".join(dict.fromkeys(filter(None, names)))
        raise InvalidArgument(
            "several targets must be different columns, separated by commas, received "
            f"{target!r}. Use {wanted!r}."
        )
    return tuple(names), said


#: The names and a sentence, or ``""``.
Named = tuple[tuple[str, ...], str]


def _one_is_meant(target: str, parts: tuple[str, ...]) -> str:
    several = ", ".join(f'"{part}"' for part in parts)
    return (
        f"{target!r} is the column of that name. To predict {_words(parts)} instead, write "
        f"target = [{several}]: in Python, or in a file for --config."
    )


def number_targets(table: Table, told: Told, names: tuple[str, ...]) -> tuple[list[Column], str]:
    """The columns of several targets, in the order of ``names``.

    Args:
        table: A whole table.
        told: What the user says about its columns.
        names: The targets.

    Returns:
        The columns, and a sentence about rows that lack a target, or ``""``.

    Raises:
        InvalidData: One of them cannot be predicted as a number, or no row has all of them.
        InvalidArgument: A task for classes is asked for.
    """
    if told.task not in (None, REGRESSION):
        raise InvalidArgument(
            f"several targets must be numbers, received task={told.task!r} for {_words(names)}. "
            f"Train a model for each: {_commands(names)}."
        )
    columns = []
    for name in names:
        _refuse_classes(table, told, name, names)
        column, task, *_ = target_column(table, replace(told, target=name), [])
        if task != REGRESSION:
            may_be_number = name not in told.kinds
            hint = "as a number with task='regression' (--task regression)" if may_be_number else ""
            raise InvalidData(_refusal(table, name, names, _kind(table, name), hint))
        columns.append(column)
    return columns, _incomplete(table, names)


def _refuse_classes(table: Table, told: Told, name: str, names: tuple[str, ...]) -> None:
    """Refuses text and dates in the words of this case, before anyone looks for numbers."""
    cells = table.frame[name].dropna()
    stored = storage.of(cells)
    told_kind = parse_kind(name, told.kinds[name])[0] if name in told.kinds else ""
    names_things = stored == "text" and not bad_column(table, name)
    if "datetime" in (stored, told_kind) or (names_things and judge(cells).kind == "datetime"):
        raise InvalidData(
            f"{table.name}, target {name!r} holds dates, which cannot be predicted. Leave it out "
            "of the targets."
        )
    if names_things or told_kind in ("category", "boolean", "text"):
        raise InvalidData(_refusal(table, name, names, _kind(table, name), ""))


def _kind(table: Table, name: str) -> str:
    """What a column holds that is no number to predict, in words."""
    cells = table.frame[name].dropna()
    if not len(cells):
        return "is empty"
    first = listed(map(shown, dict.fromkeys(cells.head(1000))), 4)
    return f"holds {'text' if storage.of(cells) == 'text' else 'classes'} ({first})"


def _refusal(table: Table, name: str, names: tuple[str, ...], what: str, hint: str) -> str:
    others = tuple(each for each in names if each != name)
    return (
        f"{table.name}, target {name!r} {what}, and several targets at once must all be numbers. "
        + (f"Predict it {hint}, or train" if hint else "Train")
        + f" a model for {name!r} and another for {_words(others)}."
    )


def _incomplete(table: Table, names: tuple[str, ...]) -> str:
    """How many rows are left out because a target is missing."""
    missing = {name: table.frame[name].isna().to_numpy(dtype=np.bool_) for name in names}
    lacking = int(np.logical_or.reduce(list(missing.values())).sum())
    if lacking == len(table):
        raise InvalidData(
            f"{table.name}: no row has all targets: {_words(names)}. Train a model for each."
        )
    if not lacking:
        return ""
    each = [f"{name} in {int(gaps.sum()):,}" for name, gaps in missing.items() if gaps.any()]
    return (
        f"{count(lacking, 'row')} without all targets left out (missing: {listed(each)}). A model "
        "for each target would use the rows of the others."
    )


def _words(names: tuple[str, ...]) -> str:
    return listed(map(repr, names), 9, last=" and ")


def _commands(names: tuple[str, ...]) -> str:
    return listed((f"target={name!r}" for name in names), 9, last=" and ")
