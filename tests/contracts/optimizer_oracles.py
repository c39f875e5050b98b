"""What every update rule means, and what is done around it: plain float64 NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.program import Program
from trimtab.program.ops import RULES as SLOTS
from trimtab.program.ops import OptimizerOp

Array = NDArray[np.float64]


def f32(number: float) -> float:
    """The number as float32 holds it."""
    return float(np.float32(number))


def clipped(program: Program, gradient: Array) -> Array:
    """The gradient of all trainable parameters after clipping."""
    op = program.optimizer
    gradient = np.array(gradient, np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        if op.clipvalue is not None:
            return np.clip(gradient, -op.clipvalue, op.clipvalue)
        if op.clipnorm is not None:
            for slot in program.parameters:
                if slot.trainable:
                    part = gradient[slot.place]
                    norm = np.sqrt(np.sum(np.square(part)))
                    gradient[slot.place] = part * op.clipnorm / np.maximum(norm, op.clipnorm)
            return gradient
        if op.global_clipnorm is not None:
            norm = np.sqrt(np.sum(np.square(gradient)))
            scale = op.global_clipnorm / np.maximum(norm, op.global_clipnorm)
            return gradient * (scale + (norm - norm))  # an infinite norm makes everything nan
    return gradient


def _sgd(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    return w - lr * g, []


def _sgd_momentum(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    m = op.momentum * slots[0] - lr * g
    return w + (op.momentum * m - lr * g if op.nesterov else m), [m]


def _powers(op: OptimizerOp, t: int) -> tuple[float, float]:
    """Keras takes the powers in float32, of float32 betas."""
    return tuple(float(np.float32(f32(b) ** t)) for b in (op.beta_1, op.beta_2))


def _moments(op: OptimizerOp, g: Array, slots: list[Array], beta=float) -> tuple[Array, Array]:
    m, v = slots[:2]
    return m + (g - m) * (1 - beta(op.beta_1)), v + (g**2 - v) * (1 - beta(op.beta_2))


def _adam(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    m, v = _moments(op, g, slots)
    power_1, power_2 = _powers(op, t)
    alpha = lr * np.sqrt(1 - power_2) / (1 - power_1)
    return w - m * alpha / (np.sqrt(v) + op.epsilon), [m, v]


def _amsgrad(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    m, v = _moments(op, g, slots)
    power_1, power_2 = _powers(op, t)
    alpha = lr * np.sqrt(1 - power_2) / (1 - power_1)
    largest = np.maximum(slots[2], v)
    return w - m * alpha / (np.sqrt(largest) + op.epsilon), [m, v, largest]


def _adamax(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    m = slots[0] + (g - slots[0]) * (1 - op.beta_1)
    u = np.maximum(op.beta_2 * slots[1], np.abs(g))
    return w - lr * m / ((1 - _powers(op, t)[0]) * (u + op.epsilon)), [m, u]


def _nadam(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    m, v = _moments(op, g, slots, f32)  # here Keras rounds beta first

    def momentum(t: int) -> float:
        return op.beta_1 * (1 - 0.5 * 0.96**t)

    product = np.prod([momentum(i) for i in range(1, t + 1)])
    ahead = product * momentum(t + 1)
    mean = momentum(t + 1) * m / (1 - ahead) + (1 - momentum(t)) * g / (1 - product)
    return w - lr * mean / (np.sqrt(v / (1 - _powers(op, t)[1])) + op.epsilon), [m, v]


def _lion(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    (m,), beta_1, beta_2 = slots, f32(op.beta_1), f32(op.beta_2)
    return w - lr * np.sign(beta_1 * m + (1 - beta_1) * g), [beta_2 * m + (1 - beta_2) * g]


def _adagrad(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    a = slots[0] + g**2
    return w - lr * g / np.sqrt(a + op.epsilon), [a]


def _adadelta(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    a = op.rho * slots[0] + (1 - op.rho) * g**2
    d = np.sqrt(slots[1] + op.epsilon) / np.sqrt(a + op.epsilon) * g
    return w - lr * d, [a, op.rho * slots[1] + (1 - op.rho) * d**2]


def _ftrl(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    a, z = slots
    p, b = -op.learning_rate_power, a + g**2
    z = z + g + 2 * op.shrinkage * w - (b**p - a**p) / lr * w
    return (np.clip(z, -op.l1, op.l1) - z) / (b**p / lr + 2 * (op.l2 + op.beta / (2 * lr))), [b, z]


def _rmsprop(op: OptimizerOp, w: Array, g: Array, slots: list[Array], lr: float, t: int):
    kept = dict(zip(SLOTS[op.rule], slots, strict=True))
    v = kept["velocity"] = op.rho * kept["velocity"] + (1 - op.rho) * g**2
    if "average_gradient" in kept:
        kept["average_gradient"] = op.rho * kept["average_gradient"] + (1 - op.rho) * g
        v = v - kept["average_gradient"] ** 2
    d = lr * g / np.sqrt(v + op.epsilon)
    if "momentum" in kept:
        d = kept["momentum"] = op.momentum * kept["momentum"] + d
    return w - d, list(kept.values())


#: (op, weights, clipped gradient, slots, learning rate, step counted from 1) -> (weights, slots)
RULES = {
    "adadelta": _adadelta,
    "adagrad": _adagrad,
    "adam": _adam,
    "adamax": _adamax,
    "amsgrad": _amsgrad,
    "ftrl": _ftrl,
    "lion": _lion,
    "nadam": _nadam,
    "rmsprop": _rmsprop,
    "rmsprop_centered": _rmsprop,
    "rmsprop_centered_momentum": _rmsprop,
    "rmsprop_momentum": _rmsprop,
    "sgd": _sgd,
    "sgd_momentum": _sgd_momentum,
}


def optimizer_step(
    program: Program,
    weights: ArrayLike,
    slots: ArrayLike,
    gradient: ArrayLike,
    learning_rate: float,
    step: int,
    rules=RULES,
    clip=clipped,
) -> tuple[Array, Array]:
    """New trainable weights and slots; ``step`` is the number of steps done before."""
    op = program.optimizer
    w = np.asarray(weights, np.float64)
    held = list(np.asarray(slots, np.float64).reshape(op.slots, len(w)))
    kept = dict(zip(op.slot_names[len(SLOTS[op.rule]) :], held[len(SLOTS[op.rule]) :], strict=True))
    own, g = held[: len(SLOTS[op.rule])], np.asarray(gradient, np.float64)
    done, last = step // op.accumulation, (step + 1) % op.accumulation == 0
    if "gradient_sum" in kept:
        g = kept["gradient_sum"] + g
        kept["gradient_sum"] = np.zeros_like(g) if last else g
        g = g / op.accumulation
    if last:
        g = clip(program, g)
        decays = [slot for slot in program.parameters if slot.trainable and slot.decays]
        for slot in decays:
            w = w.copy()
            w[slot.place] *= 1 - op.weight_decay * learning_rate
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            w, own = rules[op.rule](op, w, g, own, learning_rate, done + 1)
    if "average" in kept:
        momentum = op.ema_momentum if done > 0 else 0.0
        kept["average"] = momentum * kept["average"] + (1 - momentum) * w
        if op.ema_overwrite is not None and (done + 1) % op.ema_overwrite == 0:
            w = kept["average"]
    held = [*own, *kept.values()]
    return constrained(program, w), np.concatenate(held) if held else np.zeros(0)


def constrained(program: Program, weights: Array) -> Array:
    """The trainable parameters, each kept to its constraint."""
    kept = np.array(weights, np.float64)
    for slot in program.parameters:
        if not slot.trainable or slot.constraint is None:
            continue
        c, w = slot.constraint, kept[slot.place].reshape(slot.shape)
        with np.errstate(invalid="ignore"):
            if c.kind == "non_negative":
                w = np.where(w < 0, 0.0, w)
            else:
                n = np.sqrt(np.sum(w * w, axis=c.axes, keepdims=True))
                # An infinite norm, too, is brought back where the rate is 1.
                rest = 0.0 if c.rate == 1 else (1 - c.rate) * n
                w = w * (c.rate * np.clip(n, c.minimum, c.maximum) + rest) / (1e-7 + n)
        kept[slot.place] = w.ravel()
    return kept
