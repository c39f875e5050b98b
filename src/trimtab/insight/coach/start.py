"""A network before its first step: what it makes of a batch of training rows, and the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from trimtab.engines import choosing
from trimtab.engines.base import Engine, Rows
from trimtab.insight.probe.tracking import spread
from trimtab.nn.layers.vectors import state_of
from trimtab.program import Program
from trimtab.program.ops import Average, LossOp

if TYPE_CHECKING:
    from trimtab.core.types import Doubles, Floats
    from trimtab.nn.network import Network

__all__ = ["Start", "start"]

#: Most rows of the batch.
ROWS = 512

#: A tanh beyond this, from -1 to 1, is at its ends: its slope is below 0.04.
ENDS = 0.98


@dataclass(frozen=True)
class Start:
    """One batch in training mode, before any step; penalties and constraints are left out.

    Attributes:
        loss: The loss that was measured.
        targets, outputs: Of the batch.
        values: Every value of the program by its number.
        gradient: Of the loss, with respect to all trainable parameters.
        weights: Path of a trainable weight -> its values, in the shape of the weight.
        gradients: Path of a trainable weight -> its part of the gradient.
        program: The network as it was measured.
        engine: With the network in it; for measuring it with other weights.
        rows: The batch.
    """

    loss: LossOp
    targets: Doubles
    outputs: Doubles
    values: Mapping[int, Floats]
    gradient: Doubles
    weights: Mapping[str, Doubles]
    gradients: Mapping[str, Doubles]
    program: Program
    engine: Engine
    rows: Rows

    def values_with(self, weights: Mapping[str, Doubles]) -> Mapping[int, Floats]:
        """Every value of the program by its number, with other weights.

        Args:
            weights: Path of a trainable weight -> values in place of its own.
        """
        own = self.engine.dump()
        parameters = own.parameters.copy()
        for slot in self.program.parameters:
            if slot.name in weights:
                parameters[slot.place] = weights[slot.name].reshape(-1)
        self.engine.load(replace(own, parameters=parameters))
        values = self.engine.probe(self.rows, training=True).values
        self.engine.load(own)
        return values

    def logits(self, values: Mapping[int, Floats]) -> Doubles:
        """The outputs before a last sigmoid, softmax or tanh."""
        last = self.program.ops[-1]
        bounded = last.kind == "softmax" or getattr(last, "function", "") in ("sigmoid", "tanh")
        place = last.inputs[0] if bounded else self.program.output
        return values[place].astype(np.float64)

    def saturated(self, values: Mapping[int, Floats]) -> float:
        """Share of the values of a hidden tanh or sigmoid at its ends, in the worst layer."""
        worst = 0.0
        for op in self.program.ops[:-1]:
            function = getattr(op, "function", "")
            if function in ("tanh", "sigmoid"):
                out = values[op.output]
                along = out if function == "tanh" else 2 * out - 1
                worst = max(worst, float((np.abs(along) > ENDS).mean()))
        return worst

    def kernel(self, path: str) -> str | None:
        """The name of a dense layer's kernel; None if it is frozen or shared out."""
        name = f"{path}/kernel"
        return name if name in self.gradients else None

    def gradient_size(self, path: str) -> float | None:
        """Root mean square of the gradient of a dense layer's kernel."""
        name = self.kernel(path)
        if name is None:
            return None
        size = float(np.sqrt(np.mean(np.square(self.gradients[name]))))
        return size if np.isfinite(size) else None


def start(program: Program, model: Network, loss: LossOp, x: Floats, y: Floats) -> Start | None:
    """Measures a network on one batch; None if that cannot be done.

    Args:
        program: The network without its loss; it ends where the loss begins.
        model: The network, for its weights.
        loss: The loss to measure.
        x, y: Training rows, and targets that the loss takes.
    """
    plain = tuple(
        replace(slot, l1=0.0, l2=0.0, penalty=None, constraint=None) for slot in program.parameters
    )
    program = replace(program, loss=loss, parameters=plain)
    if not (program.native and any(slot.trainable for slot in plain)):
        return None
    rows = Rows(spread(x, ROWS), spread(y, ROWS))
    if len(model) > 1:
        program = _averaged(program, len(model))
    engine = choosing.make_engine(program, "native", threads=model.runner.threads)
    model.pull()
    state = state_of(program, model.weights, None, 0)
    engine.load(state)
    probe = engine.probe(rows, training=True)
    if probe.gradients is None:
        return None
    gradient = probe.gradients.astype(np.float64)
    trained = [slot for slot in program.parameters if slot.trainable]
    return Start(
        loss,
        np.asarray(rows.y, np.float64),
        engine.forward(rows.x, training=True, update=False).astype(np.float64),
        probe.values,
        gradient,
        {
            slot.name: state.parameters[slot.place].astype(np.float64).reshape(slot.shape)
            for slot in trained
        },
        {slot.name: gradient[slot.place].reshape(slot.shape) for slot in trained},
        program,
        engine,
        rows,
    )


def _averaged(program: Program, members: int) -> Program:
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
