"""Sum of two values."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.engines.jax.context import Array, Context
from trimtab.program.ops import Add


def add(op: Add, call: Context) -> tuple[Array, Sequence[Array]]:
    """``a + b``."""
    a, b = call.inputs
    return a + b, ()
