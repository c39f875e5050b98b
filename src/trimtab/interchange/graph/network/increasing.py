"""Columns that rise from one to the next."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.graph import i64
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Increasing

__all__ = ["increasing"]


def increasing(op: Increasing, call: Context) -> str:
    """The running sum of ``x[0], softplus(x[1]), softplus(x[2]), ...`` in each group."""
    g, (x,), (width,) = call.graph, call.inputs, call.widths
    if op.group == 1:
        return x
    each = g.reshape(x, -1, width // op.group, op.group)
    first = g("Gather", each, i64([0]), axis=2)
    steps = g("Softplus", g("Gather", each, i64(np.arange(1, op.group)), axis=2))
    return g.reshape(g("CumSum", g.joined([first, steps], axis=2), np.int64(2)), -1, width)
