"""Numbers as the numbers of bins, and those as columns of 0 and 1."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.graph import f32, i64
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import CategoryEncoding, Discretization

__all__ = ["category_encoding", "discretization"]


def discretization(op: Discretization, call: Context) -> str:
    """How many of the boundaries are at most x; NaN stays."""
    g, (x,), (width,) = call.graph, call.inputs, call.widths
    below = g("GreaterOrEqual", g.reshape(x, -1, width, 1), f32(op.boundaries))
    count = g("ReduceSum", g.cast(below, "float32"), i64([2]), keepdims=0)
    return g("Where", g.is_nan(x), x, count)


def category_encoding(op: CategoryEncoding, call: Context) -> str:
    """``depth`` columns for each code, or for all codes of the row."""
    g, (x,), (width,) = call.graph, call.inputs, call.widths
    known = g("And", g("Greater", x, f32(-1)), g("Less", x, f32(op.depth)))
    codes = g.cast(g("Where", known, x, f32(0)), "int64")
    equal = g("Equal", g.reshape(codes, -1, width, 1), i64(np.arange(op.depth)))
    columns = g.cast(equal, "float32")
    columns = g("Where", g.reshape(known, -1, width, 1), columns, f32(np.nan))
    if op.mode == "one_hot":
        return g.reshape(columns, -1, width * op.depth)
    counts = g("ReduceSum", columns, i64([1]), keepdims=0)
    if op.mode == "count":
        return counts
    return g("Where", g("Greater", counts, f32(1)), f32(1), counts)
