"""Options for the columns of a table: their types and their roles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from shlex import quote
from typing import Any

from trimtab.core import checks
from trimtab.core.options import one_of, option, optional, texts
from trimtab.core.tasks import TASKS
from trimtab.core.words import brief, one_line
from trimtab.errors import InvalidArgument
from trimtab.tables.columns.column import parse_kind

__all__ = ["ColumnOptions", "column_kinds", "column_name", "column_names", "target_names"]


def column_name(name: str, value: Any) -> str:
    """The rule for an option that names a column; columns may be numbered: 0, 1, 2.

    Example:
        >>> column_name("target", "price"), column_name("target", 2)
        ('price', '2')
    """
    if isinstance(value, str) and value:
        return one_line(value) or value  # as reading has it
    if checks.is_number(value) and abs(value) < 2**63:
        return str(value)
    raise InvalidArgument(
        f"{name} must be a column name, received {brief(value)}.{_taken_out(name, value)}"
    )


def column_names(name: str, value: Any) -> tuple[str, ...]:
    r"""The rule for an option that names several columns; a single one needs no list.

    Example:
        >>> column_names("drop", ["price\n", "price", 2])  # each is kept once
        ('price', '2')
    """
    if checks.is_number(value):
        value = [value]
    if isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping):
        value = [column_name(name, each) if checks.is_number(each) else each for each in value]
    return tuple(dict.fromkeys(column_name(name, each) for each in texts(name, value)))


def _taken_out(name: str, value: Any) -> str:
    """What to write where a column is passed in place of its name."""
    label = getattr(value, "name", None)
    return f" Use {name}={brief(label)}." if isinstance(label, str | int) and label != "" else ""


def target_names(name: str, value: Any) -> str | tuple[str, ...]:
    """The rule for what to predict: a column, or several; a text may list them with commas."""
    ordered = isinstance(value, Iterable) and not isinstance(value, str | Set | Mapping)
    # A column of cells in place of its name is refused like any other.
    if not ordered or getattr(value, "name", None) is not None:
        return column_name(name, value)
    names = tuple(str(column_name(name, each)) for each in value)
    if not names:
        raise InvalidArgument(f"{name} must name at least one column, received {brief(value)}.")
    if len(set(names)) < len(names):
        twice = next(each for each in names if names.count(each) > 1)
        raise InvalidArgument(
            f"{name} must name each column once, received {brief(twice)} twice. "
            f"Use {brief(list(dict.fromkeys(names)))}."
        )
    return names[0] if len(names) == 1 else names


def column_kinds(name: str, value: Any) -> dict[str, str]:
    """The rule for an option that maps columns to kinds."""
    if not isinstance(value, Mapping):
        raise InvalidArgument(
            f"{name} must map column names to types, received {brief(value)}. "
            f"Use {name}={{'year': 'category'}}."
        )
    for column, kind in value.items():
        parse_kind(column, kind)
    return {column_name(name, column): str(kind) for column, kind in value.items()}


def _kind_in(text: str) -> tuple[str, str]:
    """``year=category`` as a pair."""
    column, sign, kind = text.rpartition("=")
    if not sign:
        before, colon, after = text.partition(":")
        typed = f"{before}={after}" if colon else f"{text}=category"
        raise InvalidArgument(
            f"--type must be COLUMN=KIND, received {brief(text)}. Use --type {quote(typed)}."
        )
    return column, kind


@dataclass(frozen=True)
class ColumnOptions:
    """Types and roles of columns; the columns to split rows by belong to the split."""

    target: str | tuple[str, ...] | None = option(
        "Columns",
        "Column to predict, or several columns of numbers: a,b. Repeatable.",
        optional(target_names),
        unset="known for built-in tables",
        metavar="COLUMN",
        many=True,
    )
    task: str | None = option(
        "Columns",
        "Task: regression, binary or multiclass.",
        optional(one_of(TASKS)),
        unset="detected from the target",
        metavar="TASK",
    )
    types: Mapping[str, str] = option(
        "Columns",
        "Type of a column: numeric, integer, boolean, category, datetime, time (of day) or text. A "
        "format may follow: numeric:1.234,5 or datetime:%d/%m/%Y or category:alike. Repeatable.",
        column_kinds,
        default={},
        parse=_kind_in,
        metavar="COLUMN=KIND",
        flag="type",
        many=True,
    )
    drop: tuple[str, ...] = option(
        "Columns",
        "Column to drop. Repeatable.",
        column_names,
        default=(),
        metavar="COLUMN",
        many=True,
    )
    id: tuple[str, ...] = option(
        "Columns",
        "Column that identifies rows: not a feature, copied to predictions. Repeatable.",
        column_names,
        default=(),
        metavar="COLUMN",
        many=True,
    )
    weight: str | None = option(
        "Columns",
        "Column of sample weights.",
        optional(column_name),
        unset="equal weights",
        metavar="COLUMN",
    )
