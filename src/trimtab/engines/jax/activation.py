"""Element-wise activations; formulas in :mod:`trimtab.program.ops.activation`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.program.ops import Activation

_SELU_SCALE = 1.0507009873554805
_SELU_ALPHA = 1.6732632423543772


def activation(op: Activation, call: Context) -> tuple[Array, Sequence[Array]]:
    """``f(x)``."""
    (x,) = call.inputs
    return FUNCTIONS[op.function](op, x), ()


def _relu(op: Activation, x: Array) -> Array:
    # Written with "where x is low" so that nan, which is neither low nor high, stays itself. The
    # branch that the threshold itself is in gives the derivative there.
    high = x if math.isinf(op.max_value) else jnp.where(x >= op.max_value, op.max_value, x)
    if op.negative_slope == 0:
        return jnp.where(x <= op.threshold, 0.0, high)
    if op.threshold == 0 and math.isinf(op.max_value):
        return jnp.where(x < 0, op.negative_slope * x, x)
    low = op.negative_slope * (x - op.threshold)
    return jnp.where(x < op.threshold, low, jnp.where(x == op.threshold, 0.0, high))


def _elu(x: Array, alpha: float) -> Array:
    # Both branches are differentiated: the one not taken must not overflow.
    low = jnp.where(x > 0, 0.0, x)
    return jnp.where(x > 0, x, alpha * jnp.expm1(low))


def _celu(op: Activation, x: Array) -> Array:
    low = jnp.where(x > 0, 0.0, x)
    return jnp.where(x > 0, x, op.alpha * jnp.expm1(low / op.alpha))


def _hard_sigmoid(x: Array) -> Array:
    return jnp.clip(x + 3.0, 0.0, 6.0) / 6.0


def _mish(op: Activation, x: Array) -> Array:
    return x * jnp.tanh(jnp.logaddexp(x, 0.0))


def _soft_shrink(op: Activation, x: Array) -> Array:
    within = jnp.where(jnp.isnan(x), x, 0.0)
    low = jnp.where(x < -op.threshold, x + op.threshold, within)
    return jnp.where(x > op.threshold, x - op.threshold, low)


def _sparse_plus(op: Activation, x: Array) -> Array:
    bent = jnp.clip(x + 1.0, 0.0, 2.0)
    return jnp.where(x >= 1.0, x, 0.25 * bent * bent)


def _squareplus(op: Activation, x: Array) -> Array:
    # Below 0 without the difference of two numbers that are nearly the same.
    root = jnp.sqrt(jnp.square(x) + op.b)
    low = 0.5 * op.b / (root - jnp.where(x > 0, 0.0, x))
    return jnp.where(x > 0, 0.5 * (x + root), low)


def _gelu(op: Activation, x: Array) -> Array:
    return x * jax.scipy.special.erfc(-x * math.sqrt(0.5)) / 2


def _gelu_tanh(op: Activation, x: Array) -> Array:
    # (1 + tanh(z)) / 2 is sigmoid(2 z), which loses nothing where tanh nears -1.
    return x * jax.nn.sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))


FUNCTIONS: dict[str, Callable[[Activation, Array], Array]] = {
    "relu": _relu,
    "tanh": lambda op, x: jnp.tanh(x),
    "sigmoid": lambda op, x: jax.nn.sigmoid(x),
    "elu": lambda op, x: _elu(x, op.alpha),
    "selu": lambda op, x: _SELU_SCALE * _elu(x, _SELU_ALPHA),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "silu": lambda op, x: x * jax.nn.sigmoid(x),
    "softplus": lambda op, x: jnp.logaddexp(x, 0.0),
    "celu": _celu,
    "exponential": lambda op, x: jnp.exp(x),
    "hard_shrink": lambda op, x: jnp.where(jnp.abs(x) <= op.threshold, 0.0, x),
    "hard_sigmoid": lambda op, x: _hard_sigmoid(x),
    "hard_silu": lambda op, x: x * _hard_sigmoid(x),
    "hard_tanh": lambda op, x: jnp.where(jnp.abs(x) > 1, jnp.sign(x), x),  # slope 1 at its ends
    "log_sigmoid": lambda op, x: -jnp.logaddexp(-x, 0.0),
    "mish": _mish,
    "soft_shrink": _soft_shrink,
    "softsign": lambda op, x: x / (1.0 + jnp.abs(x)),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda op, x: 0.5 * jnp.clip(x + 1.0, 0.0, 2.0),
    "squareplus": _squareplus,
    "tanh_shrink": lambda op, x: x - jnp.tanh(x),
    "threshold": lambda op, x: jnp.where(x <= op.threshold, op.default_value, x),
}
