"""How many of some sorted numbers are at most a value: by halving, in a fixed number of steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.interchange.graph.graph import Graph, i64

__all__ = ["at_most"]


def at_most(graph: Graph, values: str, edges: NDArray[Any]) -> str:
    """Column by column, how many edges are at most the value.

    Args:
        graph: takes the nodes.
        values: ``(rows, columns)``, finite.
        edges: ``(columns, edges)``, ascending, of the same type.

    Returns:
        ``(rows, columns)``, int64.
    """
    columns, number = edges.shape
    halvings = int(number).bit_length()
    length = 2**halvings - 1
    padded = np.full((columns, length), np.inf, edges.dtype)
    padded[:, :number] = edges
    if not length:
        return graph("Mul", graph.cast(graph("IsNaN", values), "int64"), i64(0))
    flat = np.ascontiguousarray(padded.reshape(-1))
    place: str | None = None
    for step in (2**power for power in reversed(range(halvings))):
        offset = i64(np.arange(columns) * length + step - 1)
        if place is None:  # all rows look at the middle
            here: Any = flat[offset]
        else:
            here = graph("Gather", flat, graph("Add", place, offset), axis=0)
        taken = graph.cast(graph("GreaterOrEqual", values, here), "int64")
        taken = taken if step == 1 else graph("Mul", taken, i64(step))
        place = taken if place is None else graph("Add", place, taken)
    assert place is not None
    return place
