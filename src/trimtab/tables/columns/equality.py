"""Which cells of a column are equal, by value and to the last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.tables.columns import spelling, storage
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.values import read_cells

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["coded", "names_of"]

_NUMBERS = ("numeric", "integer")


def coded(
    table: Table, column: Column, rows: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], Any]:
    """A number for each distinct value of a column.

    Args:
        table: Any table with this column.
        column: How its cells are read.
        rows: Row numbers. None: all.

    Returns:
        Numbers 0, 1, 2, ... (-1: missing), and the values that they stand for.

    Raises:
        InvalidData: A cell is not of the column's kind.

    Example:
        >>> from trimtab import tables
        >>> table = tables.read({"card": [2**60 + 1, 2**60, 2**60 + 1, None]})
        >>> coded(table, Column("card", "numeric", "feature"))[0].tolist()
        [0, 1, 0, -1]
    """
    import pandas as pd

    cells = table.frame[column.name]
    if rows is not None:
        cells = cells.iloc[rows]
    stored = storage.of(cells)
    if column.kind in _NUMBERS and stored == "number":
        values: Any = cells
    elif column.kind in _NUMBERS and stored == "text":
        values = np.array([_by_value(text) for text in storage.texts(cells)], object)
    else:
        values = read_cells(table, column, rows)
    codes, uniques = pd.factorize(values)
    return np.asarray(codes, np.int64), uniques


def _by_value(text: str | None) -> str | None:
    return text and (spelling.number(text) or text)


def names_of(uniques: Any) -> list[str]:
    """The values of :func:`coded` as text that is the same in every table."""
    return [storage.canonical(value) for value in uniques]
