"""Copies of a row stay on the same side of a split."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.tables.columns.copies import Copies
from trimtab.tables.splits.way import RowNumbers, Way

__all__ = ["Together"]


class Together(Way):
    """Another way, which divides the distinct rows; copies follow the first row of their kind."""

    def __init__(self, way: Way, copies: Copies) -> None:
        super().__init__()
        self._way, self._copies, self.words = way, copies, way.words
        repeat = "row repeats" if copies.repeats == 1 else "rows repeat"
        self.words.append(
            f"{copies.repeats:,} {repeat} another; a row and its copies stay on one side."
        )

    def cut(
        self, rows: RowNumbers, share: float, of: int, part: str
    ) -> tuple[RowNumbers, RowNumbers]:
        _, drawn = self._way.cut(self._distinct(rows), share, self._copies.distinct, part)
        inside = self._copies.among(rows, drawn)
        return rows[~inside], rows[inside]

    def folds(self, rows: RowNumbers, folds: int) -> Iterator[tuple[RowNumbers, RowNumbers]]:
        for _, drawn in self._way.folds(self._distinct(rows), folds):
            inside = self._copies.among(rows, drawn)
            yield rows[~inside], rows[inside]

    def manner(self, *parts: RowNumbers) -> str:
        return self._way.manner(*parts)

    def _distinct(self, rows: RowNumbers) -> RowNumbers:
        """The first of each set of equal rows."""
        distinct: RowNumbers = rows[self._copies.first[rows] == rows]
        return distinct
