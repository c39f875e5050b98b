"""Split by time with groups apart: for models whose new rows come later, from new groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.words import count
from trimtab.errors import InvalidData
from trimtab.tables.splits.by_group import ByGroup
from trimtab.tables.splits.by_time import ByTime
from trimtab.tables.splits.way import LEAST_TRAINING_ROWS, RowNumbers, Way

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table

__all__ = ["ByTimeAndGroup"]


class ByTimeAndGroup(Way):
    """Earlier rows, then later ones; earlier rows whose group comes again later are left out.

    Every row that is trained on is earlier than every row that scores the model, and no group is on
    both sides. Rows to score are never left out: the parts are those of a split by time alone.
    """

    groups: RowNumbers

    def __init__(
        self, table: Table, schema: Schema, rows: RowNumbers, time: str, group: str
    ) -> None:
        super().__init__()
        self._time = ByTime(table, schema, rows, time)
        by_group = ByGroup(table, schema, rows, group, seed=0)  # draws nothing here
        self.groups, self.words = by_group.groups, by_group.words
        self._names = time, group
        self._left_out = 0

    def cut(
        self, rows: RowNumbers, share: float, of: int, part: str
    ) -> tuple[RowNumbers, RowNumbers]:
        earlier, later = self._time.cut(rows, share, of, part)
        return self._apart(earlier, later, of), later

    def folds(self, rows: RowNumbers, folds: int) -> Iterator[tuple[RowNumbers, RowNumbers]]:
        for earlier, later in self._time.folds(rows, folds):
            yield self._apart(earlier, later, len(rows)), later

    def _apart(self, earlier: RowNumbers, later: RowNumbers, of: int) -> RowNumbers:
        again = np.isin(self.groups[earlier], self.groups[later])
        kept = earlier[~again]
        if again.any() and len(kept) < LEAST_TRAINING_ROWS:
            time, group = self._names
            raise InvalidData(
                f"split by {time!r} with the groups of {group!r} apart leaves {len(kept)} of {of} "
                f"rows to train on: {count(int(again.sum()), 'earlier row')} are of groups that "
                f"come again later. Leave group={group!r} (--group) out if the same groups come "
                f"again in new rows, else time={time!r} (--time)."
            )
        self._left_out += int(again.sum())
        return kept

    def manner(self, *parts: RowNumbers) -> str:
        return f"{self._time.manner(*parts)}{self._said()}"

    def manner_of_folds(self) -> str:
        return f"{self._time.manner_of_folds()}{self._said()}"

    def _said(self) -> str:
        group = self._names[1]
        if not self._left_out:
            return f"; no group of {group!r} is in two parts"
        return (
            f"; {count(self._left_out, 'earlier row')} left out, since their groups of {group!r} "
            "come again later"
        )
