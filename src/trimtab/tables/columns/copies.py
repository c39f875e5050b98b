"""Rows that are alike in every cell that matters, found by 64 bits of each."""

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

Rows = NDArray[np.int64]

#: Rows that are hashed at a time: they stay in cache from one operation to the next.
_BLOCK = 1 << 15

#: Leading bits of a hash that tell most rows without a copy from those with one.
_LEADING = 24


@dataclass(frozen=True, eq=False)
class Copies:
    """Which rows are copies of which.

    Attributes:
        first: of each row of the table, the first of those that equal it; its own number for rows
            that were not looked at.
        rows: how many were looked at.
        repeats: how many of them equal an earlier one.
        alike: how many of them equal any other.
    """

    first: Rows
    rows: int
    repeats: int
    alike: int

    @classmethod
    def of(cls, table: Table, schema: Schema, rows: Rows | None = None) -> Copies | None:
        """Copies among rows: equal in the target and in every column that is learned from.

        Missing equals missing. Two rows that differ are taken for copies with a probability of
        ``2 ** -64``: among ten million rows any two with one of three in a million.

        Args:
            table: with the columns of the schema.
            schema: says which columns matter.
            rows: to look at, sorted; None: all.

        Returns:
            None where no row equals another.

        Example:
            >>> import trimtab.tables as tables
            >>> from trimtab.tables.copies import Copies
            >>> table = tables.read("red-wine")
            >>> copies = Copies.of(table, tables.infer_schema(table, "quality"))
            >>> copies.repeats, copies.alike, copies.rows, copies.first[:5]
            (240, 460, 1599, array([0, 1, 2, 3, 0]))
        """
        names = [each.name for each in schema.columns if each.role in ("feature", "target")]
        hashes = row_hashes(table, names)
        if rows is not None:
            hashes = hashes[rows]
        # Sorting numbers is several times as fast as sorting their places, or as a hash table: the
        # places are sorted of those rows only whose leading bits are those of a repeated number.
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
        """How many of the rows differ."""
        return self.rows - self.repeats

    @property
    def most(self) -> bool:
        """Whether most rows have a copy, as different cases do in tables of few categories."""
        return 2 * self.alike > self.rows

    def among(self, rows: Rows, others: Rows) -> NDArray[np.bool_]:
        """Which of the rows equal one of the others, or are one of them."""
        there = np.zeros(len(self.first), np.bool_)
        there[self.first[others]] = True
        return there[self.first[rows]]


def row_hashes(table: Table, names: Iterable[str]) -> NDArray[np.uint64]:
    """64 bits of each row, the same for rows with the same cells in these columns.

    One column at a time: the table may fill half of the memory. Hashes of one table are not those
    of another one, as texts count by their order of appearance.
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
    """Cells as plain numbers that are equal where the cells are."""
    import pandas as pd

    kind = storage.of(cells)
    if kind == "datetime":
        return nanoseconds(cells).view(np.int64)
    if kind == "text":
        return np.asarray(pd.factorize(cells)[0])
    if isinstance(cells.dtype, np.dtype):
        return cells.to_numpy()
    return cells.to_numpy(np.float64, na_value=np.nan)


def _bits(cells: NDArray[Any]) -> NDArray[np.uint64]:
    if cells.dtype.kind != "f":
        return cells.astype(np.int64).view(np.uint64)
    numbers = cells.astype(np.float64)
    numbers += 0.0  # -0.0 becomes 0.0
    numbers[np.isnan(numbers)] = np.nan  # which has many bit patterns
    return numbers.view(np.uint64)
