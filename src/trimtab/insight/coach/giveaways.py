"""Which columns of a table give its target away, by the rules for tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION
from trimtab.core.types import Doubles, Floats
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.labels import is_one_hot
from trimtab.insight.coach.ridge import ridge
from trimtab.insight.probe.tracking import spread
from trimtab.tables.columns.suspicions.giveaway import determines, gives_away
from trimtab.tables.columns.suspicions.purity import EXCEPTIONS

__all__ = ["telling_columns"]

#: Fewest rows, and most that are looked at, spread over all.
FEWEST, MOST = 20, 20_000

#: Rows that show of most columns that they do not determine the target.
SOME = 2_000

#: A column that alone leaves no more of the variance of the target than this, and a fifth of what
#: all others together leave, is made from the target. In 21 real tables the best column leaves a
#: quarter; one made from the target with noise, flips or in grades leaves 6 % at most. Where the
#: others leave more than the last share there is nothing but this column to learn from.
LEFT, TIMES_LESS, UNTOLD = 0.07, 5.0, 0.95

#: Most rows for that, and fewest; and bins of a column.
COMPARED, FEWEST_COMPARED, BINS = 3000, 100, 20

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
    if not told:
        told = _outweighing(x.values[rows], targets)
    return told


def _outweighing(x: Floats, y: Doubles) -> dict[int, str]:
    """The column that alone says next to all of a target of which the others say little."""
    if len(x) < FEWEST_COMPARED or x.shape[1] < 2 or not np.isfinite(x).all():
        return {}
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(x))[:COMPARED]
    x, half = x[order], len(order) // 2
    encoded = _encoded(y[order])
    total = float(np.square(encoded[half:] - encoded[:half].mean(axis=0)).sum())
    if not total > 0:
        return {}
    left = [_left(column, encoded, half) / total for column in x.T.astype(np.float64)]
    best = int(np.argmin(left))
    if not left[best] <= LEFT:
        return {}
    others = np.delete(x, best, axis=1)
    predicted = ridge(others[:half], encoded[:half].astype(np.float32), others[half:])
    rest = float(np.square(encoded[half:] - predicted).sum()) / total
    if not TIMES_LESS * left[best] <= rest <= UNTOLD:
        return {}
    return {
        best: f"alone leaves {100 * left[best]:.2g} % of the variance of y, all others together "
        f"{100 * rest:.0f} %"
    }


def _encoded(y: Doubles) -> Doubles:
    """Targets as columns of which a mean makes sense: one for each of a few classes."""
    numbers = np.unique(y)
    if y.shape[1] > 1 or len(numbers) > CLASSES or not (numbers == np.floor(numbers)).all():
        return y
    each: Doubles = (y == numbers[1:]).astype(np.float64)
    return each


def _left(column: Doubles, y: Doubles, half: int) -> float:
    """Squares that a column leaves of the second half of the rows, by means of bins or a line."""
    own, new = column[:half], column[half:]
    mean = y[:half].mean(axis=0)
    spread = float(own.std())
    if not spread > 0:
        return float(np.square(y[half:] - mean).sum())
    values = np.unique(own)
    edges = values[1:]
    if len(values) > BINS:
        edges = np.unique(np.quantile(own, np.linspace(0, 1, BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, own, side="right")
    counts = np.bincount(bins, minlength=len(edges) + 1)[:, None]
    sums = np.stack([np.bincount(bins, t, len(edges) + 1) for t in y[:half].T], axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), mean)
    binned = means[np.searchsorted(edges, new, side="right")]
    slope = ((own - own.mean()) @ (y[:half] - mean)) / (len(own) * spread**2)
    line = mean + (new - own.mean())[:, None] * slope
    return min(float(np.square(y[half:] - each).sum()) for each in (binned, line))


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
