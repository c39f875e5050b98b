"""Rows to validate and to test on that are tables in memory, and answers apart from their rows."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.core.options import IN_MEMORY
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema

__all__ = ["held_rows", "is_answers", "taken_out", "with_answers"]

#: Options that may be tables.
PARTS = ("valid", "test")


def taken_out(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options without tables in memory, and these tables by their part.

    Example:
        >>> taken_out({"valid": {"x": [1, 2]}, "test": 0.2})
        ({'valid': ':memory:', 'test': 0.2}, {'valid': {'x': [1, 2]}})
    """
    held = {
        name: options[name]
        for name in PARTS
        if not isinstance(options.get(name, 0), str | os.PathLike | bytes | bool | None)
        and not checks.is_number(options.get(name, 0))
    }
    return {**options, **dict.fromkeys(held, IN_MEMORY)}, held


def held_rows(held: Mapping[str, Any], schema: Schema, part: str) -> Any:
    """The rows of a part, with their targets, in the columns of the table to train on.

    Args:
        held: Part -> a table with the target, or the pair ``(X, y)``.
        schema: Of the table to train on.
        part: ``valid`` or ``test``.

    Raises:
        InvalidArgument: The run to resume had a table in memory, and none is passed now.
        InvalidData: Rows and targets do not fit together, or they lack columns.
    """
    from trimtab.tables.columns.matching import like_trained
    from trimtab.tables.files.joining import joined

    if part not in held:
        raise InvalidArgument(
            f"the {part} rows were a table in memory, which no file holds. Pass {part}= again, in "
            "Python."
        )
    source = held[part]
    if is_pair(source):
        rows, _ = like_trained(schema, source[0])
        names = schema.target_names
        return joined(rows, source[1], names[0] if len(names) == 1 else names)[0]
    return like_trained(schema, source)[0]


def is_pair(source: Any) -> bool:
    """Whether this is ``(X, y)``, and not two rows."""
    if not isinstance(source, tuple | list) or len(source) != 2:
        return False
    if isinstance(source[0], Mapping):  # columns by name, and no row beside another
        return not isinstance(source[1], Mapping)
    return hasattr(source[0], "shape") or isinstance(source[0], list)


def is_answers(target: Any, data: Any) -> bool:
    """Whether the second argument of ``train`` is ``y``, and not the name of a column."""
    if target is None or isinstance(target, str | bytes | os.PathLike) or _is_label(target):
        return False
    if isinstance(target, set | frozenset):
        return False  # columns have an order; the rule for names says so
    if _is_index(target) or isinstance(target, list | tuple):
        target = list(target)
    if isinstance(target, list) and all(
        isinstance(each, str) or _is_label(each) for each in target
    ):  # answers, or the names of several columns
        if isinstance(data, str | bytes | os.PathLike):
            return False
        return not {str(each) for each in target} <= set(_names(data))
    return True


def _is_index(value: Any) -> bool:
    """Whether this is an Index of pandas, as ``frame.columns`` is."""
    kind = type(value)
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__.endswith("Index")


def _is_label(value: Any) -> bool:
    return checks.is_number(value) or isinstance(value, bool)


def _names(data: Any) -> Collection[str]:
    """The names of columns, where they are known before reading."""
    if isinstance(data, Mapping):
        return [str(name) for name in data]
    names = getattr(data, "columns", None)
    if getattr(data, "column_names", None) is not None:
        names = data.column_names
    if names is None and len(getattr(data, "shape", ())) == 2:
        return [str(number) for number in range(data.shape[1])]
    return [str(name) for name in names] if names is not None else []


def with_answers(data: Any, y: Any, target: Any) -> tuple[Any, str | tuple[str, ...]]:
    """Rows and answers as one table, and the name of the answers.

    Args:
        data: ``X``.
        y: One value for each row.
        target: The name of a column, which must not be given beside ``y``.
    """
    from trimtab.tables.files.joining import joined

    if target is not None:
        raise InvalidArgument(
            f"train received the target twice: y, and target={brief(target)}. Leave out one of "
            "the two; the name of y becomes the name of the target."
        )
    return joined(data, y)
