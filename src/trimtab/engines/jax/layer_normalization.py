"""Normalization of each row by itself."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import LayerNormalization


def layer_normalization(op: LayerNormalization, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x / size * gamma + beta``, all of it in float32."""
    (given,), parameters = call.inputs, list(call.parameters)
    x = full(given)
    if op.by == "deviation":
        x = x - jnp.mean(x, axis=1, keepdims=True)
    if op.by == "length":
        x = _unit(x, op.epsilon)
    else:
        x = x * jax.lax.rsqrt(jnp.mean(jnp.square(x), axis=1, keepdims=True) + op.epsilon)
    if op.scale:
        x = x * parameters.pop(0)
    if op.center:
        x = x + parameters.pop(0)
    return x.astype(given.dtype), ()


def _unit(x: Array, epsilon: float) -> Array:
    """Rows of length 1. A row of zeros stays one and passes no gradient."""
    empty = jnp.all(x == 0, axis=1, keepdims=True)
    squares = jnp.sum(jnp.square(jnp.where(empty, 1.0, x)), axis=1, keepdims=True)
    return jnp.where(empty, 0.0, x / jnp.maximum(jnp.sqrt(squares), epsilon))
