"""The cells of a column, read by its kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from shlex import quote
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.errors import InvalidData
from trimtab.tables.columns import dates, storage
from trimtab.tables.columns.column import Column, Label
from trimtab.tables.columns.storage import shown

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Table

__all__ = ["Unknown", "class_numbers", "others", "place", "read_cells", "refuse_unread"]

#: Called with cells that are neither yes nor no: the column, their number, and the first one; for
#: those that are something else, with what they are not as well.
Unknown = Callable[..., None]

_WANTED = {
    "numeric": "a number",
    "integer": "a number",
    "boolean": "yes or no",
    "datetime": "a date",
    "time": "a time of day",
}


def read_cells(
    table: Table,
    column: Column,
    rows: NDArray[np.int64] | None = None,
    unknown: Unknown | None = None,
) -> NDArray[Any]:
    """See :meth:`trimtab.tables.Schema.values`."""
    name = column.name
    if name in table.unread:
        refuse_unread(table, name, column.role)
    cells = table.frame[name]
    if rows is not None:
        cells = cells.iloc[rows]
    read, bad = _read(column, cells, table.decimal)
    if bad is not None and bad.any():
        first = int(np.argmax(bad))
        if column.kind == "time" and 2 * bad.sum() <= len(bad):  # missing, as dates that are none
            if unknown is not None:
                first_cell = storage.canonical(cells.iloc[first])
                unknown(name, int(bad.sum()), first_cell, "not a time of day")
            return read
        if unknown is not None and column.kind == "boolean" and storage.of(cells) == "text":
            first_cell = storage.canonical(cells.iloc[first])
            unknown(name, int(bad.sum()), first_cell)
            return read
        row = first if rows is None else int(rows[first])
        raise InvalidData(
            f"{place(table, row, name)}: {shown(cells.iloc[first])} is not "
            f"{_WANTED[column.kind]}{_as_format(column)}.{others(bad)} "
            "Correct the cell or leave it empty."
        )
    return read


def refuse_unread(table: Table, name: str, role: str) -> None:
    """Refuses a column whose cells are not read, where its cells are needed."""
    what, step = table.unread[name]
    start = step[0].upper() + step[1:]
    other = {
        "feature": "the model was trained with plain cells in it",
        "type": f"or leave it out: --drop {quote(name)}",
    }.get(role, "or name another column")
    raise InvalidData(f"{table.name}: column {name!r} ({role}) holds {what}. {start}, {other}.")


def _read(
    column: Column, cells: pd.Series, decimal: str
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """The cells by the column's kind, and which are not of this kind (None: all are)."""
    if column.kind in ("category", "text"):
        return storage.texts(cells), None
    if column.kind == "boolean":
        return storage.booleans(cells, decimal)
    if column.kind == "datetime":
        return storage.moments(cells, column.format or dates.ISO)
    if column.kind == "time":
        return storage.clocks(cells)
    return storage.numbers(cells, decimal)


def class_numbers(
    cells: pd.Series, classes: tuple[Label, ...], decimal: str
) -> tuple[Doubles, NDArray[np.bool_]]:
    """Class numbers (NaN: missing or unknown), and which cells are no known class."""
    import pandas as pd

    written = cells.notna().to_numpy(dtype=np.bool_)
    if not isinstance(classes[0], str):
        numbers, _ = storage.numbers(cells, decimal)
        cells = pd.Series(numbers)
    number = {storage.canonical(label): float(place) for place, label in enumerate(classes)}
    codes, uniques = pd.factorize(cells)
    places = [number.get(storage.canonical(value), math.nan) for value in uniques]
    found = np.array([*places, math.nan])[codes]
    return found, np.isnan(found) & written


def place(table: Table, row: int, name: str) -> str:
    """Where a cell is, for messages: file, line and column."""
    return f"{table.name}, {table.place(row)}, column {name!r}"


def _as_format(column: Column) -> str:
    return f" as {column.format}" if column.format and column.format != dates.ISO else ""


def others(bad: NDArray[np.bool_]) -> str:
    """How many bad cells there are besides the first, as a sentence."""
    more = int(bad.sum()) - 1
    return f" {more:,} more like it." if more else ""
