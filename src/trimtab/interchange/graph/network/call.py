"""Custom layers, which no file of another format can hold."""

from __future__ import annotations

from trimtab.errors import Unsupported
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Call

__all__ = ["call"]


def call(op: Call, context: Context) -> str:
    """Refuses it by its name.

    Raises:
        Unsupported: always.
    """
    raise Unsupported(
        f"{op.label} is written in Python, and the file can only hold trimtab's own layers. "
        "Use layers of trimtab.layers in its place, or model.save() to keep it."
    )
