"""Batch normalization."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import BatchNormalization


class _Batch(NamedTuple):
    """Rows normalized by their own statistics.

    Attributes:
        value: ``(rows, width)``, before beta.
        mean, variance: ``(width,)``, what the moving averages are fed.
        total: of the rows' weights; None where all rows count and weigh 1.
    """

    value: Array
    mean: Array
    variance: Array
    total: Array | None


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
        value, mean, variance, total = _by_batch(op, call, x, gamma)
        moving = _moved(op, moving, mean, variance, total)
    return (value if beta is None else value + beta).astype(given.dtype), moving


def _by_batch(op: BatchNormalization, call: Context, x: Array, gamma: Array | None) -> _Batch:
    weight = call.valid
    if op.weighted and call.weight is not None:
        weight = call.weight if weight is None else call.weight * weight
    normalize = partial(_normalized, op, gamma)
    if op.synchronized or call.shards == 1:
        return normalize(x, weight)
    # Every device by itself; the moving averages take the mean over the devices' rows.
    rows, width = x.shape
    missing = -rows % call.shards
    weight = jnp.ones(rows, jnp.float32) if weight is None else weight
    weight = jnp.pad(weight, (0, missing)).reshape(call.shards, -1)
    local = jnp.pad(x, ((0, missing), (0, 0))).reshape(call.shards, -1, width)
    value, mean, variance, total = jax.vmap(normalize)(local, weight)
    assert total is not None  # there are weights
    share = (total / _divisor(jnp.sum(total)))[:, None]
    mean, variance = (jnp.sum(share * each, axis=0) for each in (mean, variance))
    return _Batch(value.reshape(-1, width)[:rows], mean, variance, jnp.sum(total))


def _normalized(
    op: BatchNormalization, gamma: Array | None, x: Array, weight: Array | None
) -> _Batch:
    """One device's rows; weights of 0 take no part in the statistics."""
    if op.virtual_batch_size is None:
        if weight is None:
            mean = jnp.mean(x, axis=0)
            variance, total = jnp.mean(jnp.square(x - mean), axis=0), None
        else:
            mean, variance, total = _statistics(x, weight)
        return _Batch((x - mean) * _factor(op, variance, gamma, total), mean, variance, total)
    chunks = _cut(len(x), op.virtual_batch_size, weight)
    ones = jnp.ones(len(x), jnp.float32) if weight is None else weight
    mean, variance, totals = jax.vmap(_statistics)(chunks.of(x), chunks.of(ones))
    factor = _factor(op, variance, gamma, totals[:, None])
    total = jnp.sum(totals)
    share = (totals / _divisor(total))[:, None]
    return _Batch(
        (x - chunks.spread(mean)) * chunks.spread(factor),
        jnp.sum(share * mean, axis=0),
        jnp.sum(share * variance, axis=0),
        None if weight is None else total,
    )


class _Chunks(NamedTuple):
    """How the rows of a batch are cut.

    Attributes:
        slots: ``(chunks, longest)``, the row in each place of a chunk; behind the last row where
            there is none.
        number: ``(rows,)``, the chunk whose statistics a row is normalized by.
    """

    slots: Array
    number: Array

    def of(self, x: Array) -> Array:
        """``(chunks, longest, ...)``; 0 in empty places."""
        # Each row is in one place at most: nothing is added up on the way back.
        return x.at[self.slots].get(mode="fill", fill_value=0, unique_indices=True)

    def spread(self, values: Array) -> Array:
        """One row of values for each chunk, to the rows of the batch."""
        return _spread(len(values), values, self.number)


def _cut(rows: int, size: int, weight: Array | None) -> _Chunks:
    """Chunks of about ``size`` of the rows that take part: those of a weight other than 0."""
    most = max(1, min(-(-rows // size), rows // 2))
    longest = min(rows, max(size, 3))  # where two by two does not come out even there are three
    taking = jnp.ones(rows, jnp.int32) if weight is None else (weight != 0).astype(jnp.int32)
    seen = jnp.cumsum(taking)
    n = seen[-1]
    count = jnp.maximum(1, jnp.minimum(-(-n // size), n // 2))
    length, longer = n // count, n % count  # the first `longer` chunks have one row more
    chunk, place = jnp.arange(most)[:, None], jnp.arange(longest)
    there = (chunk < count) & (place < length + (chunk < longer))
    nth = chunk * length + jnp.minimum(chunk, longer) + place
    nowhere = rows + jnp.arange(most * longest).reshape(most, longest)  # no two the same
    slots = jnp.where(there, jnp.searchsorted(seen, nth + 1), nowhere)
    # Rows that take no part go with the next one that does.
    before = jnp.clip(seen - taking, 0, jnp.maximum(n - 1, 0))
    behind = before - longer * (length + 1)
    number = jnp.where(
        behind < 0, before // (length + 1), longer + behind // jnp.maximum(length, 1)
    )
    return _Chunks(slots, number)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _spread(chunks: int, values: Array, number: Array) -> Array:
    return values[number]


def _spread_forward(chunks: int, values: Array, number: Array) -> tuple[Array, Array]:
    return values[number], number


def _spread_backward(chunks: int, number: Array, gradient: Array) -> tuple[Array, None]:
    # As a product: added up in an order that does not change from run to run, on any device.
    members = jax.nn.one_hot(number, chunks, axis=0, dtype=gradient.dtype)
    return jnp.matmul(members, gradient, precision=jax.lax.Precision.HIGHEST), None


_spread.defvjp(_spread_forward, _spread_backward)


def _statistics(x: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Mean and biased variance of the rows, and the sum of their weights; 0 where that is 0."""
    total = jnp.sum(weight)
    divisor, weight = _divisor(total), weight[:, None]
    x = jnp.where(weight == 0, 0, x)  # whatever a row that takes no part holds
    mean = jnp.sum(x * weight, axis=0) / divisor
    return mean, jnp.sum(jnp.square(x - mean) * weight, axis=0) / divisor, total


def _divisor(total: Array) -> Array:
    return jnp.where(total == 0, 1, total)


def _factor(
    op: BatchNormalization, variance: Array, gamma: Array | None, total: Array | None = None
) -> Array:
    """What deviations are multiplied by; 0 where no row took part."""
    factor = jax.lax.rsqrt(variance + op.epsilon)
    if gamma is not None:
        factor = factor * gamma
    return factor if total is None else jnp.where(total == 0, 0, factor)


def _moved(
    op: BatchNormalization,
    state: Sequence[Array],
    mean: Array,
    variance: Array,
    total: Array | None,
) -> tuple[Array, ...]:
    """The state after a batch; as it is where no row of it took part."""
    batch = (jax.lax.stop_gradient(mean), jax.lax.stop_gradient(variance))
    if op.debias:
        first, kept, added = _debiased(op.momentum, state[2])
        new = [
            jnp.where(first, now, old * kept + now * added)
            for old, now in zip(state, batch, strict=False)
        ]
        new.append(state[2] + 1)
    else:
        momentum = op.momentum
        new = [old * momentum + now * (1 - momentum) for old, now in zip(state, batch, strict=True)]
    if total is not None:
        new = [jnp.where(total == 0, old, now) for old, now in zip(state, new, strict=True)]
    return tuple(new)


def _debiased(momentum: float, count: Array) -> tuple[Array, Array, Array]:
    """Whether it is the first batch, and the weights of the past and of the batch."""
    t = count + 1
    added = 1 / t  # the limit for momentum 1
    if momentum == 0:
        added = jnp.ones_like(t)
    elif momentum < 1:
        added = (1 - momentum) / -jnp.expm1(t * math.log(momentum))
    return (t == 1) | (momentum == 0), 1 - added, added
