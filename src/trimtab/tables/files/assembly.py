"""From settled columns to a table: names, index columns, and notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.words import count, listed, one_line
from trimtab.errors import InvalidData
from trimtab.tables.files.cells import Settled
from trimtab.tables.files.passing.passing import beside
from trimtab.tables.files.table import BadCell, Guess, Table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["SHOWN", "Names", "assemble", "spoken"]

#: Bad cells that are kept for messages.
SHOWN = 5

#: With so many columns, a single name is a title and not a name.
_TITLED = 3

#: The name that pandas gives a column without one.
_UNNAMED = re.compile(r"Unnamed: \d+(\.\d+)?")


class Names:
    """The names of the columns, cleaned where that is safe.

    Blanks around names are removed, line breaks and the like become blanks, and columns without a
    name get one.

    Args:
        raw: The names as in the source.
        table: What messages call the source.

    Raises:
        InvalidData: Two columns have the same name, or only one of many has a name (a title).
    """

    def __init__(self, raw: Sequence[str], table: str) -> None:
        self.notes: list[str] = []
        #: Places of columns that had no name.
        self.nameless = [
            at for at, name in enumerate(raw) if not name.strip() or _UNNAMED.fullmatch(name)
        ]
        self.names = [one_line(name).strip() for name in raw]
        if len(raw) >= _TITLED and len(self.nameless) == len(raw) - 1:
            (only,) = {*range(len(raw))} - {*self.nameless}
            raise InvalidData(
                f"{table}: of {len(raw)} columns only one has a name, {self.names[only]!r}. That "
                f"looks like a title above the row of names. Remove it, or name the columns."
            )
        broken = [
            (name, clean)
            for name, clean in zip(raw, self.names, strict=True)
            if clean and clean != name.strip()
        ]
        if broken:
            each = listed((f"{name[:60]!r} is {clean[:60]!r}" for name, clean in broken), 4)
            self.notes.append(f"Line breaks and the like in column names became blanks: {each}.")
        stripped = [name for name in raw if name.strip() and name != name.strip()]
        if stripped:
            self.notes.append(
                f"Blanks removed around column names: {listed(map(repr, stripped), 4)}."
            )
        taken = set(self.names)
        for at, name in enumerate(self.names):
            if not name:
                new = f"column_{at + 1}"
                while new in taken:
                    new += "_"
                taken.add(new)
                self.names[at] = new
        twice = [name for name, count in Counter(self.names).items() if count > 1]
        if twice:
            places = [str(at + 1) for at, name in enumerate(self.names) if name == twice[0]]
            more = f", and {len(twice) - 1:,} more names occur twice" if len(twice) > 1 else ""
            raise InvalidData(
                f"{table}: columns {' and '.join(places)} have the same name, {twice[0]!r}{more}. "
                f"Give each column a different name."
            )

    def said(self, at: int) -> str:
        """The note on a column that got its name here."""
        return f"Column {at + 1} has no name and is called {self.names[at]!r}."


def is_index(values: Any, first: bool) -> bool:
    """Whether a column without a name is an index: the first one, whole numbers, all different."""
    if not isinstance(values, np.ndarray) or values.dtype != np.int64 or not len(values):
        return False
    return first and len(np.unique(values)) == len(values)


def assemble(
    name: str,
    names: Names,
    columns: Mapping[int, Settled],
    rows: int,
    *,
    kept: frozenset[str] = frozenset(),
    guesses: Sequence[Guess] = (),
    notes: Sequence[str] = (),
    decimal: str = ".",
    lines: NDArray[np.int64] | None = None,
    from_lines: bool = False,
    first_row: int = 0,
    quiet: bool = False,
    passed: Mapping[int, pd.Series] | None = None,
    index: pd.Index | None = None,
) -> Table:
    """A table of settled columns.

    Args:
        name: What messages call the table.
        names: The names of all columns of the source.
        columns: The columns that were read, by their place.
        rows: The number of rows.
        kept: Columns that were asked for by name and are never left out.
        guesses: Settings that were detected or given.
        notes: Notes so far.
        decimal: The decimal mark.
        lines: The line of each row.
        from_lines: Whether the source has lines.
        first_row: How many rows of the source come before these.
        quiet: Whether the notes on names were given with an earlier chunk.
        passed: The columns to pass through, by their place.
        index: The index of the data frame that the table comes from.
    """
    import pandas as pd

    said = [*notes]
    if not quiet:
        said += names.notes
    data: dict[str, Any] = {}
    bad: dict[str, list[BadCell]] = {}
    bad_counts: dict[str, int] = {}
    if from_lines and lines is not None and np.array_equal(lines, np.arange(2, rows + 2)):
        lines = None
    table = Table(
        pd.DataFrame(index=pd.RangeIndex(rows)),
        name,
        list(guesses),
        said,
        decimal,
        lines,
        bad,
        bad_counts,
        first_row,
        from_lines,
    )
    for at, column in sorted(columns.items()):
        called = names.names[at]
        if at in names.nameless and called not in kept:
            if is_index(column.values, at == 0):
                said.append(f"Column {at + 1} has no name and only counts rows: left out.")
                continue
            if at == len(names.names) - 1 and not pd.Series(column.values).notna().any():
                said.append(f"Column {at + 1} has neither name nor values: left out.")
                continue
            if not quiet:
                said.append(names.said(at))
        data[called] = column.values
        if column.note and not quiet:
            said.append(f"Column {called!r}: {column.note}")
        if column.unread is not None:
            table.skipped[called] = column.unread
        if column.said:
            table.said[called] = column.said
        if len(column.bad):
            bad[called] = [
                BadCell(int(row), table.line(row), str(column.values.iloc[row]))
                for row in column.bad[:SHOWN]
            ]
            bad_counts[called] = len(column.bad)
        if column.plain is not None and column.plain.any():
            table.plain[called] = column.plain
    said += spoken({names.names[at]: column for at, column in sorted(columns.items())})
    passed = dict(sorted((passed or {}).items()))
    if not quiet:
        said += [names.said(at) for at in passed if at in names.nameless and at not in columns]
    # Chunks continue the count of the rows, as those of a data frame do.
    counted = pd.RangeIndex(first_row, first_row + rows)
    table.passed = beside(
        {names.names[at]: column for at, column in passed.items()},
        counted if index is None else index,
    )
    # Without a copy: the columns may be as large as the memory allows.
    table.frame = pd.DataFrame(data, index=pd.RangeIndex(rows), copy=False)
    return table


def spoken(columns: Mapping[str, Settled]) -> list[str]:
    """Notes on cells that count as missing."""
    told = [note for column in columns.values() for note in column.notes]
    where: dict[str, list[str]] = {}
    total: Counter[str] = Counter()
    for name, column in columns.items():
        total.update(column.spelled)
        for spelling in column.spelled:
            where.setdefault(spelling, []).append(name)
    if total:
        each = ", ".join(
            f"{spelling!r} {count(times, 'time')} in {listed(where[spelling], 4)}"
            for spelling, times in total.most_common()
        )
        told.append(f"Counted as missing in columns of numbers: {each}.")
    infinite = {name: column.infinite for name, column in columns.items() if column.infinite}
    if infinite:
        each = listed((f"{number:,} in {name}" for name, number in infinite.items()), 6)
        told.append(f"Infinite numbers counted as missing: {each}.")
    return told
