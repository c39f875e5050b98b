"""Dropout: the op that draws a mask."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.engines.jax.random import lanes
from trimtab.program.ops import Dropout


def dropout(op: Dropout, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x * scale`` where the lane is at or above the limit, else ``x * 0``."""
    (x,) = call.inputs
    if not call.training:
        return x, ()
    assert call.knobs is not None
    rows, columns = x.shape
    drawn = lanes(
        call.knobs.key, call.step, 1 if op.share_rows else rows, 1 if op.share_columns else columns
    )
    # A product, so that nan and infinity travel; the limit of rate 1 is above every lane.
    factor = jnp.where(drawn.astype(jnp.uint32) >= call.knobs.limit, call.knobs.scale, 0.0)
    return x * factor.astype(x.dtype), ()
