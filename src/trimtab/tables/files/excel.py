"""A sheet of an Excel file as a table."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import numpy as np

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files import cells
from trimtab.tables.files.assembly import Names, assemble
from trimtab.tables.files.header import check_names
from trimtab.tables.files.objects import numbers_among, settle_objects
from trimtab.tables.files.passing.passed_objects import EXACT, column_of, kinds_of
from trimtab.tables.files.passing.passing import NOTHING, Passing
from trimtab.tables.files.sheets import sheet_cells
from trimtab.tables.files.sheets.sheets import Row, chosen_sheet, empty, filled_rows, names_at
from trimtab.tables.files.sheets.workbook import facts_of
from trimtab.tables.files.table import Guess, NoRows, Table

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.sources import Source

__all__ = ["Reader"]

_BROKEN = (
    *(zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, TypeError, ParseError),
    *(AttributeError, IndexError),  # openpyxl's, on parts that are missing
)

#: Rows that are compared with the names.
_LOOKED_AT = 200

#: Titles that a note quotes.
_QUOTED = 3


class Reader:
    """Reads one sheet; the names are in its first filled row, or in the first below a title."""

    def __init__(
        self, source: Source, options: ReadOptions, guesses: list[Guess], notes: list[str]
    ) -> None:
        self._source = source
        self._options = options
        self._guesses = [*guesses]
        self._notes = [*notes]
        try:
            import openpyxl
        except ImportError:
            raise InvalidArgument(
                f"{source.name} is an Excel file, which needs openpyxl: "
                f"pip install 'trimtab[files]'."
            ) from None
        from openpyxl.utils.exceptions import InvalidFileException

        # As an open file: openpyxl goes by the ending of a name.
        with source.path.open("rb") as file:
            try:
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
                self._rows = self._filled(book)
                self._facts = facts_of(file, self._sheet)
            except InvalidData:
                raise
            except (InvalidFileException, *_BROKEN) as problem:
                raise InvalidData(
                    f"{source.name} cannot be read as an Excel file: {problem}. "
                    "Save it again as .xlsx."
                ) from None
        self._epoch = book.epoch

    def _filled(self, book: Any) -> list[Row]:
        """Rows that are not empty, with their numbers in the sheet."""
        try:
            sheet, guesses = chosen_sheet(book, self._options.sheet, self._source.name)
            self._sheet = str(sheet.title)
            self._sheets = [*book.sheetnames]
            self._guesses += guesses
            return filled_rows(sheet)
        finally:
            book.close()

    def whole(
        self,
        text: Collection[str],
        columns: Collection[str] | None,
        passing: Passing = NOTHING,
    ) -> Table:
        """All rows."""
        name, notes = self._source.name, [*self._notes]
        if not self._rows:
            raise InvalidData(f"{name}: sheet {self._sheet!r} is empty. {self._another()}")
        at = names_at(self._rows)
        top = self._rows[at][0]
        if at:
            notes.append(_titles(self._rows[:at], top))
        rows = sheet_cells.unmerged(self._rows[at + 1 :], self._facts.merged, top, notes)
        if not rows and self._facts.lost:
            raise InvalidData(f"{name}: all cells are {sheet_cells.LOST}. {sheet_cells.SAVE}.")
        if not rows:
            raise NoRows(f"{name}: sheet {self._sheet!r} has column names but no rows. Add rows.")
        heads = self._rows[at][1]
        lost = {column for row, column in self._facts.lost if row > top}
        used = _used([heads, *(row for _, row in rows)], lost)
        raw = [cells.canonical(heads[at]) if not _out(heads, at) else "" for at in used]
        texts = [
            ["" if _out(row, at) else cells.canonical(row[at]) for at in used]
            for _, row in rows[:_LOOKED_AT]
        ]
        check_names(raw, texts, name)
        names = Names(raw, name)
        wanted = [
            at
            for at, one in enumerate(names.names)
            if (columns is None or one in columns) and passing.reads(one)
        ]
        settled = {at: self._settle(rows, used[at], names.names[at], text, notes) for at in wanted}
        return assemble(
            name,
            names,
            settled,
            len(rows),
            kept=frozenset([*text, *(columns or ())]),
            guesses=self._guesses,
            notes=notes,
            lines=np.array([line for line, _ in rows], np.int64),
            from_lines=True,
            passed={at: _as_it_is(rows, used[at]) for at in passing.places(names.names)},
        )

    def _another(self) -> str:
        """What to do about a sheet without a table."""
        others = [repr(each) for each in self._sheets if each != self._sheet]
        if not others:
            return "Fill it, or pass another file."
        return f"Name another one: --sheet NAME (sheet=). There is {', '.join(others)}."

    def _settle(
        self, rows: list[Row], at: int, name: str, text: Collection[str], notes: list[str]
    ) -> cells.Settled:
        values = [None if _out(row, at) else row[at] for _, row in rows]
        lost = [line for line, _ in rows if (line, at + 1) in self._facts.lost]
        if lost and all(value is None for value in values):
            return cells.unread(len(rows), sheet_cells.LOST, sheet_cells.SAVE)
        if lost:
            formula = self._facts.lost[lost[0], at + 1]
            notes.append(sheet_cells.lost_note(name, len(lost), at, lost[0], formula))
        values = sheet_cells.mended(values, name, self._epoch, notes)
        plain = None
        if name in text:
            plain = numbers_among(values)
            values = [None if value is None else cells.canonical(value) for value in values]
        settled = settle_objects(
            values,
            name,
            self._source.name,
            told=self._options.missing,
            written=name not in text,
        )
        settled.plain = settled.plain if plain is None else plain
        return settled

    def parts(
        self,
        text: Collection[str],
        columns: Collection[str] | None,
        rows: int,
        passing: Passing = NOTHING,
    ) -> Iterator[Table]:
        """The rows in chunks; the sheet is read whole, since it has a million rows at most."""
        table = self.whole(text, columns, passing)
        for first in range(0, len(table), rows):
            yield table.part(first, min(first + rows, len(table)))


def _titles(above: list[Row], top: int) -> str:
    """The note on rows above the names."""
    texts = [repr(f"{cell!s:.40}") for _, row in above for cell in row if not empty(cell)]
    more = ", ..." if len(texts) > _QUOTED else ""
    where = f"row {above[0][0]}" if len(above) == 1 else f"rows {above[0][0]} to {above[-1][0]}"
    return (
        f"The names are in row {top}; {where} above left out: {', '.join(texts[:_QUOTED])}{more}."
    )


def _out(row: tuple[Any, ...], at: int) -> bool:
    """Whether a row has nothing in a column."""
    return at >= len(row) or empty(row[at])


def _used(rows: list[tuple[Any, ...]], lost: Collection[int]) -> list[int]:
    """The columns that hold anything."""
    width = max(map(len, rows))
    filled = np.zeros(max([width, *lost]), bool)
    filled[[column - 1 for column in lost]] = True
    for row in rows:
        for at, cell in enumerate(row):
            if not filled[at] and not empty(cell):
                filled[at] = True
    return np.flatnonzero(filled).tolist()


def _as_it_is(rows: list[tuple[int, tuple[Any, ...]]], at: int) -> pd.Series:
    """The cells of a column that is passed through; all numbers of a sheet are of one type."""
    values = []
    for _, row in rows:
        cell = row[at] if at < len(row) and row[at] != "" else None
        if isinstance(cell, float) and cell.is_integer() and abs(cell) <= EXACT:
            cell = int(cell)
        values.append(cell)
    return column_of(values, kinds_of(values))
