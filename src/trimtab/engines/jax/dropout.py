"""Dropout: the op that draws a mask."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.engines.jax.random import lanes
from trimtab.program.ops import Dropout


def dropout(op: Dropout, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x * scale`` where the lane is at or above the limit, else 0."""
    (x,) = call.inputs
    if not call.training:
        return x, ()
    rows, columns = x.shape
    return dropped(x, 1 if op.share_rows else rows, 1 if op.share_columns else columns, call), ()


def dropped(x: Array, rows: int, columns: int, call: Context) -> Array:
    """``x`` with elements dropped by a mask of this shape, and the others scaled."""
    assert call.knobs is not None
    drawn = lanes(call.knobs.key, call.step, rows, columns)
    kept = drawn.astype(jnp.uint32) >= call.knobs.limit  # for rate 1 the limit is above every lane
    # Not a product with the mask: a nan that is dropped becomes 0.
    return jnp.where(kept, x * call.knobs.scale.astype(x.dtype), 0)
