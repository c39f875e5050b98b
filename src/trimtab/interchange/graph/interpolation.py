"""Piecewise-linear curves, one for each column, all looked up at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trimtab.core.types import Doubles
from trimtab.interchange.graph.graph import Graph, f64, i64
from trimtab.interchange.graph.searching import at_most

__all__ = ["interpolated"]


def interpolated(
    graph: Graph,
    values: str,
    curves: Sequence[tuple[Doubles, Doubles]],
    at: Sequence[Doubles] | None = None,
) -> str:
    """``np.interp(column, x, y)`` for each column.

    Args:
        graph: takes the nodes.
        values: ``(rows, columns)`` in float64, finite.
        curves: ``x``, ascending, and ``y`` for each column. Of equal x the last one counts.
        at: what the curves are at the places x themselves; None: y.

    Returns:
        ``(rows, columns)`` in float64.
    """
    longest = max(len(x) for x, _ in curves)
    edges = np.full((len(curves), longest), np.inf)
    # Row 0 is left of the curve, row j right of x[j - 1].
    knot, height, slope, exact = (np.zeros((len(curves), longest + 1)) for _ in range(4))
    for number, (x, y) in enumerate(curves):
        size = len(x)
        edges[number, :size] = x
        knot[number, : size + 1] = [x[0], *x]
        height[number, : size + 1] = [y[0], *y]
        exact[number, : size + 1] = [y[0], *(y if at is None else at[number])]
        run = np.diff(x)
        slope[number, 1:size] = np.divide(np.diff(y), run, out=np.zeros(size - 1), where=run > 0)
    place = at_most(graph, values, edges)
    row = graph("Add", place, i64(np.arange(len(curves)) * (longest + 1)))
    here = graph("Gather", f64(knot).reshape(-1), row, axis=0)
    rise = graph("Gather", f64(slope).reshape(-1), row, axis=0)
    start = graph("Gather", f64(height).reshape(-1), row, axis=0)
    line = graph("Add", graph("Mul", rise, graph("Sub", values, here)), start)
    if at is None:
        return line
    own = graph("Gather", f64(exact).reshape(-1), row, axis=0)
    return graph("Where", graph("Equal", values, here), own, line)
