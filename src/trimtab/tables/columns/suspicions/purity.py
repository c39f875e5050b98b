"""Whether each value of a column goes with a single target."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.tables.columns.column import Column
from trimtab.tables.columns.suspicions.look import Look

__all__ = ["EXCEPTIONS", "GROUPS", "purity", "rows_by_value"]

#: A column determines the target if it does so for all but this share of rows ...
EXCEPTIONS = 0.001
#: ... and the probability of that by chance is less than this.
CHANCE = 1e-6
#: The fewest and most rows per value, on average, of a column that groups rows.
GROUP_ROWS = (1.1, 20.0)
#: The fewest groups.
GROUPS = 20


def purity(codes: NDArray[np.int64], target: NDArray[np.float64]) -> tuple[int, int] | None:
    """The number of values of a column, and of rows whose target is not the usual one of theirs.

    None if there are more than a few such rows, or if it may be chance: the probability that m rows
    of one value have the same target by chance is the sum over targets c of p(c)^m; for all values,
    the product.
    """
    rows = len(codes)
    sizes = np.bincount(codes)
    labels, y = np.unique(target, return_inverse=True)
    if len(labels) < 2 or len(sizes) < 2:
        return None
    pairs, counts = np.unique(codes * len(labels) + y, return_counts=True)
    usual = np.zeros(len(sizes), np.int64)
    np.maximum.at(usual, pairs // len(labels), counts)
    wrong = rows - int(usual.sum())
    if wrong > EXCEPTIONS * rows:
        return None
    shares = np.bincount(y) / rows
    times, of_size = np.unique(sizes[usual == sizes], return_counts=True)
    with np.errstate(under="ignore"):
        chances = [float((shares**m).sum()) for m in times]
    logarithm = float(np.dot(of_size, np.log(np.maximum(chances, 1e-300))))
    return (len(sizes), wrong) if logarithm < np.log(CHANCE) else None


def rows_by_value(look: Look, column: Column) -> tuple[int, int] | None:
    """The numbers of values and rows, if each value has a few rows; else None."""
    cells = look.table.frame[column.name].iloc[look.rows]
    values, rows = int(cells.nunique()), int(cells.notna().sum())
    some_each = values >= GROUPS and GROUP_ROWS[0] <= rows / values <= GROUP_ROWS[1]
    return (values, rows) if some_each else None
