"""Columns that rise from one to the next."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import Increasing


def increasing(op: Increasing, call: Context) -> tuple[Array, Sequence[Array]]:
    """The running sum of ``x[0], softplus(x[1]), softplus(x[2]), ...`` in each group."""
    (x,) = call.inputs
    each = full(x).reshape(len(x), -1, op.group)
    steps = jnp.concatenate([each[:, :, :1], jax.nn.softplus(each[:, :, 1:])], axis=2)
    return jnp.cumsum(steps, axis=2).reshape(x.shape).astype(x.dtype), ()
