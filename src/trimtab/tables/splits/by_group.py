"""Whole groups: for models whose new rows will come from new groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.words import count, listed
from trimtab.errors import InvalidData
from trimtab.tables.columns.equality import coded
from trimtab.tables.splits.way import (
    LEAST_PART,
    RowNumbers,
    Way,
    check_enough,
    each_part,
    first_part,
    random_state,
    rounded,
)

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table

__all__ = ["ByGroup"]


class ByGroup(Way):
    """Whole groups."""

    groups: RowNumbers

    def __init__(
        self, table: Table, schema: Schema, rows: RowNumbers, column: str, seed: int
    ) -> None:
        super().__init__()
        self._column, self._seed, self._random = column, seed, random_state(seed)
        self.groups, missing = _numbered(coded(table, schema.column(column))[0])
        self._all = self._count(rows)
        if missing:
            self.words.append(f"{count(missing, 'row')} without {column!r} count as one group.")
        if self._all < 2:
            raise InvalidData(
                f"all rows of {table.name} have the same {column!r}, but a split by group needs at "
                "least two groups. Name another column, or leave the group out."
            )

    def cut(
        self, rows: RowNumbers, share: float, of: int, part: str
    ) -> tuple[RowNumbers, RowNumbers]:
        from sklearn.model_selection import ShuffleSplit

        here = self._names(rows)
        size = rounded(share * self._all)
        if not 1 <= size < len(here):
            raise InvalidData(
                f"{part}={share:g} of the {self._all} groups of {self._column!r} is {size}, but "
                "each part needs at least one. Use another share, or a column with more groups."
            )
        # GroupShuffleSplit, without its sorting of all rows.
        splitter = ShuffleSplit(1, test_size=size, random_state=self._random)
        _, drawn = first_part(here, splitter.split(here))
        chosen = np.zeros(int(here[-1]) + 1, np.bool_)
        chosen[drawn] = True
        inside = chosen[self.groups[rows]]
        rest, part_rows = rows[~inside], rows[inside]
        if len(part_rows) < LEAST_PART:
            raise InvalidData(
                f"{part}={share:g}: the drawn groups of {self._column!r} have {len(part_rows)} "
                f"row, but a part needs at least {LEAST_PART}. Use a larger share."
            )
        return rest, part_rows

    def folds(self, rows: RowNumbers, folds: int) -> Iterator[tuple[RowNumbers, RowNumbers]]:
        from sklearn.model_selection import GroupKFold
        from sklearn.utils import check_random_state

        check_enough(self._count(rows), folds, f"groups of {self._column!r}")
        # GroupKFold deals groups by size and number: numbers at random make ties a matter of seed.
        shuffled = check_random_state(self._random).permutation(int(self.groups.max()) + 1)
        return each_part(rows, GroupKFold(folds).split(rows, groups=shuffled[self.groups[rows]]))

    def manner(self, *parts: RowNumbers) -> str:
        counts = listed((f"{self._count(rows):,}" for rows in parts if len(rows)), last=" and ")
        how = f"whole groups by {self._column!r}, drawn at random (seed {self._seed})"
        return f"{how}: {counts} groups" if counts else how

    def _names(self, rows: RowNumbers) -> RowNumbers:
        """The groups that these rows belong to."""
        return np.flatnonzero(np.bincount(self.groups[rows])).astype(np.int64)

    def _count(self, rows: RowNumbers) -> int:
        return len(self._names(rows))


def _numbered(codes: RowNumbers) -> tuple[RowNumbers, int]:
    """Numbers 0, 1, 2, ... of the groups, the last one for missing ones, and the missing."""
    missing = codes < 0
    return np.where(missing, codes.max() + 1, codes), int(missing.sum())
