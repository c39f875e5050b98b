"""Softmax over the columns of each row."""

from __future__ import annotations

from collections.abc import Sequence

import jax

from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import Softmax


def softmax(op: Softmax, call: Context) -> tuple[Array, Sequence[Array]]:
    """``exp(x - max) / sum exp(x - max)``."""
    (x,) = call.inputs
    if op.members == 1:
        return jax.nn.softmax(full(x), axis=1).astype(x.dtype), ()
    each = full(x).reshape(len(x), op.members, -1)
    return jax.nn.softmax(each, axis=2).reshape(x.shape).astype(x.dtype), ()
