"""Softmax over the columns of each row, and its relatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.program.ops import Softmax


def softmax(op: Softmax, call: Context) -> tuple[Array, Sequence[Array]]:
    """The function of each member's part of a row."""
    (x,) = call.inputs
    each = full(x) if op.members == 1 else full(x).reshape(len(x), op.members, -1)
    return FUNCTIONS[op.function](each).reshape(x.shape).astype(x.dtype), ()


def _softmax(x: Array) -> Array:
    return jax.nn.softmax(x, axis=-1)


def _log_softmax(x: Array) -> Array:
    return jax.nn.log_softmax(x, axis=-1)


def _sparsemax(x: Array) -> Array:
    # Of what is sorted, falling, the first k are above tau = (their sum - 1) / k.
    x = x - jax.lax.stop_gradient(jnp.max(x, axis=-1, keepdims=True))
    fall = -jnp.sort(-x, axis=-1)
    number = jnp.arange(1, x.shape[-1] + 1)
    taken = fall > (jnp.cumsum(fall, axis=-1) - 1) / number
    count = jnp.sum(taken, axis=-1, keepdims=True)
    tau = (jnp.sum(jnp.where(taken, fall, 0.0), axis=-1, keepdims=True) - 1) / count
    poison = jnp.where(jnp.any(jnp.isnan(x), axis=-1, keepdims=True), jnp.nan, 0.0)
    return jnp.where(x > tau, x - tau, 0.0) + poison


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "sparsemax": _sparsemax,
}
