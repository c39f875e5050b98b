"""A value that is kept as it is, and a penalty on its size that is part of the loss."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.engines.jax.losses import magnitude
from trimtab.program import Program
from trimtab.program.ops import ActivityPenalty

__all__ = ["activity_penalty", "row_penalties"]


def activity_penalty(op: ActivityPenalty, call: Context) -> tuple[Array, Sequence[Array]]:
    """The value itself; the penalty is added where losses are."""
    (x,) = call.inputs
    return x, ()


def row_penalties(program: Program, values: Sequence[Array]) -> Array | float:
    """What the values add to the loss of each row, ``(rows,)``; 0 where nothing is penalized."""
    total: Array | float = 0.0
    for op in program.ops:
        if isinstance(op, ActivityPenalty):
            x = full(values[op.inputs[0]])
            total += jnp.sum(op.l1 * magnitude(x) + op.l2 * jnp.square(x), axis=1)
    return total
