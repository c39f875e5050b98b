"""Sum of two values."""

from __future__ import annotations

from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Add

__all__ = ["add"]


def add(op: Add, call: Context) -> str:
    """``a + b``."""
    return call.graph("Add", *call.inputs)
