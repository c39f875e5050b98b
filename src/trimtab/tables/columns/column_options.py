"""Options that say what the columns of a table are, and what they are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.core.options import one_of, option, optional, texts
from trimtab.errors import InvalidArgument
from trimtab.tables.columns.schema import TASKS, parse_kind

__all__ = ["ColumnOptions", "column_name"]


def column_name(name: str, value: Any) -> str:
    """The rule of an option that names a column."""
    if isinstance(value, str) and value:
        return value
    raise InvalidArgument(f"{name} must be the name of a column, received {value!r}.")


def _column_names(name: str, value: Any) -> tuple[str, ...]:
    return tuple(column_name(name, each) for each in texts(name, value))


def _kinds(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidArgument(
            f"{name} must say the kind of each column it names, received {value!r}. "
            "Use {'year': 'category'}."
        )
    for column, kind in value.items():
        parse_kind(column, kind)
    return {column_name(name, column): str(kind) for column, kind in value.items()}


def _kind_in(text: str) -> tuple[str, str]:
    """``year=category`` as a pair."""
    column, sign, kind = text.rpartition("=")
    if not sign:
        raise InvalidArgument(
            f"--type must be COLUMN=KIND, received {text!r}. Use --type {text}=category."
        )
    return column, kind


@dataclass(frozen=True)
class ColumnOptions:
    """What is said of the columns; the ones to divide rows by are options of the split."""

    target: str | None = option(
        "Columns",
        "Column to predict.",
        optional(column_name),
        unset="the usual one of a table that comes with trimtab",
        metavar="COLUMN",
    )
    task: str | None = option(
        "Columns",
        "regression, binary or multiclass.",
        optional(one_of(TASKS)),
        unset="told by the target",
        metavar="TASK",
    )
    types: Mapping[str, str] = option(
        "Columns",
        "Kind of a column: numeric, integer, boolean, category, datetime or text. "
        "Several: repeat it.",
        _kinds,
        default={},
        parse=_kind_in,
        metavar="COLUMN=KIND",
        flag="type",
        many=True,
    )
    drop: tuple[str, ...] = option(
        "Columns",
        "A column to leave out. Several: repeat it.",
        _column_names,
        default=(),
        metavar="COLUMN",
        many=True,
    )
    id: tuple[str, ...] = option(
        "Columns",
        "A column that names the rows: no input, passed through to predictions. "
        "Several: repeat it.",
        _column_names,
        default=(),
        metavar="COLUMN",
        many=True,
    )
    weight: str | None = option(
        "Columns",
        "Column of row weights.",
        optional(column_name),
        unset="all rows weigh the same",
        metavar="COLUMN",
    )
