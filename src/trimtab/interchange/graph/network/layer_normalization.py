"""Normalization of each row by itself."""

from __future__ import annotations

from trimtab.interchange.graph.graph import Graph, f32, i64
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import LayerNormalization

__all__ = ["layer_normalization"]


def layer_normalization(op: LayerNormalization, call: Context) -> str:
    """``x / size * gamma + beta``."""
    g, (x,), parameters = call.graph, call.inputs, list(call.parameters)
    if op.by == "deviation":
        x = g("Sub", x, g("ReduceMean", x, axes=[1], keepdims=1))
    value = g("Div", x, _size(op, g, x))
    if op.scale:
        value = g("Mul", value, f32(parameters.pop(0)))
    return g("Add", value, f32(parameters.pop(0))) if op.center else value


def _size(op: LayerNormalization, g: Graph, x: str) -> str:
    squares = g("Mul", x, x)
    if op.by != "length":
        mean = g("ReduceMean", squares, axes=[1], keepdims=1)
        return g("Sqrt", g("Add", mean, f32(op.epsilon)))
    length = g("Max", g("Sqrt", g("ReduceSum", squares, i64([1]), keepdims=1)), f32(op.epsilon))
    return g("Where", g("Equal", length, f32(0)), f32(1), length)  # a row of zeros stays one
