"""Which columns an embedding of numbers embeds."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument


def chosen_columns(columns: Any) -> tuple[int, ...] | None:
    """Numbers of columns, ascending; None: all.

    Args:
        columns: numbers, how many of the first ones, or None.

    Raises:
        InvalidArgument: they are no numbers of columns, or not different.

    Example:
        >>> chosen_columns(3), chosen_columns([4, 0]), chosen_columns(None)
        ((0, 1, 2), (0, 4), None)
    """
    if columns is None:
        return None
    if isinstance(columns, int):
        return tuple(range(checks.positive_integer("columns", columns)))
    numbers = tuple(checks.integer("columns", each, minimum=0, maximum=2**31) for each in columns)
    if not numbers or len(set(numbers)) < len(numbers):
        raise InvalidArgument(
            f"columns must be different numbers of columns, received {brief(columns)}. Leave it "
            "out for all."
        )
    return tuple(sorted(numbers))


def embedded_columns(path: str, columns: tuple[int, ...] | None, width: int) -> tuple[int, ...]:
    """Numbers of the embedded columns among so many.

    Args:
        path: the layer, for messages.
        columns: chosen; None: all.
        width: how many there are.

    Raises:
        InvalidArgument: one of them is not there.
    """
    columns = tuple(range(width)) if columns is None else columns
    if columns[-1] >= width:
        raise InvalidArgument(
            f"{path} embeds column {columns[-1]}, receives {width} columns, numbered from 0. Name "
            f"columns below {width}."
        )
    return columns
