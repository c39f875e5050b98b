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


def _above(x: Array) -> Array:
    """``max(x, 0)`` with the derivative 0 at 0 and nan at nan."""
    slope = jnp.where(x > 0, 1.0, jnp.where(x <= 0, 0.0, x))
    return x * jax.lax.stop_gradient(slope)


def _at_least(x: Array, low: float) -> Array:
    """``max(x, low)``; what is below has no derivative, and nan stays."""
    return jnp.where(x < low, jnp.float32(low), x)


def mean_absolute_percentage_error(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j 100 |t - p| / max(|t|, 1e-7)``."""
    size = _at_least(jnp.abs(target), _EPSILON)
    return 100 * jnp.mean(magnitude(target - prediction) / size, axis=1)


def mean_squared_logarithmic_error(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j (log(1 + p) - log(1 + t))^2``, both at least 1e-7."""
    p, t = _at_least(prediction, _EPSILON), _at_least(target, _EPSILON)
    return jnp.mean(jnp.square(jnp.log(p + 1) - jnp.log(t + 1)), axis=1)


def huber(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j d^2 / 2``, from ``|d| = delta`` on ``delta |d| - delta^2 / 2``."""
    d = prediction - target
    size = magnitude(d)
    far = op.delta * size - op.delta**2 / 2
    return jnp.mean(jnp.where(size <= op.delta, jnp.square(d) / 2, far), axis=1)


def log_cosh(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j log(cosh(t - p))``."""
    d = prediction - target
    return jnp.mean(jnp.logaddexp(d, -d) - jnp.log(2.0), axis=1)


def poisson(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j p - t log(p + 1e-7)``."""
    return jnp.mean(prediction - target * jnp.log(prediction + _EPSILON), axis=1)


def quantile(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j max(l d, (l - 1) d)``, every target against a prediction for each level."""
    levels = jnp.asarray(op.levels, jnp.float32)
    d = target[:, :, None] - prediction.reshape(*target.shape, len(op.levels))
    slope = jnp.where(d > 0, levels, jnp.where(d < 0, levels - 1, d))
    return jnp.mean(jax.lax.stop_gradient(slope) * d, axis=(1, 2))


def expectile(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j l d^2``, ``(1 - l) d^2`` where the prediction is too high."""
    d = prediction - target
    weight = jnp.where(d > 0, 1 - op.levels[0], op.levels[0])
    return jnp.mean(weight * jnp.square(d), axis=1)


def gaussian_negative_log_likelihood(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j (log(2 pi v) + d^2 / v) / 2``, ``v = exp(s) + epsilon``; the means, then the s."""
    mean, s = jnp.split(prediction, 2, axis=1)
    v = jnp.exp(s) + op.epsilon
    return jnp.mean(jnp.log(2 * jnp.pi * v) + jnp.square(mean - target) / v, axis=1) / 2


def _inverse_norm(x: Array) -> Array:
    """1 over the norm of each row, at most 1e7."""
    square = jnp.sum(jnp.square(x), axis=1, keepdims=True)
    small = square < _EPSILON**2
    return jnp.where(small, 1 / _EPSILON, jax.lax.rsqrt(jnp.where(small, 1.0, square)))


def cosine_similarity(op: LossOp, target: Array, prediction: Array) -> Array:
    """``-sum_j t p / (|t| |p|)``."""
    p, t = prediction * _inverse_norm(prediction), target * _inverse_norm(target)
    return -jnp.sum(t * p, axis=1)


def _signed(target: Array) -> Array:
    """Labels of 0 and 1 as -1 and 1."""
    return jnp.where(target == 0, -1.0, target)


def hinge(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j max(1 - t p, 0)``."""
    return jnp.mean(_above(1 - _signed(target) * prediction), axis=1)


def squared_hinge(op: LossOp, target: Array, prediction: Array) -> Array:
    """``mean_j max(1 - t p, 0)^2``."""
    return jnp.mean(jnp.square(_above(1 - _signed(target) * prediction)), axis=1)


def categorical_hinge(op: LossOp, target: Array, prediction: Array) -> Array:
    """``max(max_j((1 - t) p) - sum_j(t p) + 1, 0)``."""
    other = jnp.max((1 - target) * prediction, axis=1)
    return _above(other - jnp.sum(target * prediction, axis=1) + 1)


def kl_divergence(op: LossOp, target: Array, prediction: Array) -> Array:
    """``sum_j t log(t / p)``, both clipped to [1e-7, 1]."""
    p, t = (jnp.where(x > 1, 1.0, _at_least(x, _EPSILON)) for x in (prediction, target))
    return jnp.sum(t * jnp.log(t / p), axis=1)


def _smoothed(op: LossOp, target: Array) -> Array:
    s = op.label_smoothing
    return target * (1 - s) + s / 2 if s else target


def _smoothed_classes(op: LossOp, target: Array) -> Array:
    s = op.label_smoothing
    return target * (1 - s) + s / target.shape[1] if s else target


def _clipped(p: Array) -> Array:
    """``p`` clipped to [1e-7, 1 - 1e-7]; clipped values have no gradient."""
    low, high = jnp.float32(_EPSILON), jnp.float32(1 - _EPSILON)
    return jnp.where(p < low, low, jnp.where(p > high, high, p))


def _shares(prediction: Array) -> Array:
    """What each class has of the sum of the row, clipped."""
    return _clipped(prediction / jnp.sum(prediction, axis=1, keepdims=True))


def categorical_crossentropy(op: LossOp, target: Array, prediction: Array) -> Array:
    """``-sum_j t log(p / sum p)``."""
    return -jnp.sum(_smoothed_classes(op, target) * jnp.log(_shares(prediction)), axis=1)


def categorical_crossentropy_logits(op: LossOp, target: Array, x: Array) -> Array:
    """``-sum_j t log_softmax(x)``."""
    return -jnp.sum(_smoothed_classes(op, target) * jax.nn.log_softmax(x, axis=1), axis=1)


def categorical_focal_crossentropy(op: LossOp, target: Array, prediction: Array) -> Array:
    """``-sum_j alpha t (1 - q)^gamma log q``, ``q = p / sum p``."""
    q, alpha = _shares(prediction), jnp.asarray(op.alpha, jnp.float32)
    each = alpha * _smoothed_classes(op, target) * jnp.log(q)
    return -jnp.sum(each * jnp.power(1 - q, op.gamma), axis=1)


def categorical_focal_crossentropy_logits(op: LossOp, target: Array, x: Array) -> Array:
    """The same of ``softmax(x)``."""
    return categorical_focal_crossentropy(op, target, jax.nn.softmax(x, axis=1))


def _binary_focal(op: LossOp, target: Array, p: Array, rest: Array) -> Array:
    """``mean_j u^gamma`` times the cross-entropy, ``u = t (1 - p) + (1 - t) p``; rest is 1 - p."""
    t, q = _smoothed(op, target), _clipped(p)
    entropy = -(t * jnp.log(q) + (1 - t) * jnp.log(jnp.where(q == p, rest, 1 - q)))
    u = _at_least(t * rest + (1 - t) * p, _EPSILON)
    if op.balanced:
        entropy = entropy * (t * op.alpha[0] + (1 - t) * (1 - op.alpha[0]))
    return jnp.mean(jnp.power(u, op.gamma) * entropy, axis=1)


def binary_focal_crossentropy(op: LossOp, target: Array, prediction: Array) -> Array:
    """The cross-entropy times ``u^gamma``, u being the probability of the other label."""
    return _binary_focal(op, target, prediction, 1 - prediction)


def binary_focal_crossentropy_logits(op: LossOp, target: Array, x: Array) -> Array:
    """The same of ``sigmoid(x)``."""
    return _binary_focal(op, target, jax.nn.sigmoid(x), jax.nn.sigmoid(-x))


def categorical_generalized_cross_entropy(op: LossOp, target: Array, prediction: Array) -> Array:
    """``(1 - p[t]^q) / q``."""
    p = _at_class(prediction, target) + 0 * jnp.sum(prediction, axis=1)
    p = jnp.where(p < _EPSILON, jax.lax.stop_gradient(p), p)
    return (1 - jnp.power(p, op.q)) / op.q


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
