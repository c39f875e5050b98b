"""Piecewise-linear embedding: numbers as learned curves."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.graph import f32, i64
from trimtab.interchange.graph.network.context import Context
from trimtab.interchange.graph.network.passing import beside, cells_of
from trimtab.interchange.graph.searching import at_most
from trimtab.program.ops import PiecewiseLinear
from trimtab.program.ops.piecewise_linear import LARGEST

__all__ = ["piecewise_linear"]


def piecewise_linear(op: PiecewiseLinear, call: Context) -> str:
    """Columns that pass through, then the curves of the embedded ones."""
    g, number = call.graph, len(op.columns)
    (parameters,), (state,) = call.parameters, call.state
    table, edges = f32(parameters).reshape(number, op.knots + 1, op.dim), f32(state)
    if op.increments:
        sums = np.cumsum(table[:, :-1].astype(np.float64), axis=1)
        table = np.concatenate([f32(sums), table[:, -1:]], axis=1)
    cells, gone = cells_of(op.columns, call)
    held = g.clipped(cells, f32(-LARGEST), f32(LARGEST))
    place = at_most(g, held, edges.reshape(number, op.knots)[:, 1:-1])
    first = i64(np.arange(number) * op.knots)
    low = g("Gather", edges, g("Add", place, first), axis=0)
    high = g("Gather", edges, g("Add", place, first + 1), axis=0)
    width = g("Sub", high, low)
    wide = g("Greater", width, f32(0))
    inside = g("Div", g("Sub", held, low), g("Where", wide, width, f32(1)))
    share = g("Where", wide, g.clipped(inside, f32(0), f32(1)), f32(0))
    # The vector of NaN is read twice, so that nothing lies between.
    rows = i64(np.arange(number) * (op.knots + 1))
    start = g("Add", g("Where", gone, i64(op.knots), place), rows)
    behind = g("Add", g("Where", gone, i64(op.knots), g("Add", place, i64(1))), rows)
    vectors = f32(table).reshape(-1, op.dim)
    here, there = (g("Gather", vectors, each, axis=0) for each in (start, behind))
    way = g("Mul", g.reshape(share, -1, number, 1), g("Sub", there, here))
    return beside(op.columns, g("Add", here, way), number * op.dim, call, linear=op.linear)
