"""Softmax over the columns of each row, and its relatives."""

from __future__ import annotations

from trimtab.interchange.graph.graph import Graph, f32, i64
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Softmax

__all__ = ["softmax"]


def softmax(op: Softmax, call: Context) -> str:
    """The function of each member's part of a row."""
    g, (x,), (width,) = call.graph, call.inputs, call.widths
    own = width // op.members
    each = x if op.members == 1 else g.reshape(x, -1, own)
    if op.function == "softmax":
        value = g("Softmax", each, axis=-1)
    elif op.function == "log_softmax":
        value = g("LogSoftmax", each, axis=-1)
    else:
        value = _sparsemax(g, each, own)
    return value if op.members == 1 else g.reshape(value, -1, width)


def _sparsemax(g: Graph, x: str, width: int) -> str:
    """``max(x - tau, 0)``: each column is above tau if the sum over it and larger ones says so."""
    x = g("Sub", x, g("ReduceMax", x, axes=[1], keepdims=1))
    others = g.reshape(x, -1, 1, width)
    larger = g.cast(g("GreaterOrEqual", others, g.reshape(x, -1, width, 1)), "float32")
    number = g("ReduceSum", larger, i64([2]), keepdims=0)
    total = g("ReduceSum", g("Mul", larger, others), i64([2]), keepdims=0)
    above = g.cast(g("Greater", g("Add", g("Mul", number, x), f32(1)), total), "float32")
    count = g("ReduceSum", above, i64([1]), keepdims=1)
    taken = g("ReduceSum", g("Mul", above, x), i64([1]), keepdims=1)
    tau = g("Div", g("Sub", taken, f32(1)), count)
    return g("Max", g("Sub", x, tau), f32(0))
