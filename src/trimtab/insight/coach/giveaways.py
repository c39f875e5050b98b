"""Which columns of a table give its target away, by the rules for tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION
from trimtab.core.types import Doubles
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.labels import is_one_hot
from trimtab.insight.probe.tracking import spread
from trimtab.tables.columns.suspicions.giveaway import determines, gives_away
from trimtab.tables.columns.suspicions.purity import EXCEPTIONS

__all__ = ["telling_columns"]

#: Fewest rows, and most that are looked at, spread over all.
FEWEST, MOST = 20, 20_000

#: Rows that show of most columns that they do not determine the target.
SOME = 2_000

#: Most targets that are looked at, and most different numbers that are classes.
TARGETS, CLASSES = 4, 20


def telling_columns(x: GivenTable, y: GivenTable, rows: NDArray[np.int64]) -> dict[int, str]:
    """Number of a column -> how it gives the target away, in words.

    Args:
        x, y: Features and targets.
        rows: Numbers of the rows without copies, which agree in all columns, so that each would
            determine the target.
    """
    if len(rows) < FEWEST:
        return {}
    rows = spread(rows, MOST)
    told: dict[int, str] = {}
    targets = y.values[rows].astype(np.float64)
    if y.width > 1 and is_one_hot(
        y.values
    ):  # one of several classes: a column may well tell a single one
        targets = targets.argmax(axis=1)[:, None].astype(np.float64)
    kinds = [_kind(targets[:, place]) for place in range(min(targets.shape[1], TARGETS))]
    for i in range(x.width):
        column = x.values[rows, i].astype(np.float64)
        column[~np.isfinite(column)] = np.nan
        for place, task in enumerate(kinds):
            name = "y" if targets.shape[1] == 1 else f"{y.column(place)} of y"
            how = _tells(column, targets[:, place], task, name)
            if how is not None:
                told.setdefault(i, how)
    return told


def _kind(y: Doubles) -> str:
    """The task that a target makes, by how many different numbers it has."""
    if len(np.unique(y[:1000])) > CLASSES:
        return REGRESSION
    numbers = np.unique(y)
    if len(numbers) > CLASSES or (numbers != np.floor(numbers)).any():
        return REGRESSION
    return BINARY if len(numbers) == 2 else MULTICLASS


def _tells(x: Doubles, y: Doubles, task: str, name: str) -> str | None:
    """How a column gives a target away, in words."""
    how = gives_away(x, y, task=task, target=name)
    if how is not None:
        return how
    if _mixed(x, y) > EXCEPTIONS * len(x):
        return None
    return determines(np.unique(x, return_inverse=True, equal_nan=True)[1], y, name)


def _mixed(x: Doubles, y: Doubles) -> int:
    """Of how many rows at least the target is not the usual one of their value; from some rows.

    Sorted, each change of the target within a value is a row that has another one.
    """
    x, y = spread(x, SOME), spread(y, SOME)
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    return int(np.count_nonzero((x[1:] == x[:-1]) & (y[1:] != y[:-1])))
