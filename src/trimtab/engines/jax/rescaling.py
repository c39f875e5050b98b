"""Columns moved and scaled by fixed numbers."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import Normalization, Rescaling
from trimtab.program.ops.rescaling import SMALLEST


def rescaling(op: Rescaling, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x * scale + offset``."""
    (x,) = call.inputs
    value = full(x) * jnp.array(op.scale, jnp.float32) + jnp.array(op.offset, jnp.float32)
    return value.astype(x.dtype), ()


def normalization(op: Normalization, call: Context) -> tuple[Array, Sequence[Array]]:
    """``(x - mean) / deviation``, or ``x * deviation + mean``."""
    (x,) = call.inputs
    if op.mean is None:
        mean, variance, _ = call.state
    else:
        mean, variance = (jnp.array(each, jnp.float32) for each in (op.mean, op.variance))
    deviation = jnp.maximum(jnp.sqrt(variance), SMALLEST)
    value = full(x) * deviation + mean if op.invert else (full(x) - mean) / deviation
    return value.astype(x.dtype), call.state
