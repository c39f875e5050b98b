"""Embedding: categories as learned vectors."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.graph import f32
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Embedding

__all__ = ["embedding"]


def embedding(op: Embedding, call: Context) -> str:
    """Columns that pass through, then the table rows that the codes name.

    Each table has a row of NaN below it, for codes that name no row.
    """
    g, (x,), (width,) = call.graph, call.inputs, call.widths
    passing = width - len(op.tables)
    parts = [g.columns(x, np.arange(passing))] if passing else []
    for place, number in enumerate(op.tables):
        size, dim = op.sizes[number], op.dims[number]
        table = np.concatenate([f32(call.parameters[number]), f32(np.full((1, dim), np.nan))])
        code = g("Gather", x, np.int64(passing + place), axis=1)
        inside = g("And", g("Greater", code, f32(-1)), g("Less", code, f32(size)))
        row = g.cast(g("Where", inside, code, f32(size)), "int64")  # towards zero
        parts.append(g("Gather", table, row, axis=0))
    return g.joined(parts)
