"""Gated linear units."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Glu

__all__ = ["glu"]


def glu(op: Glu, call: Context) -> str:
    """The first half of each member's columns times the sigmoid of the second."""
    g, (x,), (width,) = call.graph, call.inputs, call.widths
    halves = g.reshape(x, -1, op.members, 2, width // (2 * op.members))
    value, gate = (g("Gather", halves, np.int64(half), axis=2) for half in (0, 1))
    return g.reshape(g("Mul", value, g("Sigmoid", gate)), -1, width // 2)
