"""Columns moved and scaled by fixed numbers."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.graph import f32
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Normalization, Rescaling
from trimtab.program.ops.rescaling import SMALLEST

__all__ = ["normalization", "rescaling"]


def rescaling(op: Rescaling, call: Context) -> str:
    """``x * scale + offset``."""
    g, (x,) = call.graph, call.inputs
    return g("Add", g("Mul", x, f32(op.scale)), f32(op.offset))


def normalization(op: Normalization, call: Context) -> str:
    """``(x - mean) / deviation``, or ``x * deviation + mean``."""
    g, (x,) = call.graph, call.inputs
    mean, variance = call.state[:2] if op.mean is None else (f32(op.mean), f32(op.variance))
    deviation = np.maximum(np.sqrt(f32(variance)), f32(SMALLEST))
    if op.invert:
        return g("Add", g("Mul", x, f32(deviation)), f32(mean))
    return g("Div", g("Sub", x, f32(mean)), f32(deviation))
