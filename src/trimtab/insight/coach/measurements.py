"""Variances and outputs that the coach measures by sending rows through the network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.types import Floats
from trimtab.engines import choosing
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.reach import without_last
from trimtab.insight.coach.start import Start, start
from trimtab.insight.probe.tracking import spread
from trimtab.nn.layers.vectors import state_of
from trimtab.program import Builder, Program
from trimtab.program.ops import Dropping, LossOp
from trimtab.training.moments import distance, variance_ratio
from trimtab.training.statistics import PopulationStatistics, layer_of

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Measurements"]

#: Most rows that are sent through the network.
PROBE_ROWS = 512


class Measurements:
    """Measurements of a network on its training rows; they do not change it.

    Args:
        model: The network.
        x: The training rows; None: nothing is measured.
        steps: Steps of the fit, for rates on a schedule; None: unknown.
        epoch_steps: Steps of an epoch.
    """

    def __init__(
        self,
        model: Network,
        x: GivenTable | None,
        steps: int | None,
        epoch_steps: int | None,
    ) -> None:
        self._model, self._x = model, x
        self._steps, self._epoch_steps = steps, epoch_steps

    @cached_property
    def _program(self) -> Program | None:
        """The network without its loss; None if it cannot be measured, or not quickly."""
        if self._x is None or not self._x.finite or not self._model.built:
            return None
        builder = Builder(self._x.width)
        program = builder.finish(self._model.emit_layers(builder))
        # Rates on a schedule are held at their maximum, which rules look at.
        peaks = {
            each.value: float(each.rates(0, self._steps or 1, self._epoch_steps).max())
            for each in program.schedules
        }
        held = (
            replace(op, rate=peaks[op.output])
            if isinstance(op, Dropping) and op.output in peaks
            else op
            for op in program.ops
        )
        program = replace(program, ops=tuple(held), schedules=())
        # JAX would have to compile first.
        return program if program.native and program.ops else None

    @property
    def rows(self) -> int:
        """Number of rows used."""
        return 0 if self._x is None else min(len(self._x), PROBE_ROWS)

    @cached_property
    def _population(self) -> PopulationStatistics | None:
        """Measures the statistics of the batch normalizations; None if that cannot be done."""
        program = self._program
        if program is None or self._x is None or self.rows < 2:
            return None
        threads = self._model.runner.threads
        population = PopulationStatistics(
            program, lambda part: choosing.make_engine(part, "native", threads=threads), frozen=True
        )
        self._model.pull()
        return population if population.ops else None

    @cached_property
    def variance_ratios(self) -> Mapping[str, float]:
        """Path of a batch normalization -> variance of its input, inference over training.

        Measured as by :class:`~trimtab.insight.probe.tracking.StatisticsTracker`: the
        normalizations before it use the statistics of these rows.
        """
        population = self._population
        if population is None or self._x is None:
            return {}
        program, x = population.program, spread(self._x.values, PROBE_ROWS)
        state = state_of(program, self._model.weights, None, 0)
        _, inference = population.refreshed(state, x)
        training = population.in_training(state, x, seed=0, step=0)
        ratios = {
            layer_of(program, op): variance_ratio(seen, trained)
            for op, seen, trained in zip(population.ops, inference, training, strict=True)
        }
        return {path: ratio for path, ratio in ratios.items() if math.isfinite(ratio)}

    @cached_property
    def stale(self) -> Mapping[str, float]:
        """Path of a batch normalization -> distance of what it holds from these rows' statistics.

        In standard deviations; large while the start values count.
        """
        population = self._population
        if population is None or self._x is None:
            return {}
        program, x = population.program, spread(self._x.values, PROBE_ROWS)
        state = state_of(program, self._model.weights, None, 0)
        _, seen = population.refreshed(state, x)
        found = {}
        for op, moments in zip(population.ops, seen, strict=True):
            mean, variance = (state.state[program.state[number].place] for number in op.state[:2])
            away = distance(mean, moments, op.epsilon)
            with np.errstate(divide="ignore", invalid="ignore"):
                ratios = np.log((variance + op.epsilon) / (moments.variance + op.epsilon))
            found[layer_of(program, op)] = max(away, float(np.abs(np.median(ratios))))
        return found

    def start(
        self, loss: LossOp, y: GivenTable, *, last: bool, x: Floats | None = None
    ) -> Start | None:
        """The network before its first step; see :mod:`trimtab.insight.coach.start`.

        Args:
            loss: The loss to measure.
            y: Targets that the loss takes.
            last: Whether the last activation counts.
            x: Rows in place of the present ones.
        """
        program = self._program
        if program is None or self._x is None or not y.finite:
            return None
        if not last:
            program = without_last(program)
        rows = self._x.values if x is None else x
        return start(program, self._model, loss, rows, y.values)

    @cached_property
    def output_size(self) -> float | None:
        """Root mean square of the present outputs, with batch statistics."""
        program = self._program
        if program is None or self._x is None:
            return None
        engine = choosing.make_engine(program, "native", threads=self._model.runner.threads)
        self._model.pull()
        engine.load(state_of(program, self._model.weights, None, 0))
        x = spread(self._x.values, PROBE_ROWS)
        out = engine.forward(x, training=True, update=False).astype(np.float64)
        size = float(np.sqrt(np.mean(np.square(out))))
        return size if math.isfinite(size) else None
