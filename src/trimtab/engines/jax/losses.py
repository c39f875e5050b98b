"""Losses per row; ``rows x outputs`` in, ``rows`` out."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from trimtab.program.ops import LossOp


def magnitude(x: jax.Array) -> jax.Array:
    """``|x|`` with the derivative ``sign(x)``: 0 at 0 and nan at nan (``jnp.abs`` has 1 and -1)."""
    return x * jax.lax.stop_gradient(jnp.sign(x))


def mean_absolute_error(op: LossOp, target: jax.Array, prediction: jax.Array) -> jax.Array:
    """``mean_j |t - p|``."""
    return jnp.mean(magnitude(target - prediction), axis=1)


def mean_squared_error(op: LossOp, target: jax.Array, prediction: jax.Array) -> jax.Array:
    """``mean_j (t - p)^2``."""
    return jnp.mean(jnp.square(target - prediction), axis=1)
