"""Columns of x on scales that do harm."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from trimtab.core.types import Doubles, Floats
from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.facts import Facts
from trimtab.nn.optimizers import SGD

__all__ = ["Uneven", "float32_columns", "standardized", "uneven_columns"]

#: float32 steps per standard deviation; fewer leave less than three digits.
FEWEST_STEPS = 1000

#: Columns are on very different scales if their root mean squares differ by this factor.
APART = 20.0

#: The same factor for columns that are all between -1 and 1, where the large ones do no harm; and
#: how far a column goes that was brought between 0 and 1.
WIDE_APART, WITHIN = 100.0, 0.5

#: Columns with a larger root mean square are too large for plain SGD.
LARGE = 100.0


def float32_columns(facts: Facts) -> dict[int, float]:
    """Columns of x whose standard deviation is only a few float32 steps, and of how many."""
    if facts.x is None:
        return {}
    columns = facts.x.columns
    with np.errstate(invalid="ignore", over="ignore"):
        largest = np.maximum(np.abs(columns.low), np.abs(columns.high)).astype(np.float32)
        steps = columns.deviation / np.spacing(largest).astype(np.float64)
        coarse = (steps < FEWEST_STEPS) & (columns.deviation > 0)
    coarse[list(facts.codes)] = False  # whole numbers, which float32 holds
    return {int(number): float(steps[number]) for number in np.flatnonzero(coarse)}


@dataclass(frozen=True)
class Uneven:
    """Columns on large or different scales.

    Attributes:
        size: Root mean square of each column; 1 for one that is scaled, nan for one that has none.
        large, small: The largest and the smallest.
        ratio: Of the two.
        apart: Whether it is this that does harm, not the size of the largest alone.
    """

    size: Doubles
    large: int
    small: int
    ratio: float
    apart: bool


def uneven_columns(facts: Facts) -> Uneven | None:
    """Columns on large scales, or with SGD on very different ones, and no normalization first."""
    table, optimizer = facts.x, facts.optimizer
    if table is None or optimizer is None or _normalized_first(facts):
        return None
    columns = table.columns
    # A column of 0 and 1 is on the scale of 1, however rare its ones are.
    size = np.where(columns.binary, 1.0, columns.size)
    coarse = list(float32_columns(facts))  # without their mean they are as large as they deviate
    size[coarse] = columns.deviation[coarse]
    reach = np.maximum(np.abs(columns.low), np.abs(columns.high))
    # So is one that was brought between 0 and 1, or -1 and 1, however skewed it is.
    size = np.where((reach <= 1) & (reach > WITHIN), 1.0, size)
    size[~(np.isfinite(size) & (size > 0))] = np.nan
    size[list(facts.codes)] = np.nan  # numbers of categories have no scale
    if np.isnan(size).all():
        return None
    large, small = int(np.nanargmax(size)), int(np.nanargmin(size))
    ratio = float(size[large] / size[small])
    limit = WIDE_APART if np.nanmax(reach) <= 1 else APART
    if not isinstance(optimizer, SGD):
        limit = math.inf
    if ratio < limit and size[large] < LARGE:
        return None
    return Uneven(size, large, small, ratio, ratio >= limit and large != small)


def standardized(facts: Facts) -> Floats | None:
    """The columns as they are once their scales are mended; None if there is nothing to mend."""
    if facts.x is None or uneven_columns(facts) is None:
        return None
    columns = facts.x.columns
    center, scale = columns.mean.copy(), np.where(columns.deviation > 0, columns.deviation, 1.0)
    center[list(facts.codes)], scale[list(facts.codes)] = 0, 1
    return np.ascontiguousarray((facts.x.values - center) / scale, np.float32)


def _normalized_first(facts: Facts) -> bool:
    """Whether something that brings columns to one scale comes before every dense layer."""
    for node in facts.chain.of_kind("dense"):
        before = facts.chain.upstream(node, within="batch_normalization")
        if not any(_evens(other) for other in before):
            return False
    return True


def _evens(node: Node) -> bool:
    """Whether columns come out of it at one scale, as far as that can be known."""
    if node.kind == "rescaling":
        return bool(node.layer.by_column)
    return node.kind in ("batch_normalization", "encoding", "join", "own")
