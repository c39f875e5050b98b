"""The cells of a column, read by its kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from shlex import quote
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidData
from trimtab.tables.columns import dates, spelling, storage
from trimtab.tables.columns.alike import ALIKE, all_alike
from trimtab.tables.columns.column import Column, Label
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.yes_no import truth_of
from trimtab.tables.files.cells import MISSING
from trimtab.tables.files.whole import is_large
from trimtab.tables.files.written_cells import take_apart

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.number_forms import NumberForm
    from trimtab.tables.files.table import Table

__all__ = [
    *("Unknown", "class_numbers", "others", "place", "read_cells", "read_numbers"),
    "refuse_unread",
]

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
    if name in table.skipped:
        refuse_unread(table, name, column.role)
    cells = table.frame[name]
    if rows is not None:
        cells = cells.iloc[rows]
    _check_unit(table, column)
    read, bad = _read(table, column, rows, cells)
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
        _refuse_unit(table, column, row, cells.iloc[first], bad)
        raise InvalidData(
            f"{place(table, row, name)}: {shown(cells.iloc[first])} is not "
            f"{_wanted(column)}{_as_format(column)}.{others(bad)} "
            "Correct the cell or leave it empty."
        )
    return read


def refuse_unread(table: Table, name: str, role: str) -> None:
    """Refuses a column whose cells are not read, where its cells are needed."""
    what, step = table.skipped[name]
    start = step[0].upper() + step[1:]
    other = {
        "feature": "the model was trained with plain cells in it",
        "type": f"or leave it out: --drop {quote(name)}",
    }.get(role, "or name another column")
    raise InvalidData(f"{table.name}: column {name!r} ({role}) holds {what}. {start}, {other}.")


def _read(
    table: Table, column: Column, rows: NDArray[np.int64] | None, cells: pd.Series
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """The cells by the column's kind, and which are not of this kind (None: all are)."""
    if column.kind in ("category", "text"):
        texts = storage.texts(cells)
        return all_alike(texts) if column.format == ALIKE else texts, None
    if column.kind == "boolean":
        return storage.booleans(cells, table.decimal)
    if column.kind == "datetime":
        return storage.moments(cells, column.format or dates.ISO)
    if column.kind == "time":
        return storage.clocks(cells)
    return read_numbers(table, column, rows)


def read_numbers(
    table: Table, column: Column, rows: NDArray[np.int64] | None = None
) -> tuple[Doubles, NDArray[np.bool_]]:
    """The numbers of a column (NaN: missing), in the writing it had in training; which are bad."""
    cells = table.frame[column.name]
    plain = table.plain.get(column.name)
    if rows is not None:
        cells = cells.iloc[rows]
        plain = None if plain is None else plain[rows]
    form = column.written
    if form is not None and storage.of(cells) == "text":
        return form.read(cells, MISSING, plain, table.decimal)
    found, bad = storage.numbers(cells, table.decimal)
    return found, np.zeros(len(found), np.bool_) if bad is None else bad


def _check_unit(table: Table, column: Column) -> None:
    """Refuses numbers whose unit is not that of the training rows."""
    form = table.forms.get(column.name)
    if form is None or form.key is None or column.kind not in ("numeric", "integer"):
        return
    own = column.written
    if own is None or own.key != form.key:
        raise InvalidData(
            f"{table.name}, column {column.name!r}: the numbers are in {form.unit}, "
            f"{_convert(own, form.unit)}"
        )


def _refuse_unit(
    table: Table, column: Column, row: int, cell: object, bad: NDArray[np.bool_]
) -> None:
    """Refuses a cell with another unit than the column had in training."""
    parts = take_apart(str(cell)) if column.kind in ("numeric", "integer") else None
    if parts is None or parts.unit is None or not parts.unit.known:
        return
    own = column.written
    unit = " ".join(filter(None, (parts.before.strip(), parts.after.strip())))
    if own is None or own.key != parts.unit.key:
        raise InvalidData(
            f"{place(table, row, column.name)}: {shown(cell)} is in {unit}, {_convert(own, unit)}"
            f"{others(bad)}"
        )


def _convert(own: NumberForm | None, unit: str) -> str:
    wanted = f"in {own.unit}" if own is not None and own.unit else "without a unit"
    plain = "them in it or " if own is not None and own.unit else "them "
    return (
        f"but the column is one of numbers {wanted}. Convert them if {unit} is something else, and "
        f"write {plain}as plain numbers."
    )


def _wanted(column: Column) -> str:
    form = column.written
    return _WANTED[column.kind] if form is None else f"a number like {form.example!r}"


def class_numbers(
    cells: pd.Series, classes: tuple[Label, ...], decimal: str, column: Column
) -> tuple[Doubles, NDArray[np.bool_]]:
    """Class numbers (NaN: missing or unknown), and which cells are no known class."""
    import pandas as pd

    written = cells.notna().to_numpy(dtype=np.bool_)
    form = None if isinstance(classes[0], str) else column.written
    if form is not None and storage.of(cells) == "text":
        read = form.read(cells, MISSING, decimal=decimal)[0]
        large = form.whole(cells, MISSING, decimal=decimal) if is_large(read) else None
        cells = pd.Series(read if large is None else large)
    elif column.format == ALIKE:
        cells = pd.Series(all_alike(storage.texts(cells)))
    names = [storage.canonical(label) for label in classes]
    number = {name: float(at) for at, name in enumerate(names)}
    key = spelling.key_for(names)
    by_key = {key(name): at for name, at in number.items()}
    by_key.pop(None, None)
    # Yes and no are the same in other words: Yes, yes and y.
    truths = {truth_of(name): at for name, at in number.items()}
    if set(truths) != {0.0, 1.0} or not isinstance(classes[0], str):
        truths = {}
    comma = decimal == "," and not isinstance(classes[0], str)

    def place_of(value: Any) -> float:
        text = storage.canonical(value)
        if comma and isinstance(value, str):
            text = text.replace(",", ".")
        if text in number:
            return number[text]
        return by_key.get(key(text), truths.get(truth_of(text), math.nan))

    codes, uniques = pd.factorize(cells)
    found = np.array([*map(place_of, uniques), math.nan])[codes]
    return found, np.isnan(found) & written


def place(table: Table, row: int, name: str) -> str:
    """Where a cell is, for messages: file, line and column."""
    return f"{table.name}, {table.place(row)}, column {brief(name)}"


def _as_format(column: Column) -> str:
    dated = column.kind == "datetime" and column.format != dates.ISO
    return f" as {column.format}" if column.format and dated else ""


def others(bad: NDArray[np.bool_]) -> str:
    """How many bad cells there are besides the first, as a sentence."""
    more = int(bad.sum()) - 1
    return f" {more:,} more like it." if more else ""
