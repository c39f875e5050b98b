"""How far training can get: the first step, and what a rate and a number of steps make of it.

The loss falls by about ``rate * sum(|g|)`` in a step of Adam and ``rate * sum(g * g)`` in one of
SGD. As long as the sum over all steps stays far below the loss, the gradient hardly changes, and
this is what training reaches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trimtab.insight.coach.start import Start
from trimtab.nn.optimizers import SGD, Adadelta, Adagrad, Ftrl, Optimizer, RMSprop
from trimtab.program import Program
from trimtab.program.ops import LossOp
from trimtab.program.slice import Slice

if TYPE_CHECKING:
    from trimtab.core.types import Doubles

__all__ = ["FirstStep", "constant_loss", "first_step", "total_rate", "without_last"]

#: More steps than this are summed as so many samples of them.
SAMPLES = 100_000


@dataclass(frozen=True)
class FirstStep:
    """What one step does to the loss.

    Attributes:
        loss: Before it, without penalties.
        constant: The loss of the best prediction that is the same for all rows.
        fall: By how much the loss falls per unit of the learning rate.
    """

    loss: float
    constant: float
    fall: float


def foretold(optimizer: Optimizer) -> bool:
    """Whether the learning rate says how long steps are: with the gradient, or by itself."""
    return not isinstance(optimizer, Adadelta | Adagrad | Ftrl)


def first_step(start: Start, optimizer: Optimizer) -> FirstStep | None:
    """What the first step does; None if the loss is not finite.

    Args:
        start: The network before it.
        optimizer: What it is trained with.
    """
    if not foretold(optimizer):
        return None
    present = _loss(start.loss, start.targets, start.outputs)
    size = np.abs(start.gradient)
    fall = float(np.square(size).sum() if isinstance(optimizer, SGD) else size.sum())
    constant = constant_loss(start.loss, start.targets)
    numbers = (present, fall, constant)
    return FirstStep(present, constant, fall) if all(map(math.isfinite, numbers)) else None


def without_last(program: Program) -> Program:
    """The program up to its last op."""
    return Slice.between(program, 0, program.ops[-1].inputs[0]).program


def total_rate(optimizer: Optimizer, done: int, steps: int) -> float:
    """The sum of the learning rates of these steps; with momentum, what it adds up to."""
    if steps <= 0:
        return 0.0
    if optimizer.schedule is None:
        total = float(optimizer.learning_rate) * steps
    elif steps <= SAMPLES:
        total = float(optimizer.learning_rates(done, steps).sum(dtype=np.float64))
    else:
        sample = np.linspace(done, done + steps - 1, 1000).astype(int)
        total = steps * float(np.mean([float(optimizer.schedule(int(step))) for step in sample]))
    total /= optimizer.gradient_accumulation_steps or 1  # which rates count for
    momentum = optimizer.momentum if isinstance(optimizer, SGD | RMSprop) else 0.0
    return total / (1 - momentum) if momentum < 1 else math.inf


def _loss(loss: LossOp, y: Doubles, out: Doubles) -> float:
    """The loss of predictions."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if loss.loss == "mean_squared_error":
            return float(np.square(out - y).mean())
        if loss.loss == "mean_absolute_error":
            return float(np.abs(out - y).mean())
        if loss.loss == "binary_crossentropy_logits":
            return float((np.logaddexp(0, out) - out * y).mean())
        if loss.loss == "binary_crossentropy":
            p = np.clip(out, 1e-7, 1 - 1e-7)
            return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())
        if loss.loss.endswith("_logits"):
            out = np.exp(out - out.max(axis=1, keepdims=True))
        share = np.clip(out / out.sum(axis=1, keepdims=True), 1e-7, 1)
        return float(-np.log(share[np.arange(len(y)), y[:, 0].astype(int)]).mean())


def constant_loss(loss: LossOp, y: Doubles) -> float:
    """The loss of the best constant prediction."""
    if loss.loss == "mean_squared_error":
        return float(y.var(axis=0).mean())
    if loss.loss == "mean_absolute_error":
        return float(np.abs(y - np.median(y, axis=0)).mean())
    if loss.sparse:
        shares = np.unique(y, return_counts=True)[1] / len(y)
        return float(-(shares * np.log(shares)).sum())
    share = np.clip(y.mean(axis=0), 1e-7, 1 - 1e-7)
    return float(-(share * np.log(share) + (1 - share) * np.log(1 - share)).mean())
