"""Matrix product and bias."""

from __future__ import annotations

from trimtab.interchange.graph.graph import f32
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Bias, Matmul

__all__ = ["bias", "matmul"]


def matmul(op: Matmul, call: Context) -> str:
    """``x @ kernel``, for each member."""
    g, (x,), (kernel,) = call.graph, call.inputs, call.parameters
    inputs, units = kernel.shape
    if op.members == 1:
        return g("MatMul", x, f32(kernel))
    product = g("MatMul", g.reshape(x, -1, inputs), f32(kernel))
    return g.reshape(product, -1, op.members * units)


def bias(op: Bias, call: Context) -> str:
    """``x + bias``."""
    return call.graph("Add", *call.inputs, f32(call.parameters[0]))
