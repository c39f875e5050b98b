"""DropConnect, which drops nothing in inference."""

from __future__ import annotations

from trimtab.interchange.graph.graph import f32
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import DropConnect

__all__ = ["drop_connect"]


def drop_connect(op: DropConnect, call: Context) -> str:
    """``x @ kernel``."""
    return call.graph("MatMul", *call.inputs, f32(call.parameters[0]))
