"""How far training can get: the first step, and what a rate and a number of steps make of it.

The loss falls by about ``rate * sum(|g|)`` in a step of Adam and ``rate * sum(g * g)`` in one of
SGD. As long as the sum over all steps stays far below the loss, the gradient hardly changes, and
this is what training reaches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from trimtab.engines import choosing
from trimtab.engines.base import Rows
from trimtab.insight.probe.tracking import spread
from trimtab.nn.layers.vectors import state_of
from trimtab.nn.optimizers import SGD, Optimizer
from trimtab.program import Program
from trimtab.program.ops import Average, LossOp
from trimtab.program.slice import Slice

if TYPE_CHECKING:
    from trimtab.core.types import Doubles, Floats
    from trimtab.nn.network import Network

__all__ = ["FirstStep", "constant_loss", "first_step", "total_rate", "without_last"]

#: Most rows that the first step is measured on.
ROWS = 512

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


def first_step(
    program: Program, model: Network, loss: LossOp, optimizer: Optimizer, x: Floats, y: Floats
) -> FirstStep | None:
    """Measures the first step of a network; None if that cannot be done.

    Args:
        program: The network without its loss; it ends where the loss begins.
        model: The network, for its weights.
        loss: The loss to measure.
        optimizer: What it is trained with.
        x, y: Training rows, and targets that the loss takes.
    """
    if not (program.native and loss.native and any(slot.trainable for slot in program.parameters)):
        return None
    x, y = spread(x, ROWS), spread(y, ROWS)
    plain = tuple(replace(slot, l1=0.0, l2=0.0, constraint=None) for slot in program.parameters)
    program = replace(program, loss=loss, parameters=plain)
    if len(model) > 1:
        program = averaged(program, len(model))
    engine = choosing.make_engine(program, "native", threads=model.runner.threads)
    model.pull()
    engine.load(state_of(program, model.weights, None, 0))
    gradients = engine.probe(Rows(x, y), training=True).gradients
    if gradients is None:
        return None
    out = engine.forward(x, training=True, update=False).astype(np.float64)
    present = _loss(loss, y.astype(np.float64), out)
    size = np.abs(gradients.astype(np.float64))
    fall = float(np.square(size).sum() if isinstance(optimizer, SGD) else size.sum())
    constant = constant_loss(loss, y.astype(np.float64))
    numbers = (present, fall, constant)
    return FirstStep(present, constant, fall) if all(map(math.isfinite, numbers)) else None


def averaged(program: Program, members: int) -> Program:
    """The program of several members with their mean at its end, each trained on its own loss."""
    assert program.loss is not None
    end = len(program.widths)
    mean = Average(inputs=(program.output,), output=end, members=members)
    return replace(
        program,
        widths=(*program.widths, program.output_width // members),
        ops=(*program.ops, mean),
        output=end,
        loss=replace(program.loss, members=members),
    )


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
    momentum = optimizer.momentum if isinstance(optimizer, SGD) else 0.0
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
