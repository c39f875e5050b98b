"""Shapes as users give them: trimtab's arrays have rows and columns, so a shape is a width."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported

__all__ = ["last_axis", "width_of_row", "width_of_shape"]


def width_of_shape(shape: Any) -> int:
    """The width in ``(n,)``, ``[n]``, ``(None, n)``, ``(rows, n)`` or ``n``.

    Raises:
        InvalidArgument: the shape is anything else.

    Example:
        >>> width_of_shape((None, 3)), width_of_shape((20, 3)), width_of_shape([3])
        (3, 3, 3)
    """
    sizes = _sizes(shape)
    return _width(sizes[1:] if len(sizes) == 2 and _is_size(sizes[0]) else sizes, shape)


def width_of_row(shape: Any) -> int:
    """The width in the shape of a row: ``(n,)``, ``[n]`` or ``n``; ``(None, n)`` is taken, too.

    Raises:
        InvalidArgument: the shape is anything else.
    """
    return _width(_sizes(shape), shape)


def _sizes(shape: Any) -> tuple[Any, ...]:
    sizes = tuple(shape) if isinstance(shape, Iterable) else (shape,)
    return sizes[1:] if len(sizes) == 2 and sizes[0] is None else sizes


def _width(sizes: tuple[Any, ...], given: Any) -> int:
    if len(sizes) != 1 or not _is_size(sizes[0]):
        raise InvalidArgument(
            "input_shape must hold one positive integer, the number of columns, received "
            f"{brief(given)}. trimtab trains on tables: use input_shape=[n] for n columns."
        )
    return int(sizes[0])


def _is_size(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value > 0)


def last_axis(owner: str, axis: Any, *, listed: bool = False) -> int:
    """``axis`` if it is that of a table's columns.

    Args:
        owner: for the message.
        axis: -1 or 1.
        listed: whether it may be in a list, as in Keras' configurations of some layers.

    Raises:
        Unsupported: it is another one.
    """
    held = axis
    if listed and isinstance(axis, list | tuple) and len(axis) == 1:
        held = axis[0]
    if isinstance(held, bool) or held not in (-1, 1):
        raise Unsupported(f"{owner}: axis must be -1, the columns of a table, received {axis!r}.")
    return int(held)
