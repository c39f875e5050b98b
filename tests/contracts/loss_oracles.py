"""What every loss means, and settings of each to try: rows of float64 NumPy, nothing clever."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trimtab.program.ops import LOSSES as KINDS
from trimtab.program.ops import LossOp

Array = NDArray[np.float64]

#: Where Keras clips probabilities, as float32 has it: 1 - 1e-7 rounds to 1 - 2^-23.
LOW, HIGH = float(np.float32(1e-7)), float(np.float32(1 - 1e-7))


def _clip(p: Array) -> Array:
    return np.clip(p, LOW, HIGH)


def _smooth(op: LossOp, t: Array) -> Array:
    return t * (1 - op.label_smoothing) + op.label_smoothing / 2


def _smooth_classes(op: LossOp, t: Array) -> Array:
    return t * (1 - op.label_smoothing) + op.label_smoothing / t.shape[1]


def _binary(op: LossOp, t: Array, p: Array) -> Array:
    t, p = _smooth(op, t), _clip(p)
    return -np.mean(t * np.log(p) + (1 - t) * np.log1p(-p), axis=1)


def _binary_logits(op: LossOp, t: Array, x: Array) -> Array:
    t = _smooth(op, t)
    return np.mean(np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x))), axis=1)


def _picked(values: Array, t: Array) -> Array:
    """``values[i, t[i]]``; nan where the label is no class number."""
    labels = t[:, 0]
    with np.errstate(invalid="ignore"):
        valid = (labels >= 0) & (labels < values.shape[1]) & (labels == np.floor(labels))
    index = np.where(valid, labels, 0).astype(int)
    return np.where(valid, values[np.arange(len(values)), index], np.nan)


def _smoothed(op: LossOp, each: Array, t: Array) -> Array:
    s = op.label_smoothing
    return (1 - s) * _picked(each, t) + s * np.mean(each, axis=1) if s else _picked(each, t)


def _shares(p: Array) -> Array:
    return _clip(p / np.sum(p, axis=1, keepdims=True))


def _log_softmax(x: Array) -> Array:
    return x - special.logsumexp(x, axis=1, keepdims=True)


def _softmax(x: Array) -> Array:
    return np.exp(_log_softmax(x))


def _percentage(op: LossOp, t: Array, p: Array) -> Array:
    return 100 * np.mean(np.abs(t - p) / np.maximum(np.abs(t), LOW), axis=1)


def _logarithmic(op: LossOp, t: Array, p: Array) -> Array:
    t, p = np.maximum(t, LOW), np.maximum(p, LOW)
    return np.mean(np.square(np.log1p(p) - np.log1p(t)), axis=1)


def _huber(op: LossOp, t: Array, p: Array) -> Array:
    return np.mean(special.huber(op.delta, t - p), axis=1)


def _quantile(op: LossOp, t: Array, p: Array) -> Array:
    levels = np.asarray(op.levels)
    d = np.repeat(t, len(levels), axis=1) - p
    each = np.tile(levels, t.shape[1])
    return np.mean(np.maximum(each * d, (each - 1) * d), axis=1)


def _expectile(op: LossOp, t: Array, p: Array) -> Array:
    (level,) = op.levels
    return np.mean(np.where(t > p, level, 1 - level) * np.square(t - p), axis=1)


def _gaussian(op: LossOp, t: Array, p: Array) -> Array:
    mean, v = p[:, : t.shape[1]], np.exp(p[:, t.shape[1] :]) + op.epsilon
    return np.mean(np.log(2 * np.pi * v) + np.square(t - mean) / v, axis=1) / 2


def _unit(x: Array) -> Array:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), LOW)


def _signed(t: Array) -> Array:
    return np.where(t == 0, -1.0, t)


def _categorical_hinge(op: LossOp, t: Array, p: Array) -> Array:
    other = np.max((1 - t) * p, axis=1)
    return np.maximum(other - np.sum(t * p, axis=1) + 1, 0)


def _divergence(op: LossOp, t: Array, p: Array) -> Array:
    t, p = np.clip(t, LOW, 1), np.clip(p, LOW, 1)
    return np.sum(t * np.log(t / p), axis=1)


def _focal(op: LossOp, t: Array, q: Array) -> Array:
    t = _smooth_classes(op, t)
    return -np.sum(np.asarray(op.alpha) * t * (1 - q) ** op.gamma * np.log(q), axis=1)


def _binary_focal(op: LossOp, t: Array, p: Array) -> Array:
    t, q = _smooth(op, t), _clip(p)
    entropy = -(t * np.log(q) + (1 - t) * np.log1p(-q))
    weight = t * op.alpha[0] + (1 - t) * (1 - op.alpha[0]) if op.balanced else 1
    right = t * p + (1 - t) * (1 - p)
    return np.mean(weight * np.maximum(1 - right, LOW) ** op.gamma * entropy, axis=1)


LOSSES: dict[str, Callable[[LossOp, Array, Array], Array]] = {
    "mean_absolute_error": lambda op, t, p: np.mean(np.abs(t - p), axis=1),
    "mean_squared_error": lambda op, t, p: np.mean(np.square(t - p), axis=1),
    "binary_crossentropy": _binary,
    "binary_crossentropy_logits": _binary_logits,
    "sparse_categorical_crossentropy": lambda op, t, p: _smoothed(op, -np.log(_shares(p)), t),
    "sparse_categorical_crossentropy_logits": lambda op, t, x: _smoothed(op, -_log_softmax(x), t),
    "mean_absolute_percentage_error": _percentage,
    "mean_squared_logarithmic_error": _logarithmic,
    "huber": _huber,
    "log_cosh": lambda op, t, p: np.mean(np.logaddexp(t - p, p - t) - np.log(2), axis=1),
    "poisson": lambda op, t, p: np.mean(p - t * np.log(p + LOW), axis=1),
    "quantile": _quantile,
    "expectile": _expectile,
    "gaussian_negative_log_likelihood": _gaussian,
    "cosine_similarity": lambda op, t, p: -np.sum(_unit(t) * _unit(p), axis=1),
    "hinge": lambda op, t, p: np.mean(np.maximum(1 - _signed(t) * p, 0), axis=1),
    "squared_hinge": lambda op, t, p: np.mean(np.maximum(1 - _signed(t) * p, 0) ** 2, axis=1),
    "categorical_hinge": _categorical_hinge,
    "kl_divergence": _divergence,
    "categorical_crossentropy": lambda op, t, p: (
        -np.sum(_smooth_classes(op, t) * np.log(_shares(p)), axis=1)
    ),
    "categorical_crossentropy_logits": lambda op, t, x: (
        -np.sum(_smooth_classes(op, t) * _log_softmax(x), axis=1)
    ),
    "categorical_focal_crossentropy": lambda op, t, p: _focal(op, t, _shares(p)),
    "categorical_focal_crossentropy_logits": lambda op, t, x: _focal(op, t, _clip(_softmax(x))),
    "binary_focal_crossentropy": _binary_focal,
    "binary_focal_crossentropy_logits": lambda op, t, x: _binary_focal(op, t, special.expit(x)),
    "categorical_generalized_cross_entropy": lambda op, t, p: (1 - _picked(p, t) ** op.q) / op.q,
}

#: Values of the settings of a loss other than their defaults, tried one by one.
SETTINGS: dict[str, list[dict[str, object]]] = {
    "huber": [{"delta": 0.4}],
    "quantile": [{"levels": (0.9,)}, {"levels": (0.1, 0.5, 0.8)}],
    "expectile": [{"levels": (0.8,)}],
    "gaussian_negative_log_likelihood": [{"epsilon": 0.5}],
    "categorical_generalized_cross_entropy": [{"q": 0.8}],
    "categorical_focal_crossentropy": [{"alpha": (0.7,), "gamma": 1.3, "label_smoothing": 0.2}],
    "categorical_focal_crossentropy_logits": [
        {"alpha": (0.7,), "gamma": 1.3, "label_smoothing": 0.2}
    ],
    "binary_focal_crossentropy": [
        {"alpha": (0.7,), "gamma": 1.3, "label_smoothing": 0.2, "balanced": True}
    ],
    "binary_focal_crossentropy_logits": [
        {"alpha": (0.7,), "gamma": 1.3, "label_smoothing": 0.2, "balanced": True}
    ],
}


def loss_ops(loss: str) -> list[LossOp]:
    """The loss with its defaults, and with what :data:`SETTINGS` says."""
    smoothed = [{"label_smoothing": 0.2}] if "label_smoothing" in KINDS[loss].settings else []
    variants = SETTINGS.get(loss, smoothed)
    return [LossOp(loss=loss), *(LossOp(loss=loss, **each) for each in variants)]


def predictions_of(op: LossOp, generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Predictions that suit the loss."""
    entropy = "crossentropy" in op.loss or "cross_entropy" in op.loss or op.loss == "kl_divergence"
    if entropy and not op.loss.endswith("logits"):
        return generator.uniform(0.02, 0.98, shape)
    if op.targets == "counts":
        return generator.gamma(2.0, 2.0, shape)
    return generator.normal(0, 2, shape)


def targets_of(op: LossOp, generator: np.random.Generator, rows: int, outputs: int) -> Array:
    """Targets that suit the loss and so many outputs."""
    width = op.target_width(outputs) or 1
    if op.sparse:
        return generator.integers(0, outputs, (rows, 1)).astype(np.float64)
    if op.loss == "kl_divergence":
        return generator.uniform(0, 1, (rows, width))
    if op.loss.startswith("categorical"):
        return np.eye(width)[generator.integers(0, width, rows)]
    if op.targets == "shares" or op.loss.endswith("hinge"):
        return generator.integers(0, 2, (rows, width)).astype(np.float64)
    if op.targets == "counts":
        return generator.poisson(3.0, (rows, width)).astype(np.float64)
    return generator.normal(size=(rows, width))
