"""Dropout, which does nothing in inference."""

from __future__ import annotations

from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Dropout

__all__ = ["dropout"]


def dropout(op: Dropout, call: Context) -> str:
    """``x``."""
    return call.inputs[0]
