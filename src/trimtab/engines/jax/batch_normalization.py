"""Batch normalization."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import BatchNormalization


def batch_normalization(op: BatchNormalization, call: Context) -> tuple[Array, Sequence[Array]]:
    """``(x - mean) / sqrt(variance + epsilon) * gamma + beta``, all of it in float32."""
    (given,), moving = call.inputs, call.state
    x = full(given)
    if not call.training or op.frozen:
        mean, variance = moving
        return _affine(op, call, x - mean, variance).astype(given.dtype), moving
    if op.synchronized or call.shards == 1:
        mean, variance = _statistics(x, call.valid, 0)
        y = _affine(op, call, x - mean, variance)
    else:
        # Every device by itself; the moving averages take the mean over the devices' rows.
        rows, width = x.shape
        missing = -rows % call.shards
        valid = jnp.ones(rows, jnp.float32) if call.valid is None else call.valid
        valid = jnp.pad(valid, (0, missing)).reshape(call.shards, -1)
        local = jnp.pad(x, ((0, missing), (0, 0))).reshape(call.shards, -1, width)
        mean, variance = _statistics(local, valid, 1)
        y = _affine(op, call, local - mean, variance).reshape(-1, width)[:rows]
        share = jnp.sum(valid, axis=1)[:, None] / jnp.sum(valid)
        mean, variance = (jnp.sum(share * v[:, 0, :], axis=0) for v in (mean, variance))
    momentum = op.momentum
    batch = (jax.lax.stop_gradient(mean), jax.lax.stop_gradient(variance))
    moved = [old * momentum + new * (1 - momentum) for old, new in zip(moving, batch, strict=True)]
    return y.astype(given.dtype), moved


def _statistics(x: Array, valid: Array | None, axis: int) -> tuple[Array, Array]:
    """Mean and biased variance along ``axis`` over the valid rows; 0 where there are none."""
    keep = axis > 0
    if valid is None:
        mean = jnp.mean(x, axis=axis, keepdims=keep)
        return mean, jnp.mean(jnp.square(x - mean), axis=axis, keepdims=keep)
    count = jnp.maximum(jnp.sum(valid, axis=axis, keepdims=keep), 1.0)
    valid, count = valid[..., None], count[..., None]
    mean = jnp.sum(x * valid, axis=axis, keepdims=keep) / count
    return mean, jnp.sum(jnp.square(x - mean) * valid, axis=axis, keepdims=keep) / count


def _affine(op: BatchNormalization, call: Context, centred: Array, variance: Array) -> Array:
    parameters = list(call.parameters)
    factor = jax.lax.rsqrt(variance + op.epsilon)
    if op.scale:
        factor = factor * parameters.pop(0)
    y = centred * factor
    return y + parameters.pop(0) if op.center else y
