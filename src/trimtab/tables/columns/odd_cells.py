"""Cells that are not what their column holds: which, what they are instead, and how to say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import brief, count, listed
from trimtab.tables.columns import dates
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.limits import NAMED
from trimtab.tables.columns.no_dates import FAR, ZERO, odd_date
from trimtab.tables.columns.storage import shown

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Table

__all__ = ["Odd", "missing_note", "said", "sorted_out", "spelled_note", "wanted"]

_WANTED = {
    "numeric": "a number",
    "integer": "a number",
    "boolean": "yes or no",
    "datetime": "a date",
    "time": "a time of day",
}
_MANY = {
    "not a number": "no numbers",
    "not a date": "no dates",
    "not a time of day": "no times of day",
    "not yes or no": "neither yes nor no",
    FAR: FAR.replace("a date", "dates"),
    ZERO: ZERO.replace("a date", "dates"),
}


@dataclass(frozen=True, eq=False)
class Odd:
    """Cells of one sort.

    Attributes:
        what: They are: ``"not a date"``.
        cells: Which of the cells that were looked at.
        mistake: Whether they speak against the kind of the column. A date that is too far off does
            not.
    """

    what: str
    cells: NDArray[np.bool_]
    mistake: bool

    @property
    def first(self) -> int:
        """The place of the first one."""
        return int(np.argmax(self.cells))

    def __len__(self) -> int:
        return int(np.count_nonzero(self.cells))


def wanted(column: Column) -> str:
    """What a cell of a column must be, in words."""
    form = column.written
    if form is not None:
        return f"a number like {form.example!r}"
    dated = column.kind == "datetime" and column.format not in ("", dates.ISO)
    return _WANTED[column.kind] + (f" as {column.format}" if dated else "")


def sorted_out(column: Column, cells: pd.Series, bad: NDArray[np.bool_]) -> list[Odd]:
    """The bad cells of a column by what they are, mistakes first."""
    other = f"not {wanted(column)}"
    if column.kind != "datetime":
        return [Odd(other, bad, True)]
    import pandas as pd

    rows = np.flatnonzero(bad)
    codes, uniques = pd.factorize(cells.iloc[rows])
    pattern = column.format or dates.ISO
    sorts = np.array([odd_date(str(cell), pattern) or other for cell in uniques], object)
    found = []
    for what in (other, FAR, ZERO):
        own = rows[sorts[codes] == what]
        if len(own):
            mask = np.zeros(len(bad), np.bool_)
            mask[own] = True
            found.append(Odd(what, mask, what == other))
    return found


def said(cells: int, what: str, of: str = "") -> str:
    """That so many cells are something, for a sentence.

    Example:
        >>> said(1, "not a date"), said(2, "not a date", " of these rows")
        ('1 cell is not a date', '2 cells of these rows are no dates')
    """
    if cells == 1:
        return f"1 cell{of} is {what}"
    one = next((one for one in _MANY if what.startswith(one)), "")
    many = _MANY[one] + what.removeprefix(one) if one else what
    return f"{count(cells, 'cell')}{of} are {many}"


def missing_note(table: Table, column: Column, odd: Odd) -> str:
    """A sentence on cells that count as missing, with their places and what to do."""
    cells, name = table.frame[column.name], column.name
    rows = np.flatnonzero(odd.cells)
    named = rows if len(rows) <= NAMED else rows[: NAMED - 1]
    each = ", ".join(f"{shown(cells.iloc[row])} ({table.place(row)})" for row in named)
    what = f"{said(len(rows), odd.what)} and {'counts' if len(rows) == 1 else 'count'} as missing"
    such = ": " if len(named) == len(rows) else ", such as "
    sentence = f"Column {brief(name)}: {what}{such}{each}."
    if not odd.mistake:
        return sentence
    cell = str(cells.iloc[rows[0]])
    return (
        f"{sentence} Correct {'it' if len(rows) == 1 else 'them'}, or use --missing {quote(cell)} "
        f"if it means missing, or --type {quote(name + '=category')} if the cells are names."
    )


def spelled_note(spelled: Mapping[str, Counter[str]]) -> Iterator[str]:
    """A sentence on spellings of a missing value: column -> how often each occurs."""
    total: Counter[str] = Counter()
    where: dict[str, list[str]] = {}
    for name, own in spelled.items():
        total.update(own)
        for spelling in own:
            where.setdefault(spelling, []).append(name)
    if total:
        each = ", ".join(
            f"{spelling!r} {count(times, 'time')} in {listed(where[spelling], 4)}"
            for spelling, times in total.most_common()
        )
        yield f"Counted as missing in columns of numbers or dates: {each}."
