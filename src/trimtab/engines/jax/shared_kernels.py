"""What the members of a network do apart from each other; their columns lie side by side."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import Affine, Average, Heads

#: The smallest float32 that has a logarithm on all devices.
_SMALLEST = 1.1754944e-38


def _each(x: Array, members: int) -> Array:
    """``(rows, members, width)``."""
    return x.reshape(len(x), members, -1)


def affine(op: Affine, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x * scale + bias``, the same ``x`` for each member where it is repeated."""
    (x,), given = call.inputs, list(call.parameters)
    y = x[:, None, :] if op.repeat else _each(x, op.members)
    y = jnp.broadcast_to(y, (len(x), op.members, y.shape[-1]))
    if op.scale:
        y = y * given.pop(0)
    if op.center:
        y = y + given.pop(0)
    return y.reshape(len(x), -1), ()


def heads(op: Heads, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x[member] @ kernel[member]``."""
    (x,), (kernel,) = call.inputs, call.parameters
    y = jnp.einsum(
        "imj,mju->imu", _each(x, op.members), kernel, precision=jax.lax.Precision.HIGHEST
    )
    return y.reshape(len(x), -1), ()


def average(op: Average, call: Context) -> tuple[Array, Sequence[Array]]:
    """The mean of numbers, or the logits of mean probabilities."""
    (x,) = call.inputs
    each = _each(full(x), op.members)
    if op.of == "numbers":
        y = jnp.mean(each, axis=1)
    elif op.of == "sigmoid_logits":
        # log mean sigmoid(x) - log mean sigmoid(-x); the number of members cancels.
        yes, no = jax.nn.log_sigmoid(each), jax.nn.log_sigmoid(-each)
        y = jax.nn.logsumexp(yes, axis=1) - jax.nn.logsumexp(no, axis=1)
    else:
        mean = jnp.mean(jax.nn.softmax(each, axis=2), axis=1)
        y = jnp.log(jnp.maximum(mean, _SMALLEST))
    return y.astype(x.dtype), ()
