"""Rows of a request: read, and checked row by row and cell by cell."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.words import brief, count, listed
from trimtab.errors import InvalidData
from trimtab.predictor.predictor import Predictor
from trimtab.serving.fields import Field
from trimtab.tables.columns import dates, storage
from trimtab.tables.columns.odd_cells import wanted
from trimtab.tables.columns.values import read_numbers
from trimtab.tables.columns.yes_no import truth_of
from trimtab.tables.files.cells import canonical
from trimtab.tables.files.reading import read

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["MOST_ROWS", "NAMED", "Checked", "Refusal", "rows_of_csv", "rows_of_json"]

#: Rows of one request.
MOST_ROWS = 100_000

#: Columns of a row that may be there besides those of the model; and columns in all, at least.
_MOST_COLUMNS = 10_000

#: Refused rows that an answer names.
NAMED = 100

#: Columns that one sentence names.
_LISTED = 5

#: Whole numbers from here on are none that a table holds.
_LARGEST = 2**63

#: What to do about a cell, behind every refusal of one.
_OR_NULL = "Correct it, or send null if the value is not known."


@dataclass(frozen=True)
class Refusal:
    """Why a row is not answered.

    Attributes:
        row: Its number in the request, from 1 on.
        column: The cell's column; None: it is not about a single cell.
        message: The rule, the value received and the next step.
    """

    row: int
    column: str | None
    message: str

    def record(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"row": self.row, "column": self.column, "message": self.message}


@dataclass
class Checked:
    """The rows of a request once they are read.

    Attributes:
        rows: How many there are, refused ones included.
        table: Those that a table could be made of; None: none of them.
        places: The number in the request, from 0 on, of each row of the table.
        good: The rows of the table to answer.
        refusals: Why the others are not answered, of up to :data:`NAMED`.
        notes: What is worth knowing, a sentence each.
    """

    rows: int
    table: Table | None = None
    places: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    good: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, row: int, column: str | None, message: str) -> None:
        """Notes why a row, counted from 0, is not answered."""
        if len(self.refusals) < NAMED:
            self.refusals.append(Refusal(row + 1, column, message))


def rows_of_json(predictor: Predictor, fields: Sequence[Field], rows: Sequence[Any]) -> Checked:
    """Rows as JSON has them, an object each.

    Args:
        predictor: The model.
        fields: The columns it needs.
        rows: What the request holds, of whatever types.
    """
    found = Checked(len(rows))
    columns: list[list[Any]] = [[] for _ in fields]
    cells_of = [_CELLS.get(each.kind, _number) for each in fields]
    known = {column.name for column in predictor.schema.columns}
    strangers: dict[str, None] = {}
    needed, most = {each.name for each in fields}, _MOST_COLUMNS + len(known)
    places = []
    for place, row in enumerate(rows):
        if type(row) is not dict or not row.keys() >= needed or len(row) > most:
            if len(found.refusals) < NAMED:
                found.refuse(place, *_misshapen(row, fields, most))
            continue
        strangers.update(dict.fromkeys(row.keys() - known))
        cells: list[Any] = []
        for each, cell_of in zip(fields, cells_of, strict=True):
            value = row[each.name]
            try:
                cells.append(None if value is None else cell_of(each, value))
            except ValueError as problem:
                found.refuse(place, each.name, str(problem))
                break
        else:
            places.append(place)
            for column, cell in zip(columns, cells, strict=True):
                column.append(cell)
    if strangers:
        found.notes.append(_ignored([*strangers]))
    if places:
        data = {each.name: cells for each, cells in zip(fields, columns, strict=True)}
        table = read(data, predictor.reading(), text=predictor.schema.text_columns)
        _look(found, replace(table, name="the rows"), np.array(places, np.int64), fields)
    return found


def rows_of_csv(predictor: Predictor, fields: Sequence[Field], body: bytes) -> Checked:
    """Rows as CSV has them, behind a line with the names of columns.

    Args:
        predictor: The model.
        fields: The columns it needs.
        body: The text; its delimiter, decimal mark and encoding are detected.

    Raises:
        InvalidData: It is no such text, or columns are missing.
    """
    most = _MOST_COLUMNS + len(predictor.schema.columns)
    first = body[: body.find(b"\n") + 1] or body
    width = 1 + max(first.count(delimiter) for delimiter in (b",", b";", b"\t", b"|"))
    if width > most:
        raise InvalidData(too_wide(width, most))
    reading = replace(predictor.reading(), format="csv", compression="none")
    names = [each.name for each in fields]
    with tempfile.TemporaryDirectory(prefix="trimtab-") as folder:
        file = Path(folder) / "body"
        file.write_bytes(body)
        table = read(file, reading, text=predictor.schema.text_columns, columns=names)
    absent = [name for name in names if name not in set(table.names)]
    if absent:
        raise InvalidData(f"the CSV text {_lacks(absent)}")
    if len(table) > MOST_ROWS:
        raise InvalidData(too_many(len(table)))
    found = Checked(len(table), notes=list(table.notes))
    table = replace(table, name="the CSV text")
    _look(found, table, np.arange(len(table), dtype=np.int64), fields)
    return found


def too_many(rows: int) -> str:
    """That a request has too many rows."""
    return f"a request may have {MOST_ROWS:,} rows, received {rows:,}. Send them in parts."


def _misshapen(row: Any, fields: Sequence[Field], most: int) -> tuple[str | None, str]:
    """The column, if it is one, and why a row is no object with all columns."""
    if type(row) is not dict:
        return None, (
            f"a row must be an object with a value for each column, received {_shown(row)}."
        )
    if len(row) > most:
        return None, too_wide(len(row), most)
    absent = [each.name for each in fields if each.name not in row]
    needed = {each.name for each in fields}
    hint = checks.nearest(absent[0], [name for name in row if name not in needed][:100])
    there = f" There is {hint.removeprefix('Did you mean ').removesuffix('?')}." if hint else ""
    message = f"the row {_lacks(absent)}{there} Send null for a value that is not known."
    return absent[0] if len(absent) == 1 else None, message


def too_wide(columns: int, most: int) -> str:
    """That a row has too many columns."""
    return f"a row may have {most:,} columns, received {columns:,}. Send those of the model."


def _lacks(absent: Sequence[str]) -> str:
    names = listed(map(brief, absent), _LISTED)
    if len(absent) == 1:
        return f"lacks column {names}."
    return f"lacks {count(len(absent), 'column')} that the model needs: {names}."


def _ignored(names: Sequence[str]) -> str:
    one = len(names) == 1
    return (
        f"Column{'s' * (not one)} {listed(map(brief, sorted(names)), _LISTED)} "
        f"{'is' if one else 'are'} ignored: the model was not trained with "
        f"{'it' if one else 'them'}."
    )


# -- cells of JSON ---------------------------------------------------------------------------------


def _number(of: Field, value: Any) -> Any:
    """A number; text only where the numbers of training were written in their own way."""
    if type(value) in (int, float):
        if type(value) is int and not -_LARGEST < value < _LARGEST:
            return _refuse(of, value, "Send a number that fits 64 bits.")
        return value
    if type(value) is str and of.column.written is not None:
        return value
    return _refuse(of, value, _without_quotes(value))


def _truth(of: Field, value: Any) -> bool:
    if type(value) is bool:
        return value
    truth = truth_of(value) if type(value) in (int, float, str) else None
    return bool(truth) if truth is not None else _refuse(of, value)


def _category(of: Field, value: Any) -> str:
    """Numbers and yes or no may be names."""
    return str(canonical(value)) if type(value) in (str, int, float, bool) else _refuse(of, value)


def _date(of: Field, value: Any) -> str:
    """A year may be a number."""
    return str(value) if type(value) in (str, int) else _refuse(of, value)


_CELLS: dict[str, Callable[[Field, Any], Any]] = {
    "numeric": _number,
    "integer": _number,
    "boolean": _truth,
    "category": _category,
    "text": _category,
    "datetime": _date,
    "time": _date,
}


def _refuse(of: Field, value: Any, step: str = _OR_NULL) -> Any:
    raise ValueError(f"must be {_wanted(of)}, received {_shown(value)}. {step}")


def _wanted(of: Field) -> str:
    if of.kind in ("category", "text"):
        return "text"
    if of.kind == "boolean":
        return "true or false"
    words = wanted(of.column)
    return f"{words} such as {of.usual!r}" if of.kind in ("datetime", "time") else words


def _without_quotes(value: Any) -> str:
    """The next step for a number in quotes."""
    if type(value) is str and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return f"Send {value[:40]} without quotes."
    return _OR_NULL


def _shown(value: Any) -> str:
    kinds = {dict: "an object", list: "an array", bool: str(value).lower()}
    return kinds.get(type(value)) or (
        f"the text {brief(value, 40)}" if type(value) is str else brief(value, 40)
    )


# -- cells of tables -------------------------------------------------------------------------------


def _look(found: Checked, table: Table, places: NDArray[np.int64], fields: Sequence[Field]) -> None:
    """Sorts out the rows with a cell that is not what its column holds."""
    refused = np.zeros(len(table), np.bool_)
    for each in fields:
        bad = _bad(table, each.column)
        if bad is None:
            continue
        for row in np.flatnonzero(bad & ~refused)[:NAMED]:
            cell = storage.shown(table.frame[each.name].iloc[row])
            where = f" in line {table.line(row)}" if table.from_lines else ""
            message = f"must be {_wanted(each)}, received {cell}{where}. "
            step = "Correct the cell or leave it empty." if table.from_lines else _OR_NULL
            found.refuse(int(places[row]), each.name, message + step)
        refused |= bad
    found.refusals.sort(key=lambda refusal: refusal.row)
    found.table, found.places, found.good = table, places, np.flatnonzero(~refused).astype(np.int64)


def _bad(table: Table, column: Any) -> NDArray[np.bool_] | None:
    """Which cells of a column are not of its kind; None: all are."""
    cells = table.frame[column.name]
    if column.kind in ("numeric", "integer"):
        return read_numbers(table, column)[1]
    if column.kind == "boolean":
        return storage.booleans(cells, table.decimal)[1]
    if column.kind == "datetime":
        return storage.moments(cells, column.format or dates.ISO)[1]
    if column.kind == "time":
        return storage.clocks(cells)[1]
    return None
