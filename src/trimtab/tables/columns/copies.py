"""Rows that are equal in every cell that matters, found by a 64-bit hash of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.hashing import mix
from trimtab.tables.columns import storage
from trimtab.tables.columns.dates import nanoseconds

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table

__all__ = ["Copies", "row_hashes"]

RowNumbers = NDArray[np.int64]

#: Rows that are hashed at a time: they stay in cache from one operation to the next.
_BLOCK = 1 << 15

#: Leading bits of a hash that separate most rows without a copy from those with one.
_LEADING = 24


@dataclass(frozen=True, eq=False)
class Copies:
    """Which rows are copies of which.

    Attributes:
        first: For each row of the table the number of the first equal row, or its own number if
            it was not looked at.
        rows: How many rows were looked at.
        repeats: How many of them equal an earlier one.
        alike: How many of them equal any other.
    """

    first: RowNumbers
    rows: int
    repeats: int
    alike: int

    @classmethod
    def of(cls, table: Table, schema: Schema, rows: RowNumbers | None = None) -> Copies | None:
        """Finds rows that are equal in the target and all features; missing equals missing.

        Two rows that differ count as copies with a probability of ``2 ** -64``; that any two of ten
        million rows do, with one of three in a million.

        Args:
            table: A table with the columns of the schema.
            schema: Says which columns matter.
            rows: Row numbers to look at, sorted. None: all.

        Returns:
            None where no row equals another.

        Example:
            >>> import trimtab.tables as tables
            >>> from trimtab.tables.columns.copies import Copies
            >>> table = tables.read("red-wine")
            >>> copies = Copies.of(table, tables.infer_schema(table, "quality"))
            >>> copies.repeats, copies.alike, copies.rows, copies.first[:5]
            (240, 460, 1599, array([0, 1, 2, 3, 0]))
        """
        names = [each.name for each in schema.columns if each.role in ("feature", "target")]
        hashes = row_hashes(table, names)
        if rows is not None:
            hashes = hashes[rows]
        # Sorting numbers is several times as fast as sorting their places, or as a hash table. So
        # places are sorted only of rows whose leading bits are those of a repeated number.
        ordered = np.sort(hashes)
        equal = ordered[1:] == ordered[:-1]
        repeats = int(equal.sum())
        if not repeats:
            return None
        leading = np.zeros(1 << _LEADING, np.bool_)
        leading[_leading(ordered[1:][equal])] = True
        del ordered, equal
        places = np.flatnonzero(leading[_leading(hashes)])
        places = places[np.argsort(hashes[places], kind="stable")]
        chosen = hashes[places]
        begins = np.flatnonzero(np.append(True, chosen[1:] != chosen[:-1]))
        sizes = np.diff(begins, append=len(chosen))
        own = places if rows is None else rows[places]
        first = np.arange(len(table), dtype=np.int64)
        first[own] = np.repeat(own[begins], sizes)
        return cls(first, len(hashes), repeats, int(sizes[sizes > 1].sum()))

    @property
    def distinct(self) -> int:
        """The number of distinct rows."""
        return self.rows - self.repeats

    @property
    def most(self) -> bool:
        """Whether most rows have a copy, as in tables of few categories."""
        return 2 * self.alike > self.rows

    def among(self, rows: RowNumbers, others: RowNumbers) -> NDArray[np.bool_]:
        """Which of the rows equal one of the others, or are one of them."""
        there = np.zeros(len(self.first), np.bool_)
        there[self.first[others]] = True
        return there[self.first[rows]]


def row_hashes(table: Table, names: Iterable[str]) -> NDArray[np.uint64]:
    """64-bit hashes of rows, equal for rows with equal cells in these columns.

    Goes column by column, since the table may fill half of the memory. Hashes of different tables
    cannot be compared, because text counts by its order of appearance.
    """
    state = np.zeros(len(table), np.uint64)
    for name in names:
        cells = _plain(table.frame[name])
        for start in range(0, len(cells), _BLOCK):
            mix(state[start : start + _BLOCK], _bits(cells[start : start + _BLOCK]))
    return state


def _leading(hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
    return (hashes >> np.uint64(64 - _LEADING)).astype(np.int32)


def _plain(cells: pd.Series) -> NDArray[Any]:
    """The cells as numbers that are equal if the cells are."""
    import pandas as pd

    kind = storage.of(cells)
    if kind == "datetime":
        return nanoseconds(cells).view(np.int64)
    if kind == "text":
        return np.asarray(pd.factorize(cells)[0])
    if isinstance(cells.dtype, np.dtype):
        return cells.to_numpy()
    if cells.dtype.kind in "iu":  # whole numbers with gaps, exact
        return np.asarray(pd.factorize(cells)[0])
    return cells.to_numpy(np.float64, na_value=np.nan)


def _bits(cells: NDArray[Any]) -> NDArray[np.uint64]:
    if cells.dtype.kind != "f":
        return cells.astype(np.int64).view(np.uint64)
    numbers = cells.astype(np.float64)
    numbers += 0.0  # -0.0 becomes 0.0
    numbers[np.isnan(numbers)] = np.nan  # NaN has many bit patterns
    return numbers.view(np.uint64)
