"""Clipping and update rules for one weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp

from trimtab.engines.jax.context import Array
from trimtab.program.ops import OptimizerOp


class Rate(NamedTuple):
    """Rates of one step.

    Attributes:
        rate: learning rate.
        adam: the learning rate times Adam's bias correction, ``sqrt(1 - b2^t) / (1 - b1^t)``.
        decay: learning rate times weight decay.
    """

    rate: Array
    adam: Array
    decay: Array


def sgd(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rate: Rate
) -> tuple[Array, list[Array]]:
    """``w -= lr g``."""
    return w - rate.rate * g, []


def sgd_momentum(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rate: Rate
) -> tuple[Array, list[Array]]:
    """``m = momentum m - lr g``; ``w += m``, nesterov: ``w += momentum m - lr g``."""
    m = op.momentum * slots[0] - rate.rate * g
    return (w + op.momentum * m - rate.rate * g if op.nesterov else w + m), [m]


def adam(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rate: Rate
) -> tuple[Array, list[Array]]:
    """Kingma & Ba 2015, the "epsilon hat" form."""
    m, v = slots
    m = m + (g - m) * (1 - op.beta_1)
    v = v + (jnp.square(g) - v) * (1 - op.beta_2)
    return w - m * rate.adam / (jnp.sqrt(v) + op.epsilon), [m, v]


def clip(op: OptimizerOp, gradients: Sequence[Array]) -> list[Array]:
    """Gradients clipped by value, by the norm of each, or by the norm of all; nan stays nan."""
    if op.clipvalue:
        return [jnp.clip(g, -op.clipvalue, op.clipvalue) for g in gradients]
    if op.clipnorm:
        return [g * _shrink(_norm([g]), op.clipnorm) for g in gradients]
    if op.global_clipnorm:
        norm = _norm(gradients)
        # As in Keras: an infinite norm turns every gradient into nan, not into 0.
        shrink = _shrink(norm, op.global_clipnorm) + (norm - norm)
        return [g * shrink for g in gradients]
    return list(gradients)


def _norm(tensors: Sequence[Array]) -> Array:
    """Square root of the sum of squares, scaled so that large numbers do not overflow."""
    largest = jnp.max(jnp.stack([jnp.max(jnp.abs(t)) for t in tensors]))
    unit = jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1.0)
    squares = sum(jnp.sum(jnp.square(t / unit)) for t in tensors)
    return unit * jnp.sqrt(squares)


def _shrink(norm: Array, most: float) -> Array:
    return jnp.where(norm <= most, 1.0, most / norm)
