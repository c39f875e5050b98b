"""Dropout: the op that draws a mask."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.engines.jax.random import lanes
from trimtab.program.ops import Dropout

#: The lower end of selu.
_END = -1.0507009873554805 * 1.6732632423543772


def dropout(op: Dropout, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x * scale`` where the lane is at or above the limit, else 0."""
    (x,) = call.inputs
    if not call.training:
        return x, ()
    rows, columns = x.shape
    rows, columns = 1 if op.share_rows else rows, 1 if op.share_columns else columns
    return (alpha_dropped if op.for_selu else dropped)(x, rows, columns, call), ()


def dropped(x: Array, rows: int, columns: int, call: Context) -> Array:
    """``x`` with elements dropped by a mask of this shape, and the others scaled."""
    assert call.knobs is not None
    # Not a product with the mask: a nan that is dropped becomes 0.
    return jnp.where(_kept(rows, columns, call), x * call.knobs.scale.astype(x.dtype), 0)


def alpha_dropped(x: Array, rows: int, columns: int, call: Context) -> Array:
    """``x`` with elements moved to the lower end of selu, mean 0 and variance 1 kept."""
    assert call.knobs is not None
    rate = call.knobs.limit.astype(jnp.float32) / 65536
    left = 1 - rate
    scale = jnp.where(left > 0, jax.lax.rsqrt(left * (1 + rate * _END**2)), 0.0)
    kept = (full(x) * scale - scale * _END * rate).astype(x.dtype)
    return jnp.where(_kept(rows, columns, call), kept, (scale * _END * left).astype(x.dtype))


def _kept(rows: int, columns: int, call: Context) -> Array:
    assert call.knobs is not None
    drawn = lanes(call.knobs.key, call.step, rows, columns)
    return drawn.astype(jnp.uint32) >= call.knobs.limit  # for rate 1 the limit is above every lane
