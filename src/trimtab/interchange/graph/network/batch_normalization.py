"""Batch normalization, by its moving averages."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.graph import f32, f64
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import BatchNormalization

__all__ = ["batch_normalization"]


def batch_normalization(op: BatchNormalization, call: Context) -> str:
    """``(x - mean) * factor + beta``. The mean comes off first, so that nothing large cancels."""
    g, (x,), parameters = call.graph, call.inputs, list(call.parameters)
    mean, variance = call.state[:2]
    factor = 1 / np.sqrt(f64(variance) + op.epsilon)
    if op.scale:
        factor = factor * parameters.pop(0)
    value = g("Mul", g("Sub", x, f32(mean)), f32(factor))
    return g("Add", value, f32(parameters.pop(0))) if op.center else value
