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
from trimtab.tables.columns.limits import HALF
from trimtab.tables.columns.odd_cells import Odd, sorted_out
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.yes_no import truth_of
from trimtab.tables.files.cells import MISSING
from trimtab.tables.files.numbers.whole import is_large
from trimtab.tables.files.numbers.written_cells import take_apart

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.numbers.number_forms import NumberForm
    from trimtab.tables.files.table import Table

__all__ = [
    *("Unknown", "class_numbers", "odd_cells", "others", "place", "read_cells", "read_numbers"),
    "refuse_unread",
]

#: Kinds in which a few cells may be something else; see :mod:`trimtab.tables.columns.limits`.
_LENIENT = ("numeric", "integer", "datetime", "time")
#: Roles in which none may.
_EXACT = ("target", "time", "weight")

#: Called with cells that count as missing: the column, their number, the first one, and what they
#: are. By name: ``where`` the first one is, and the ``refusal`` if most of the cells are like that.
Unknown = Callable[..., None]


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
    if bad is None or not bad.any():
        return read
    odd = sorted_out(column, cells, bad)
    mistakes = sum(len(each) for each in odd if each.mistake)
    lenient = column.role not in _EXACT and column.kind in _LENIENT
    if column.kind == "boolean":
        lenient = unknown is not None and storage.of(cells) == "text"
    elif unknown is None:
        lenient = lenient and mistakes <= HALF * (mistakes + _known(read))
    for each in odd:
        row = each.first if rows is None else int(rows[each.first])
        if each.mistake:
            _refuse_unit(table, column, rows, cells, each.cells)
        refusal = f"{place(table, row, name)}: {shown(cells.iloc[each.first])} is {each.what}."
        if not lenient:
            raise InvalidData(f"{refusal}{others(each.cells)} {_step(column)}")
        if unknown is not None:
            what = "neither yes nor no" if column.kind == "boolean" else each.what
            unknown(
                name,
                len(each),
                storage.canonical(cells.iloc[each.first]),
                what,
                where=table.place(row),
                refusal=refusal if each.mistake and column.kind != "boolean" else "",
            )
    return read


def odd_cells(table: Table, column: Column) -> list[Odd]:
    """The cells of a column of numbers or dates that count as missing, by what they are."""
    cells = table.frame[column.name]
    if column.kind not in _LENIENT or storage.of(cells) != "text" or column.kind == "time":
        return []
    _, bad = _read(table, column, None, cells)
    return sorted_out(column, cells, bad) if bad is not None and bad.any() else []


def _known(read: NDArray[Any]) -> int:
    return int(np.count_nonzero(read == read))  # neither NaN nor NaT


def _step(column: Column) -> str:
    """What to do about a cell that is not what its column holds."""
    if column.role == "time":
        return "Correct the cell, or leave the row out."
    return "Correct the cell or leave it empty."


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
    # What is not as in training is text where a cell of it is no number.
    form = column.written or table.forms.get(column.name)
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
    table: Table,
    column: Column,
    rows: NDArray[np.int64] | None,
    cells: pd.Series,
    bad: NDArray[np.bool_],
) -> None:
    """Refuses a cell with another unit than the column had in training."""
    if column.kind not in ("numeric", "integer") or storage.of(cells) != "text":
        return
    own = column.written
    for cell in cells[bad].unique():
        parts = take_apart(str(cell))
        if parts is None or parts.unit is None or not parts.unit.known:
            continue
        unit = " ".join(filter(None, (parts.before.strip(), parts.after.strip())))
        if own is None or own.key != parts.unit.key:
            first = int(np.argmax((cells == cell).fillna(False).to_numpy(bool)))
            row = first if rows is None else int(rows[first])
            raise InvalidData(
                f"{place(table, row, column.name)}: {shown(cell)} is in {unit}, "
                f"{_convert(own, unit)}{others(bad)}"
            )


def _convert(own: NumberForm | None, unit: str) -> str:
    wanted = f"in {own.unit}" if own is not None and own.unit else "without a unit"
    plain = "them in it or " if own is not None and own.unit else "them "
    return (
        f"but the column is one of numbers {wanted}. Convert them if {unit} is something else, and "
        f"write {plain}as plain numbers."
    )


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


def others(bad: NDArray[np.bool_]) -> str:
    """How many bad cells there are besides the first, as a sentence."""
    more = int(bad.sum()) - 1
    return f" {more:,} more like it." if more else ""
