"""A sheet of an Excel file as a table."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import checks
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files import cells
from trimtab.tables.files.assembly import Names, assemble
from trimtab.tables.files.objects import numbers_among, settle_objects
from trimtab.tables.files.passed_objects import EXACT, column_of, kinds_of
from trimtab.tables.files.passing import NOTHING, Passing
from trimtab.tables.files.table import Guess, Table

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.sources import Source

__all__ = ["Reader"]


class Reader:
    """Reads one sheet; its first row that is not empty holds the names."""

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

        broken = (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, TypeError)
        # As an open file: openpyxl goes by the ending of a name.
        with source.path.open("rb") as file:
            try:
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
                self._rows = self._filled_rows(book)
            except InvalidData:
                raise
            except (InvalidFileException, *broken) as problem:
                raise InvalidData(
                    f"{source.name} cannot be read as an Excel file: {problem}. "
                    "Save it again as .xlsx."
                ) from None

    def _filled_rows(self, book: Any) -> list[tuple[int, tuple[Any, ...]]]:
        """Rows that are not empty, with their numbers in the sheet."""
        try:
            return [
                (line, row)
                for line, row in enumerate(self._sheet(book).iter_rows(values_only=True), start=1)
                if any(cell is not None and cell != "" for cell in row)
            ]
        finally:
            book.close()

    def _sheet(self, book: Any) -> Any:
        names = book.sheetnames
        told = self._options.sheet
        if told is not None and told not in names:
            raise InvalidData(
                f"{self._source.name} has no sheet {told!r}. Its sheets are "
                f"{checks.listing(names)}. {checks.nearest(told, names)}".rstrip()
            )
        chosen = told or names[0]
        if told is not None or len(names) > 1:
            others = "" if told else f", the first of {len(names)}"
            self._guesses.append(Guess("sheet", f"{chosen!r}{others}", told is not None))
        sheet = book[chosen]
        if not hasattr(sheet, "iter_rows"):
            raise InvalidData(
                f"{self._source.name}: sheet {chosen!r} is a chart. Name a sheet with cells."
            )
        # Some programs write a wrong size.
        sheet.reset_dimensions()
        return sheet

    def whole(
        self,
        text: Collection[str],
        columns: Collection[str] | None,
        passing: Passing = NOTHING,
    ) -> Table:
        """All rows."""
        name = self._source.name
        if not self._rows:
            raise InvalidData(f"{name}: the sheet is empty. Name another one: sheet='...'.")
        raw = ["" if cell is None else cells.canonical(cell) for cell in self._rows[0][1]]
        width = max((_filled(row) for _, row in self._rows), default=0)
        raw = (raw + [""] * width)[:width]
        if len(self._rows) < 2:
            raise InvalidData(f"{name} has column names but no rows. Add rows.")
        names = Names(raw, name)
        rows = self._rows[1:]
        wanted = [
            at
            for at, one in enumerate(names.names)
            if (columns is None or one in columns) and passing.reads(one)
        ]
        settled = {at: self._settle(rows, at, names.names[at], text) for at in wanted}
        return assemble(
            name,
            names,
            settled,
            len(rows),
            kept=frozenset([*text, *(columns or ())]),
            guesses=self._guesses,
            notes=self._notes,
            lines=np.array([line for line, _ in rows], np.int64),
            from_lines=True,
            passed={at: _as_it_is(rows, at) for at in passing.places(names.names)},
        )

    def _settle(
        self, rows: list[tuple[int, tuple[Any, ...]]], at: int, name: str, text: Collection[str]
    ) -> cells.Settled:
        values = [row[at] if at < len(row) else None for _, row in rows]
        plain = None
        if name in text:
            plain = numbers_among(values)
            values = [None if value is None else cells.canonical(value) for value in values]
        settled = settle_objects(
            [None if value == "" else value for value in values],
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


def _as_it_is(rows: list[tuple[int, tuple[Any, ...]]], at: int) -> pd.Series:
    """The cells of a column that is passed through; all numbers of a sheet are of one type."""
    values = []
    for _, row in rows:
        cell = row[at] if at < len(row) and row[at] != "" else None
        if isinstance(cell, float) and cell.is_integer() and abs(cell) <= EXACT:
            cell = int(cell)
        values.append(cell)
    return column_of(values, kinds_of(values))


def _filled(row: tuple[Any, ...]) -> int:
    """How many cells a row has, empty ones at its end left out."""
    filled = [at for at, cell in enumerate(row) if cell is not None and cell != ""]
    return filled[-1] + 1
