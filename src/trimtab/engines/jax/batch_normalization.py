"""Batch normalization."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial, reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp

from trimtab.engines.jax.chunks import cut
from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import BatchNormalization


class _Batch(NamedTuple):
    """Rows normalized by their own statistics.

    Attributes:
        value: ``(rows, width)``, before beta.
        mean, variance: ``(width,)``, for the moving averages.
        total: sum of the rows' weights, or their number.
    """

    value: Array
    mean: Array
    variance: Array
    total: Array


def batch_normalization(op: BatchNormalization, call: Context) -> tuple[Array, Sequence[Array]]:
    """``(x - mean) / sqrt(variance + epsilon) * gamma + beta``, all of it in float32."""
    (given,), moving = call.inputs, call.state
    x = full(given)
    parameters = list(call.parameters)
    gamma = parameters.pop(0) if op.scale else None
    beta = parameters.pop(0) if op.center else None
    if not call.training or op.frozen:
        mean, variance = moving[:2]
        value = (x - mean) * _factor(op, variance, gamma)
    else:
        weights = [call.mask, call.weight if op.weighted else None]
        # Rows of the batch may be left out; padding always is.
        some = any(weight is not None for weight in weights)
        batch = _by_batch(op, call, x, [call.valid, *weights], gamma, some)
        value = batch.value
        moving = _moved(op, moving, batch, some)
    return (value if beta is None else value + beta).astype(given.dtype), moving


def _by_batch(
    op: BatchNormalization,
    call: Context,
    x: Array,
    weights: Sequence[Array | None],
    gamma: Array | None,
    some: bool,
) -> _Batch:
    factors = [weight for weight in weights if weight is not None]
    weight = reduce(jnp.multiply, factors) if factors else None
    normalize = partial(_normalized, op, gamma, some)
    if op.synchronized or call.shards == 1:
        return normalize(x, weight)
    # Each device by itself; the moving averages get the mean over the devices, weighted by rows.
    rows, width = x.shape
    missing = -rows % call.shards
    weight = jnp.ones(rows, jnp.float32) if weight is None else weight
    weight = jnp.pad(weight, (0, missing)).reshape(call.shards, -1)
    local = jnp.pad(x, ((0, missing), (0, 0))).reshape(call.shards, -1, width)
    value, mean, variance, total = jax.vmap(normalize)(local, weight)
    mean, variance = _average(total, mean, variance)
    return _Batch(value.reshape(-1, width)[:rows], mean, variance, jnp.sum(total))


def _average(total: Array, *statistics: Array) -> list[Array]:
    """Mean over several groups of rows, weighted by their totals."""
    share = (total / _divisor(jnp.sum(total)))[:, None]
    return [jnp.sum(share * statistic, axis=0) for statistic in statistics]


def _normalized(
    op: BatchNormalization, gamma: Array | None, some: bool, x: Array, weight: Array | None
) -> _Batch:
    """Normalizes one device's rows; rows of weight 0 do not count in the statistics.

    Args:
        some: whether rows of the batch may have weight 0, or only padding.
    """
    if op.virtual_batch_size is None:
        deviation, mean, variance, total = _statistics(some, x, weight)
        factor = _factor(op, variance, gamma, total if some else None)
        return _Batch(deviation * factor, mean, variance, total)
    chunks = cut(len(x), op.virtual_batch_size, weight)
    ones = jnp.ones(len(x), jnp.float32) if weight is None else weight
    deviation, mean, variance, total = jax.vmap(partial(_statistics, some))(
        chunks.of(x), chunks.of(ones)
    )
    factor = _factor(op, variance, gamma, total[:, None] if some else None)
    value = chunks.rows_of(deviation * factor[:, None])
    if some:
        assert weight is not None
        left_out = (x - chunks.spread(mean)) * chunks.spread(factor)
        value = jnp.where(weight[:, None] == 0, left_out, value)
    mean, variance = _average(total, mean, variance)
    return _Batch(value, mean, variance, jnp.sum(total))


def _statistics(some: bool, x: Array, weight: Array | None) -> tuple[Array, Array, Array, Array]:
    """``x - mean``, mean and biased variance of the rows, and the sum of their weights."""
    if weight is None:
        mean = jnp.mean(x, axis=0)
        return x - mean, mean, jnp.mean(jnp.square(x - mean), axis=0), jnp.float32(len(x))
    total, inside = jnp.sum(weight), x
    if some:
        # The largest weighs 1, so that the mean of a single row is exactly that row.
        weight = weight / _divisor(jnp.max(jnp.abs(weight)))
        inside = jnp.where(weight[:, None] == 0, 0, x)  # rows left out may hold nan
    divisor = _divisor(jnp.sum(weight))
    weight = weight[:, None]
    mean = jnp.sum(inside * weight, axis=0) / divisor
    deviation = inside - mean
    variance = jnp.sum(jnp.square(deviation) * weight, axis=0) / divisor
    if some:
        deviation = jnp.where(weight == 0, x - mean, deviation)
    return deviation, mean, variance, total


def _divisor(total: Array) -> Array:
    return jnp.where(total == 0, 1, total)


def _factor(
    op: BatchNormalization, variance: Array, gamma: Array | None, total: Array | None = None
) -> Array:
    """Factor for deviations from the mean; 0 if no row counts."""
    factor = jax.lax.rsqrt(variance + op.epsilon)
    if gamma is not None:
        factor = factor * gamma
    return factor if total is None else jnp.where(total == 0, 0, factor)


def _moved(
    op: BatchNormalization, state: Sequence[Array], batch: _Batch, some: bool
) -> tuple[Array, ...]:
    """The state after a batch; unchanged if no row counts."""
    statistics = (jax.lax.stop_gradient(batch.mean), jax.lax.stop_gradient(batch.variance))
    pairs = zip(state, statistics, strict=False)
    if op.debias:
        first, kept, added = _debiased(op.momentum, state[2])
        new = [jnp.where(first, now, old * kept + now * added) for old, now in pairs]
        new.append(state[2] + 1)
    else:
        new = [old * op.momentum + now * (1 - op.momentum) for old, now in pairs]
    if some:
        empty = batch.total == 0
        new = [jnp.where(empty, old, now) for old, now in zip(state, new, strict=True)]
    return tuple(new)


def _debiased(momentum: float, count: Array) -> tuple[Array, Array, Array]:
    """Whether the batch replaces the averages, and the weights of the past and of the batch."""
    t = count + 1
    if momentum == 0:
        added = jnp.ones_like(t)
    elif momentum < 1:
        added = (1 - momentum) / -jnp.expm1(t * math.log(momentum))
    else:
        added = 1 / t
    return (t == 1) | (momentum == 0), 1 - added, added
