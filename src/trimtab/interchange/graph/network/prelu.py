"""The rectified linear unit with a learned slope for each column."""

from __future__ import annotations

from trimtab.interchange.graph.graph import f32
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Prelu

__all__ = ["prelu"]


def prelu(op: Prelu, call: Context) -> str:
    """``x`` where x > 0, ``alpha * x`` elsewhere."""
    g, (x,) = call.graph, call.inputs
    low = g("Mul", x, f32(call.parameters[0]))
    return g("Where", g("Greater", x, f32(0)), x, low)
