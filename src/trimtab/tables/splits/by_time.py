"""Split by time: training on the past, scores on what came after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import count, listed
from trimtab.errors import InvalidData
from trimtab.tables.files.numbers import whole
from trimtab.tables.splits.way import LEAST_PART, RowNumbers, Way, check_enough, size_of

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table

__all__ = ["ByTime"]


class ByTime(Way):
    """Earlier rows, then later ones."""

    def __init__(self, table: Table, schema: Schema, rows: RowNumbers, column: str) -> None:
        super().__init__()
        kind = schema.column(column).kind
        if kind not in ("datetime", "numeric", "integer"):
            raise InvalidData(
                f"a split by time needs a column of dates or numbers, but {column!r} is {kind}. "
                f"If it holds dates, use types={{{column!r}: 'datetime'}}."
            )
        self._column = column
        self._times, gaps = _times(table, schema, column)
        missing = rows[gaps[rows]]
        if len(missing):
            raise InvalidData(
                f"{table.name}, {table.place(int(missing[0]))}, column {column!r}: the time is "
                f"missing ({count(len(missing), 'row')} in all). Fill it in, or leave those "
                "rows out."
            )
        if len(np.unique(self._times[rows])) < 2:
            raise InvalidData(
                f"all rows of {table.name} have the same {column!r}, but a split by time needs at "
                "least two moments. Name another column, or leave the time out."
            )

    def cut(
        self, rows: RowNumbers, share: float, of: int, part: str
    ) -> tuple[RowNumbers, RowNumbers]:
        size = size_of(share, of, len(rows), part)
        order = rows[np.argsort(self._times[rows], kind="stable")]
        times = self._times[order]
        # Places where one moment ends and the next begins.
        changes = np.flatnonzero(times[1:] != times[:-1]) + 1
        changes = changes[len(order) - changes >= LEAST_PART]
        if not len(changes):
            raise InvalidData(
                f"{part}={share:g}: {self._column!r} allows no cut with {LEAST_PART} rows "
                "after it. Use a column with finer times, or leave the time out."
            )
        cut = int(changes[np.argmin(np.abs(changes - (len(order) - size)))])
        return np.sort(order[:cut]), np.sort(order[cut:])

    def folds(self, rows: RowNumbers, folds: int) -> Iterator[tuple[RowNumbers, RowNumbers]]:
        from sklearn.model_selection import TimeSeriesSplit

        moments, which = np.unique(self._times[rows], return_inverse=True)
        check_enough(
            len(moments), folds + 1, f"moments of {self._column!r}", f"fold={folds} by time"
        )
        for past, next_ones in TimeSeriesSplit(folds).split(moments):
            yield rows[which <= past[-1]], rows[np.isin(which, next_ones)]

    def manner(self, *parts: RowNumbers) -> str:
        spans = [self._times[rows] for rows in parts if len(rows)]
        starts = listed((f"from {_moment(times.min())}" for times in spans[1:]), last=" and ")
        return f"by {self._column!r}: up to {_moment(spans[0].max())}, then {starts}"

    def manner_of_folds(self) -> str:
        return f"by {self._column!r}: each fold is later than the rows its network trains on"


def _times(table: Table, schema: Schema, column: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The moments, whole numbers to the last digit, and which are missing."""
    import pandas as pd

    values = table.frame[column].array
    if values.dtype.kind in "iu" and schema.column(column).kind != "datetime":
        times, gaps = whole.taken_apart(
            values
            if isinstance(values.dtype, pd.api.extensions.ExtensionDtype)
            else values.to_numpy()
        )
        return times, np.zeros(len(times), np.bool_) if gaps is None else gaps
    read = schema.values(table, column)
    return read, np.asarray(pd.isna(read), bool)


def _moment(value: Any) -> str:
    """A date without its time where that is midnight."""
    if isinstance(value, np.datetime64):
        text = str(value.astype("datetime64[s]"))
        return text.removesuffix("T00:00:00").replace("T", " ")
    return str(value) if isinstance(value, np.integer) else f"{value:g}"
