"""Several networks in one: factors and summands of their own, heads of their own, their mean."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.graph import f32, i64
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Affine, Average, Heads

__all__ = ["affine", "average", "heads"]

_TINY = np.finfo(np.float32).tiny


def affine(op: Affine, call: Context) -> str:
    """``x * scale + bias``, for each member."""
    g, (x,), (width,) = call.graph, call.inputs, call.widths
    own = width if op.repeat else width // op.members
    value = g.reshape(x, -1, 1 if op.repeat else op.members, own)
    parameters = list(call.parameters)
    if op.scale:
        value = g("Mul", value, f32(parameters.pop(0)))
    if op.center:
        value = g("Add", value, f32(parameters.pop(0)))
    if not call.parameters:  # of one member, repeated as it is
        value = g("Add", value, f32(np.zeros((op.members, 1))))
    return g.reshape(value, -1, op.members * own)


def heads(op: Heads, call: Context) -> str:
    """Each member's columns times its own kernel."""
    g, (x,), (kernel,) = call.graph, call.inputs, call.parameters
    members, inputs, units = kernel.shape
    each = g("Transpose", g.reshape(x, -1, members, inputs), perm=[1, 0, 2])
    product = g("Transpose", g("MatMul", each, f32(kernel)), perm=[1, 0, 2])
    return g.reshape(product, -1, members * units)


def average(op: Average, call: Context) -> str:
    """The mean over the members: of numbers, or of probabilities whose logits these are."""
    g, (x,), (width,) = call.graph, call.inputs, call.widths
    each = g.reshape(x, -1, op.members, width // op.members)
    if op.of == "numbers":
        return g("ReduceMean", each, axes=[1], keepdims=0)
    if op.of == "sigmoid_logits":
        yes, no = (
            g("Log", g("ReduceSum", g("Sigmoid", one), i64([1]), keepdims=0))
            for one in (each, g("Neg", each))
        )
        return g("Sub", yes, no)
    mean = g("ReduceMean", g("Softmax", each, axis=-1), axes=[1], keepdims=0)
    return g("Log", g("Max", mean, f32(_TINY)))
