"""A table as it was read: its cells, what was detected, and the line of each row."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.errors import InvalidData
from trimtab.tables.files.cells import MISSING, as_whole, settle_text
from trimtab.tables.files.numbers.whole import is_large

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trimtab.tables.files.cells import Unread
    from trimtab.tables.files.numbers.number_forms import NumberForm

__all__ = ["BadCell", "Guess", "NoRows", "Table"]


class NoRows(InvalidData):
    """A file has no rows; one of several may."""


@dataclass(frozen=True)
class Guess:
    """One setting of reading a file; ``told`` if it was given, else it was detected."""

    what: str
    value: str
    told: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {self.value}" + (" (given)" if self.told else "")


@dataclass(frozen=True)
class BadCell:
    """A cell that is no number, in a column that otherwise holds numbers."""

    row: int
    line: int | None
    value: str


@dataclass(repr=False)
class Table:
    """Rows and columns, and everything that was decided while they were read.

    Columns are whole numbers (``int64`` or ``uint64``, none missing; ``Int64`` or ``UInt64`` where
    some are missing and ``float64`` would change others), numbers (``float64`` or ``float32``, NaN
    where missing, never infinite), ``bool`` (``boolean`` where some are missing), ``datetime64`` or
    text (empty cells are missing).

    Args:
        frame: The cells. Column names are text, and all different.
        name: What messages call the table: ``"wine.csv"``, ``"standard input"``.
        guesses: Settings that were detected or given.
        notes: What was changed without being asked, a sentence each.
        decimal: Decimal mark of numbers in columns of text.
        lines: Line of the file in which each row begins. None where the source has no lines, and
            where the first row is in line 2 and every other row in the next line.
        bad: For columns of text that would be numbers but for a few cells: the first such cells.
        bad_counts: How many such cells there are.
        first_row: How many rows of the source come before these.
        from_lines: Whether the source has lines.
        files: The files of a table that is in several: the number of each one's first row here,
            and what messages call it.
        skipped: Columns whose cells are not read, such as lists, and why; they are missing here.
        passed: Columns to pass through, as they came; its index is that of a data frame.
        forms: How the numbers of columns were written that are not written as programs do.
        unread: Why columns that look like numbers are text.
        plain: For columns of text, the cells that were numbers in the source.
        said: Columns whose type in the data is ``"category"`` or ``"text"``; a file of text says
            nothing about types.

    Example:
        >>> import trimtab
        >>> table = trimtab.tables.read({"size": [1, 2, 3], "colour": ["red", None, "blue"]})
        >>> table
        <Table 'the columns': 3 rows, 2 columns>
        >>> table.place(1)
        'row 2'
    """

    frame: pd.DataFrame
    name: str
    guesses: list[Guess] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    decimal: str = "."
    lines: NDArray[np.int64] | None = None
    bad: dict[str, list[BadCell]] = field(default_factory=dict)
    bad_counts: dict[str, int] = field(default_factory=dict)
    first_row: int = 0
    from_lines: bool = False
    skipped: dict[str, Unread] = field(default_factory=dict)
    files: tuple[tuple[int, str], ...] = ()
    forms: dict[str, NumberForm] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    plain: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    passed: pd.DataFrame = None  # type: ignore[assignment]  # set below

    def __post_init__(self) -> None:
        if self.passed is None:
            self.passed = self.frame.iloc[:, :0]

    def __repr__(self) -> str:
        rows, columns = self.frame.shape
        return f"<Table {self.name!r}: {rows:,} rows, {columns:,} columns>"

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def names(self) -> list[str]:
        """The names of all columns, those that are only passed through included."""
        read = [str(name) for name in self.frame.columns]
        return [*read, *(name for name in self.passed.columns if name not in self.frame.columns)]

    def line(self, row: Any) -> int | None:
        """Line of the file in which a row begins; None where the source has no lines."""
        if self.lines is not None:
            return int(self.lines[row])
        return int(row) + 2 if self.from_lines else None

    def place(self, row: Any) -> str:
        """Where a row is, for messages: ``"line 17"``, or ``"row 17"`` without lines.

        Of a table in several files with the name of the file: ``"may.csv, line 17"``.
        """
        line = self.line(row)
        if self.files:
            start, file = max(each for each in self.files if each[0] <= int(row))
            return f"{file}, " + (
                f"row {int(row) - start + 1:,}" if line is None else f"line {line:,}"
            )
        return f"row {self.first_row + int(row) + 1:,}" if line is None else f"line {line:,}"

    def part(self, first: int, last: int) -> Table:
        """Rows ``first`` to ``last - 1``; they still know their lines."""
        lines = self.lines
        if lines is None and self.from_lines and first:
            lines = np.arange(2, len(self) + 2)
        return dataclasses.replace(
            self,
            frame=self.frame.iloc[first:last].reset_index(drop=True),
            passed=self.passed.iloc[first:last],
            lines=None if lines is None else lines[first:last],
            bad={
                name: [
                    dataclasses.replace(cell, row=cell.row - first)
                    for cell in bad
                    if first <= cell.row < last
                ]
                for name, bad in self.bad.items()
            },
            first_row=self.first_row + first,
            files=tuple((start - first, file) for start, file in self.files),
            plain={name: cells[first:last] for name, cells in self.plain.items()},
        )

    def taken(self, rows: NDArray[np.int64]) -> Table:
        """Some of the rows, in this order; they still know their lines.

        What is known of columns stays: cells that are no numbers are so wherever they stand.
        """
        lines = self.lines
        if lines is None and self.from_lines:
            lines = np.arange(2, len(self) + 2)
        return replace(
            self,
            frame=self.frame.iloc[rows].reset_index(drop=True),
            passed=self.passed.iloc[rows],
            lines=None if lines is None else lines[rows],
            bad={},
            bad_counts={},
            files=(),
            plain={name: cells[rows] for name, cells in self.plain.items()},
        )

    def without(self, rows: Collection[int]) -> Table:
        """The table without some rows; the others still know their lines.

        A column that only held text because of cells in these rows becomes one of numbers.
        """
        kept = np.ones(len(self), np.bool_)
        kept[list(rows)] = False
        new = np.cumsum(kept) - 1
        lines = self.lines
        if lines is None and self.from_lines:
            lines = np.arange(2, len(self) + 2)
        frame = self.frame[kept].reset_index(drop=True)
        bad, counts = {}, {}
        for name, cells in self.bad.items():
            left = [replace(cell, row=int(new[cell.row])) for cell in cells if kept[cell.row]]
            gone = len(cells) - len(left)
            if left or self.bad_counts[name] > gone:
                bad[name], counts[name] = left, self.bad_counts[name] - gone
            else:
                frame[name] = self._numbers_of(name, frame[name], kept)
        return replace(
            self,
            frame=frame,
            passed=self.passed[kept],
            lines=None if lines is None else lines[kept],
            bad=bad,
            bad_counts=counts,
            files=tuple((int(np.count_nonzero(kept[:at])), file) for at, file in self.files),
            plain={name: cells[kept] for name, cells in self.plain.items()},
        )

    def _numbers_of(self, name: str, text: pd.Series, kept: NDArray[np.bool_]) -> Any:
        """A column of text in which every cell is a number."""
        plain = self.plain.get(name)
        if name in self.forms:
            plain = None if plain is None else plain[kept]
            found, _ = self.forms[name].read(text, MISSING, plain, self.decimal)
            if is_large(found):
                large = self.forms[name].whole(text, MISSING, plain, self.decimal)
                return found if large is None else large
            return as_whole(found)
        return settle_text(text, self.decimal).values
