"""From settled columns to a table: names, columns that only count rows, what there is to say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.words import count, listed
from trimtab.errors import InvalidData
from trimtab.tables.files.cells import Settled
from trimtab.tables.files.table import BadCell, Guess, Table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Growing", "Names", "assemble"]

#: Bad cells that are kept for showing.
_SHOWN = 5

#: Of so many columns, one name alone is no name of a column, but a title.
_TITLED = 3

#: The name that pandas gives to a column without one.
_UNNAMED = re.compile(r"Unnamed: \d+(\.\d+)?")


class Names:
    """The names of columns, put right where that is safe.

    Blanks around names go, columns without a name get one. Two columns of one name are refused:
    which is meant, nobody but the owner knows. So is one name for many columns: a title.

    Args:
        raw: The names as they stand in the source.
        table: What messages call the source.
    """

    def __init__(self, raw: Sequence[str], table: str) -> None:
        self.notes: list[str] = []
        #: Places of columns that had no name.
        self.nameless = [
            at for at, name in enumerate(raw) if not name.strip() or _UNNAMED.fullmatch(name)
        ]
        self.names = [name.strip() for name in raw]
        if len(raw) >= _TITLED and len(self.nameless) == len(raw) - 1:
            (only,) = {*range(len(raw))} - {*self.nameless}
            raise InvalidData(
                f"{table}: of {len(raw)} columns only one has a name, {self.names[only]!r}. That "
                f"looks like a title above the row of names. Remove it, or name the columns."
            )
        stripped = [name for name in raw if name.strip() and name != name.strip()]
        if stripped:
            self.notes.append(
                f"Blanks around the names of columns left out: {listed(map(repr, stripped), 4)}."
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
            more = f", and {len(twice) - 1} more names stand twice" if len(twice) > 1 else ""
            raise InvalidData(
                f"{table}: columns {' and '.join(places)} have the same name, {twice[0]!r}{more}. "
                f"Give each column a name of its own."
            )

    def said(self, at: int) -> str:
        """The sentence on a column that got its name here."""
        return f"Column {at + 1} has no name: called {self.names[at]!r}."


def is_index(values: Any, first: bool) -> bool:
    """Whether a column without a name only numbers the rows."""
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
) -> Table:
    """A table of settled columns.

    Args:
        name: What messages call the table.
        names: The names of all columns of the source.
        columns: The columns that were read, by their place.
        rows: How many rows there are.
        kept: Names of columns that were asked for, which are never left out.
        guesses: What reading decided.
        notes: What was done so far without being asked.
        decimal: The decimal mark.
        lines: The line of each row.
        from_lines: Whether the source has lines.
        first_row: Rows of the source before these.
        quiet: Whether names were spoken of before.
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
                said.append(f"Column {at + 1} has no name and numbers the rows: left out.")
                continue
            if at == len(names.names) - 1 and not pd.Series(column.values).notna().any():
                said.append(f"Column {at + 1} has neither name nor values: left out.")
                continue
            if not quiet:
                said.append(names.said(at))
        data[called] = column.values
        if len(column.bad):
            bad[called] = [
                BadCell(int(row), table.line(row), str(column.values.iloc[row]))
                for row in column.bad[:_SHOWN]
            ]
            bad_counts[called] = len(column.bad)
    said += spoken({names.names[at]: column for at, column in sorted(columns.items())})
    # Without a copy: the columns may be as large as the memory allows.
    table.frame = pd.DataFrame(data, index=pd.RangeIndex(rows), copy=False)
    return table


def spoken(columns: Mapping[str, Settled]) -> list[str]:
    """Sentences on cells that were taken as missing."""
    told = []
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
        told.append(f"Taken as missing in columns of numbers: {each}.")
    infinite = {name: column.infinite for name, column in columns.items() if column.infinite}
    if infinite:
        each = listed((f"{number:,} in {name}" for name, number in infinite.items()), 6)
        told.append(f"Infinite numbers taken as missing: {each}.")
    return told


class Growing:
    """One column that comes part by part, numbers in one array that grows in its place."""

    def __init__(self) -> None:
        self._numbers: NDArray[Any] = np.empty(0, np.int64)
        self._filled = 0
        self._texts: list[pd.Series] = []
        self._spelled: Counter[str] = Counter()
        self._infinite = 0

    def __len__(self) -> int:
        return self._filled + sum(map(len, self._texts))

    def add(self, part: Settled) -> None:
        """Takes the next part: all parts are numbers, or all are text."""
        if not part.numeric:
            self._texts.append(part.values)
            return
        self._spelled.update(part.spelled)
        self._infinite += part.infinite
        if part.values.dtype.kind == "f" and self._numbers.dtype.kind == "i":
            self._numbers = self._numbers.astype(np.float64)
        needed = self._filled + len(part.values)
        if needed > len(self._numbers):
            # Nobody else holds the array: large ones are moved by their page tables alone.
            self._numbers.resize(needed + needed // 4, refcheck=False)
        self._numbers[self._filled : needed] = part.values
        self._filled = needed

    def settled(self, check: Callable[[pd.Series], Settled] | None = None) -> Settled:
        """The column; ``check`` looks whether text would be numbers but for a few cells."""
        import pandas as pd

        if not self._texts:
            self._numbers.resize(self._filled, refcheck=False)
            return Settled(self._numbers, self._spelled, self._infinite)
        texts, self._texts = self._texts, []
        text = texts[0] if len(texts) == 1 else pd.concat(texts, ignore_index=True)
        return check(text) if check is not None else Settled(text)
