"""Probes a network: output, gradient, next update and statistics of each layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.types import Floats
from trimtab.engines.base import EngineState, Rows, TrainCall
from trimtab.insight.probe.activity import dead_units, saturated_units
from trimtab.insight.probe.table import LayerRow, LayerTable
from trimtab.program import Builder, Op, Program
from trimtab.program.build import Span
from trimtab.training.moments import distance, variance_ratio
from trimtab.training.statistics import PopulationStatistics, layer_of

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Inspector"]


@dataclass(frozen=True)
class _NextStep:
    """One training step, as vectors over the trainable parameters."""

    gradients: Floats
    update: Floats


class Inspector:
    """Probes a model without changing it.

    It has its own engine, of the kind the model runs on, and copies the model's weights and
    optimizer state before each look: to see what a step would do, it takes the step there.

    A custom layer is one row; what happens inside its ``call`` is not shown.

    Args:
        model: A built model. After layers are added, frozen or set, make a new inspector.

    Attributes:
        program: The model's program when this was made.
        passing: Paths of the layers that do nothing in inference mode, such as dropout.
    """

    def __init__(self, model: Network) -> None:
        self._model = model
        self.program = model.inference_engine().program
        self._engine = model.runner.make(self.program)
        self._population = PopulationStatistics.of(model, frozen=True)
        builder = Builder(self.program.input_width)
        model.emit(builder)
        self._spans = builder.spans
        self.passing = {
            span.layer.path for span in self._spans if all(op.passes for op in self._ops(span))
        }

    @staticmethod
    def quick(model: Network) -> bool:
        """Whether looking takes milliseconds: the native engine compiles nothing for it."""
        return model.inference_engine().name == "native"

    def look(self, rows: Rows, seed: int, *, passing: bool = True) -> LayerTable:
        """The table of the model as it is now.

        Args:
            rows: Rows to send through it; without targets there are no gradients.
            seed: Seed of the dropout masks in training mode.
            passing: Whether layers that do nothing in inference mode have a row.
        """
        model = self._model
        model.pull()
        state = model.runner.state(self.program, model.weights)
        self._engine.load(state)
        values = self._engine.probe(Rows(rows.x)).values
        step = self._step(state, rows, seed) if rows.y is not None else None
        statistics = self._statistics(state, rows, seed)
        return LayerTable(
            tuple(
                self._row(span, values, state, step, statistics)
                for span in self._spans
                if passing or span.layer.path not in self.passing
            ),
            len(rows),
        )

    def _step(self, state: EngineState, rows: Rows, seed: int) -> _NextStep:
        """Takes the next step on the inspector's own engine."""
        rates = self.program.dropout_rates(state.step, 1, self._model.epoch_steps)
        gradients = self._engine.probe(
            rows, training=True, seed=seed, step=state.step, dropout_rates=rates
        ).gradients
        assert gradients is not None
        self._engine.train(
            TrainCall(
                rows,
                batch_size=len(rows),
                seed=seed,
                learning_rates=self._model.optimizer.learning_rates(state.step, 1),
                dropout_rates=rates,
            )
        )
        after = self._engine.dump().parameters[: len(gradients)]
        with np.errstate(invalid="ignore"):  # infinite weights
            return _NextStep(gradients, after - state.parameters[: len(gradients)])

    def _statistics(
        self, state: EngineState, rows: Rows, seed: int
    ) -> dict[str, tuple[float, float]]:
        """Path of each batch normalization -> distance and variance ratio."""
        population = self._population
        _, inference = population.refreshed(state, rows.x, weight=rows.weight, only_weighted=True)
        training = population.in_training(
            state, rows.x, seed=seed, step=state.step, epoch_steps=self._model.epoch_steps
        )
        found = {}
        for op, seen, trained in zip(population.ops, inference, training, strict=True):
            moving_mean = state.state[self.program.state[op.state[0]].place]
            found[layer_of(self.program, op)] = (
                distance(moving_mean, seen, op.epsilon),
                variance_ratio(seen, trained),
            )
        return found

    def _ops(self, span: Span) -> list[Op]:
        return [self.program.ops[number - 1] for number in span.ops]

    def _row(
        self,
        span: Span,
        values: Mapping[int, Floats],
        state: EngineState,
        step: _NextStep | None,
        statistics: Mapping[str, tuple[float, float]],
    ) -> LayerRow:
        path = span.layer.path
        output = values[span.target]
        ops = self._ops(span)
        last = ops[-1] if ops else None
        with np.errstate(invalid="ignore", over="ignore"):  # a network that diverged
            deviation = float(output.std(dtype=np.float64))
            mean = float(output.mean(dtype=np.float64))
        weight_norm = _norm(self.program, ops, state.parameters)
        distance_of, ratio = statistics.get(path, (None, None))
        return LayerRow(
            layer=path,
            kind=type(span.layer).__name__,
            units=output.shape[1],
            mean=mean,
            standard_deviation=deviation,
            zeros=float((output == 0).mean()),
            dead=None if last is None else dead_units(last, values[last.inputs[0]]),
            saturated=None
            if last is None
            else saturated_units(last, values[last.inputs[0]], output),
            weight_norm=weight_norm,
            gradient_norm=None if step is None else _norm(self.program, ops, step.gradients),
            update_norm=None if step is None else _norm(self.program, ops, step.update),
            statistics_distance=distance_of,
            variance_ratio=ratio,
        )


def _norm(program: Program, ops: list[Op], vector: Floats) -> float | None:
    """Norm of the trainable parameters of some ops in a vector of all; None if they have none."""
    slots = [program.parameters[number] for op in ops for number in op.parameters]
    parts = [vector[slot.place] for slot in slots if slot.trainable]
    if not parts:
        return None
    return math.sqrt(sum(float(np.square(part, dtype=np.float64).sum()) for part in parts))
