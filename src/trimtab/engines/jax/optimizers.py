"""Clipping and update rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jax.numpy as jnp
import numpy as np

from trimtab.engines.jax.context import Array
from trimtab.program.ops import RULES, OptimizerOp

#: Numbers of one step by name; which ones, depends on the rule: see
#: :func:`~trimtab.engines.jax.runtime.rates`.
Rates = Mapping[str, Array]
#: New weight and slots from (weight, slots, gradient, rates).
Update = Callable[[OptimizerOp, Array, Sequence[Array], Array, Rates], tuple[Array, list[Array]]]


def adadelta(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """Zeiler 2012: steps as long as those before."""
    gradients, updates = slots
    gradients = op.rho * gradients + (1 - op.rho) * jnp.square(g)
    step = jnp.sqrt(updates + op.epsilon) * g / jnp.sqrt(gradients + op.epsilon)
    updates = op.rho * updates + (1 - op.rho) * jnp.square(step)
    return w - rates["rate"] * step, [gradients, updates]


def adagrad(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """Duchi et al. 2011."""
    accumulator = slots[0] + jnp.square(g)
    return w - rates["rate"] * g / jnp.sqrt(accumulator + op.epsilon), [accumulator]


def adam(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """Kingma & Ba 2015, the "epsilon hat" form."""
    m, v = _moments(op, slots, g)
    return w - m * rates["alpha"] / (jnp.sqrt(v) + op.epsilon), [m, v]


def adamax(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """Kingma & Ba 2015, section 7: the largest gradient in place of the mean square."""
    m = slots[0] + (g - slots[0]) * (1 - op.beta_1)
    u = jnp.maximum(op.beta_2 * slots[1], jnp.abs(g))
    return w - rates["rate"] * m / (rates["correction"] * (u + op.epsilon)), [m, u]


def amsgrad(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """Reddi et al. 2018: Adam with the largest mean square so far."""
    m, v = _moments(op, slots, g)
    largest = jnp.maximum(slots[2], v)
    return w - m * rates["alpha"] / (jnp.sqrt(largest) + op.epsilon), [m, v, largest]


def ftrl(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """McMahan et al. 2013, with shrinkage."""
    accumulator, linear = slots
    rate, power = rates["rate"], -op.learning_rate_power
    grown = accumulator + jnp.square(g)
    risen = jnp.power(grown, power)
    shrunk = g + 2 * op.shrinkage * w
    linear = linear + (shrunk - (risen - jnp.power(accumulator, power)) / rate * w)
    quadratic = risen / rate + 2 * (op.l2 + op.beta / (2 * rate))
    some = quadratic != 0  # else there never was a gradient
    rest = jnp.clip(linear, -op.l1, op.l1) - linear
    return jnp.where(some, rest / jnp.where(some, quadratic, 1.0), 0.0), [grown, linear]


def lion(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """Chen et al. 2023: the sign of a mean."""
    (m,) = slots
    beta_1, beta_2 = np.float32(op.beta_1), np.float32(op.beta_2)  # 1 - beta is that of a float32
    one = np.float32(1)
    w = w - rates["rate"] * jnp.sign(m * beta_1 + g * (one - beta_1))
    return w, [m * beta_2 + g * (one - beta_2)]


def nadam(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """Dozat 2015: Adam with Nesterov momentum."""
    one = np.float32(1)
    m = slots[0] + (g - slots[0]) * (one - np.float32(op.beta_1))
    v = slots[1] + (jnp.square(g) - slots[1]) * (one - np.float32(op.beta_2))
    ahead = rates["of_momentum"] * m + rates["of_gradient"] * g
    spread = jnp.sqrt(v / rates["correction"])
    return w - ahead * rates["rate"] / (spread + op.epsilon), [m, v]


def rmsprop(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """Tieleman & Hinton 2012; centered as in Graves 2013, with or without momentum."""
    kept = dict(zip(RULES[op.rule], slots, strict=True))
    kept["velocity"] = op.rho * kept["velocity"] + (1 - op.rho) * jnp.square(g)
    spread = kept["velocity"]
    if "average_gradient" in kept:
        average = op.rho * kept["average_gradient"] + (1 - op.rho) * g
        kept["average_gradient"] = average
        spread = spread - jnp.square(average)
    step = rates["rate"] * g / jnp.sqrt(spread + op.epsilon)
    if "momentum" in kept:
        kept["momentum"] = step = op.momentum * kept["momentum"] + step
    return w - step, list(kept.values())


def sgd(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """``w -= lr g``."""
    return w - rates["rate"] * g, []


def sgd_momentum(
    op: OptimizerOp, w: Array, slots: Sequence[Array], g: Array, rates: Rates
) -> tuple[Array, list[Array]]:
    """``m = momentum m - lr g``; ``w += m``, nesterov: ``w += momentum m - lr g``."""
    m = op.momentum * slots[0] - rates["rate"] * g
    return (w + op.momentum * m - rates["rate"] * g if op.nesterov else w + m), [m]


def _moments(op: OptimizerOp, slots: Sequence[Array], g: Array) -> tuple[Array, Array]:
    m, v = slots[:2]
    return m + (g - m) * (1 - op.beta_1), v + (jnp.square(g) - v) * (1 - op.beta_2)


def updated(
    op: OptimizerOp,
    update: Update,
    weights: Sequence[Array],
    slots: Sequence[Sequence[Array]],
    gradients: Sequence[Array],
    decays: Sequence[bool],
    rates: Rates,
) -> tuple[list[Array], list[tuple[Array, ...]]]:
    """One step of an optimizer for all weights: accumulation, clipping, decay, rule, average.

    Args:
        op: the optimizer.
        update: its rule.
        weights, slots, gradients, decays: of each trainable parameter.
        rates: of the step.

    Returns:
        New weights and slots.
    """
    own = len(RULES[op.rule])
    used = list(gradients)
    if op.accumulation > 1:
        used = [(g + kept[own]) / op.accumulation for g, kept in zip(used, slots, strict=True)]
    new_weights, new_slots = [], []
    clipped = clip(op, used)
    for w, kept, g, given, decayed in zip(weights, slots, clipped, gradients, decays, strict=True):
        moved = w - w * rates["decay"] if op.weight_decay and decayed else w
        moved, moments = update(op, moved, kept[:own], g, rates)
        if op.accumulation > 1:
            due = rates["due"]
            moved = jnp.where(due, moved, w)
            pairs = zip(moments, kept[:own], strict=True)
            moments = [jnp.where(due, new, old) for new, old in pairs]
            moments.append(jnp.where(due, 0.0, given + kept[own]))
        if op.ema_momentum is not None:
            average = rates["ema"] * kept[-1] + (1 - rates["ema"]) * moved
            moments.append(average)
            if op.ema_overwrite is not None:
                moved = jnp.where(rates["overwrite"], average, moved)
        new_weights.append(moved)
        new_slots.append(tuple(moments))
    return new_weights, new_slots


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
