"""What embeddings of numbers share: cells that may be NaN, and columns that pass through."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trimtab.interchange.graph.graph import f32
from trimtab.interchange.graph.network.context import Context

__all__ = ["beside", "cells_of"]


def cells_of(columns: Sequence[int], call: Context) -> tuple[str, str]:
    """The embedded columns, NaN as 0, and where they are NaN."""
    g = call.graph
    cells = g.columns(call.inputs[0], columns)
    gone = g.is_nan(cells)
    return g("Where", gone, f32(0), cells), gone


def beside(columns: Sequence[int], vectors: str, width: int, call: Context, *, linear: bool) -> str:
    """Columns that pass through, then the vectors ``(rows, columns, dim)`` of the embedded ones."""
    g, (x,), (all_columns,) = call.graph, call.inputs, call.widths
    flat = g.reshape(vectors, -1, width)
    own = np.isin(np.arange(all_columns), columns)
    if linear:
        x = g("Where", g("And", g.is_nan(x), own), f32(0), x)
    elif own.all():
        return flat
    else:
        x = g.columns(x, np.flatnonzero(~own))
    return g.joined([x, flat])
