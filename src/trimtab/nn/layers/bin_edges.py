"""Where the bins of a number begin and end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats

__all__ = ["BEYOND", "PLACEMENTS", "quantile_edges", "tree_edges"]

#: Beyond all cells: the edges that a column with few values does not need.
BEYOND = np.finfo(np.float32).max

#: How edges are found.
PLACEMENTS = ("quantiles", "tree")

#: Least rows of a leaf, and least share of the rows: an edge must not stand for a few rows.
_LEAF, _LEAF_SHARE = 20, 0.005


def quantile_edges(column: Floats, bins: int) -> Floats:
    """Ascending edges at the quantiles of a column, or on every value if there are few.

    ``(bins + 1,)``. A value that fills a bin by itself, such as the 0 of a column that is mostly 0,
    has an edge of its own; the others lie at quantiles of the cells that are left. Edges that a
    column with fewer values does not need lie beyond all cells.

    Args:
        column: cells; those that are not finite do not count.
        bins: at most.

    Example:
        >>> quantile_edges(np.arange(9, dtype=np.float32), 2).tolist()
        [0.0, 4.0, 8.0]
        >>> mostly_0 = np.concatenate([np.zeros(90), np.arange(11.0)]).astype(np.float32)
        >>> quantile_edges(mostly_0, 3).tolist()
        [0.0, 1.0, 5.5, 10.0]
    """
    values, counts = np.unique(column[np.isfinite(column)], return_counts=True)
    if not values.size:
        return _padded(np.zeros(1, np.float32), bins)
    left, own = bins + 1, np.zeros(values.size, bool)
    while values.size > bins + 1 and left > 1:
        # Fewer cells are left for fewer edges: another value may fill a bin now.
        heavy = ~own & (counts * (left - 1) >= counts[~own].sum())
        if not heavy.any():
            break
        places = np.flatnonzero(heavy)[:left]
        own[places] = True
        left -= places.size
    if values.size > bins + 1:
        rest = np.repeat(values[~own], counts[~own])
        spread = np.quantile(rest, np.linspace(0, 1, left)) if left > 1 else rest[:left]
        values = np.unique(np.concatenate([values[own], spread.astype(np.float32)]))
    return _padded(values, bins)


def tree_edges(column: Floats, target: Floats, bins: int) -> Floats:
    """Ascending edges where a small decision tree on this column alone divides the target.

    ``(bins + 1,)``: the least and the greatest value, and the tree's thresholds between them. Those
    that the tree does not need lie beyond all cells.

    Args:
        column: cells; those that are not finite do not count.
        target: ``(rows, outputs)``; of classes a column of 0 and 1 for each.
        bins: at most.

    Example:
        >>> x = np.arange(100, dtype=np.float32)
        >>> tree_edges(x, (x[:, None] > 62.5).astype(np.float32), 2).tolist()
        [0.0, 62.5, 99.0]
    """
    from sklearn.tree import DecisionTreeRegressor

    known = np.isfinite(column) & np.all(np.isfinite(target), axis=1)
    cells = column[known]
    if not cells.size or bins < 2:
        return quantile_edges(column, bins)
    ends = np.array([cells.min(), cells.max()], np.float32)
    # The squared error of columns of 0 and 1 is Gini's impurity.
    tree = DecisionTreeRegressor(
        max_leaf_nodes=bins,
        min_samples_leaf=min(max(_LEAF, round(_LEAF_SHARE * cells.size)), cells.size),
        random_state=0,
    ).fit(cells[:, None], target[known])
    inner: NDArray[np.float64] = tree.tree_.threshold[tree.tree_.children_left >= 0]
    return _padded(np.unique(np.concatenate([ends, inner.astype(np.float32)])), bins)


def _padded(values: Floats, bins: int) -> Floats:
    edges = np.full(bins + 1, BEYOND, np.float32)
    edges[: values.size] = values
    return edges
