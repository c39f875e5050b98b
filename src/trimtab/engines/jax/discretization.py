"""Numbers as the numbers of bins, and those as columns of 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import CategoryEncoding, Discretization


def discretization(op: Discretization, call: Context) -> tuple[Array, Sequence[Array]]:
    """How many of the boundaries are at most x."""
    (given,) = call.inputs
    x = jax.lax.stop_gradient(full(given))
    below = x[:, :, None] >= jnp.array(op.boundaries, jnp.float32)
    value = jnp.where(jnp.isnan(x), x, jnp.sum(below, axis=2))
    return value.astype(given.dtype), ()


def category_encoding(op: CategoryEncoding, call: Context) -> tuple[Array, Sequence[Array]]:
    """``depth`` columns for each code, or for all codes of the row."""
    (given,) = call.inputs
    x = jax.lax.stop_gradient(full(given))
    known = (x > -1) & (x < op.depth)
    codes = jnp.where(known, x, 0).astype(jnp.int32)
    columns = jax.nn.one_hot(codes, op.depth, dtype=jnp.float32)
    columns = jnp.where(known[:, :, None], columns, jnp.nan)
    if op.mode == "one_hot":
        value = columns.reshape(len(x), -1)
    else:
        counts = jnp.sum(columns, axis=1)
        value = jnp.minimum(counts, 1) if op.mode == "multi_hot" else counts
    return value.astype(given.dtype), ()
