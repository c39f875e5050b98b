"""Losses per row: ``(rows, outputs)`` in, ``(rows,)`` out."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from trimtab.engines.jax.context import Array, full_products
from trimtab.errors import InvalidArgument
from trimtab.program.ops import LossOp

#: Probabilities are clipped to this distance from 0 and 1.
_EPSILON = 1e-7


def magnitude(x: Array) -> Array:
    """``|x|`` with the derivative ``sign(x)``: 0 at 0 and nan at nan (``jnp.abs`` has 1 and -1)."""
    return x * jax.lax.stop_gradient(jnp.sign(x))


def mean_absolute_error(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j |t - p|``."""
    return jnp.mean(magnitude(target - prediction), axis=1)


def mean_squared_error(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j (t - p)^2``."""
    return jnp.mean(jnp.square(target - prediction), axis=1)


def _smoothed(op: LossOp, target: Array) -> Array:
    s = op.label_smoothing
    return target * (1 - s) + s / 2 if s else target


def _clipped(p: Array) -> Array:
    """``p`` clipped to [1e-7, 1 - 1e-7]; clipped values have no gradient."""
    low, high = jnp.float32(_EPSILON), jnp.float32(1 - _EPSILON)
    return jnp.where(p < low, low, jnp.where(p > high, high, p))


def binary_crossentropy(op: LossOp, target: Array, prediction: Array) -> Array:
    """``-mean_j (t log p + (1 - t) log(1 - p))``."""
    t, p = _smoothed(op, target), _clipped(prediction)
    return -jnp.mean(t * jnp.log(p) + (1 - t) * jnp.log1p(-p), axis=1)


def binary_crossentropy_logits(op: LossOp, target: Array, x: Array) -> Array:
    """``mean_j max(x, 0) - x t + log(1 + exp(-|x|))``."""
    return jnp.mean(jnp.logaddexp(x, 0.0) - x * _smoothed(op, target), axis=1)


def _at_class(values: Array, target: Array) -> Array:
    """The value of each row's class; nan if the target is not a class number."""
    label = target[:, 0]
    index = jnp.where(jnp.isfinite(label), label, 0).astype(jnp.int32)
    good = (label == index) & (index >= 0) & (index < values.shape[1])
    index = jnp.clip(index, 0, values.shape[1] - 1)
    picked = jnp.take_along_axis(values, index[:, None], axis=1)[:, 0]
    # A product, so that the row's gradient is nan too.
    return picked * jnp.where(good, 1.0, jnp.nan)


def _likelihood(op: LossOp, logarithms: Array, target: Array) -> Array:
    """The logarithm at each row's class; smoothed labels give all classes a share."""
    s = op.label_smoothing
    at_class = _at_class(logarithms, target)
    return (1 - s) * at_class + s * jnp.mean(logarithms, axis=1) if s else at_class


def sparse_categorical_crossentropy(op: LossOp, target: Array, prediction: Array) -> Array:
    """``-log(p[t] / sum p)``."""
    p = prediction / jnp.sum(prediction, axis=1, keepdims=True)
    return -_likelihood(op, jnp.log(_clipped(p)), target)


def sparse_categorical_crossentropy_logits(op: LossOp, target: Array, x: Array) -> Array:
    """``-log_softmax(x)[t]``."""
    return -_likelihood(op, jax.nn.log_softmax(x, axis=1), target)


def function(op: LossOp, target: Array, prediction: Array) -> Array:
    """A custom loss: the mean of what it returns for each row, or its one number for all."""
    assert op.function is not None
    with full_products():
        returned = op.function.call(target, prediction)
    name, rows = op.function.name, len(prediction)
    if not isinstance(returned, jax.Array | np.ndarray | np.generic | int | float):
        raise InvalidArgument(
            f"loss {name} must return an array of jax.numpy, received {type(returned).__name__}."
        )
    values = jnp.asarray(returned, jnp.float32)
    if values.ndim and len(values) != rows:
        raise InvalidArgument(
            f"loss {name} must return one number a row, {rows} of them here, or one for all, "
            f"received shape {values.shape}."
        )
    return jnp.mean(values.reshape(rows, -1), axis=1) if values.ndim > 1 else values
