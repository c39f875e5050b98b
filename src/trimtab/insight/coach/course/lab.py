"""A second engine beside a trained network: losses in inference mode, and a few steps more.

Nothing here changes the network. Losses are without penalties, in blocks of rows: from the spread
of the blocks follows how surely the loss is known, whatever the loss is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core import random
from trimtab.core.types import Doubles, Floats
from trimtab.engines import choosing
from trimtab.engines.base import Engine, EngineState, Rows, TrainCall, TrainResult
from trimtab.insight.coach.course import thresholds
from trimtab.nn.layers.vectors import first_state
from trimtab.program import Program
from trimtab.program.ops import BatchNormalization
from trimtab.training.settings import FitSettings
from trimtab.training.statistics import PopulationStatistics

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Lab", "Losses"]


@dataclass(frozen=True)
class Losses:
    """The loss over some rows, and over blocks of them.

    Attributes:
        blocks: the mean loss of each block.
        sizes: rows of each block.
        rows: number of rows that the blocks stand for.
    """

    blocks: Doubles
    sizes: NDArray[np.int64]
    rows: int

    @property
    def mean(self) -> float:
        """The loss."""
        with np.errstate(invalid="ignore", over="ignore"):
            return float(np.average(self.blocks, weights=self.sizes))

    @property
    def error(self) -> float:
        """Standard error of the loss as that of new rows; infinite for a single block."""
        number = len(self.blocks)
        if number < 2:
            return math.inf
        with np.errstate(invalid="ignore", over="ignore"):
            away = self.sizes / self.sizes.mean() * (self.blocks - self.mean)
            error = math.sqrt(float(np.square(away).sum()) / (number * (number - 1)))
        return error * math.sqrt(float(self.sizes.sum()) / self.rows)

    def less(self, other: Losses) -> Losses:
        """The difference from the losses of another network on the same rows."""
        return Losses(self.blocks - other.blocks, self.sizes, self.rows)


class Lab:
    """Evaluates and continues a network on engines of its own.

    Args:
        model: a compiled network.
        settings: of its fit.
        rows: it was trained on.
        valid: it was validated on, or None.
    """

    def __init__(
        self, model: Network, settings: FitSettings, rows: Rows, valid: Rows | None
    ) -> None:
        self.model, self.settings = model, settings
        self.rows, self.valid = rows, valid
        self.program = model.program()

    @staticmethod
    def can(model: Network) -> bool:
        """Whether that takes milliseconds: the native engine compiles nothing for it."""
        return bool(model.built and model.compiled and model.program().native)

    @property
    def state(self) -> EngineState:
        """The network as it is now."""
        self.model.pull()
        return self.model.runner.state(self.program, self.model.weights)

    @cached_property
    def _evaluating(self) -> Engine:
        """Evaluates without penalties."""
        plain = tuple(replace(slot, l1=0.0, l2=0.0) for slot in self.program.parameters)
        return self._engine(replace(self.program, parameters=plain))

    @cached_property
    def training_engine(self) -> Engine:
        return self._engine(self.program)

    def _engine(self, program: Program) -> Engine:
        return choosing.make_engine(program, "native", threads=self.model.runner.threads)

    # -- before the first step ------------------------------------------------------------------

    @property
    def first(self) -> EngineState | None:
        """The weights as they were drawn; None if the seed is unknown.

        Those that were set by hand, or read from a file, are not these.
        """
        seed = self.model.random_state()["seed"]
        return None if seed is None else first_state(self.program, self.model.weights, seed)

    def loss_in_training(self, state: EngineState) -> float:
        """The loss of one batch as a step would see it, without penalties.

        Args:
            state: of the whole program.
        """
        engine, steps = self._evaluating, self.settings.cut(len(self.rows)).steps
        engine.load(state)
        with np.errstate(all="ignore"):
            probe = engine.probe(
                part_of(self.rows, _scattered(len(self.rows), thresholds.FIRST_ROWS)),
                training=True,
                seed=self.model.known_run_seed() or 0,
                step=state.step,
                dropout_rates=self.program.dropout_rates(state.step, 1, steps),
            )
        return float(probe.loss)

    # -- losses ---------------------------------------------------------------------------------

    def losses(self, rows: Rows, state: EngineState | None = None) -> Losses:
        """The loss of a state on rows; of the present one unless told.

        Args:
            rows: with targets; many are represented by some.
            state: of the whole program.
        """
        chosen = _scattered(len(rows))
        number = min(thresholds.BLOCKS, len(chosen))
        edges = np.linspace(0, len(chosen), number + 1).astype(np.int64)
        engine = self._evaluating
        engine.load(self.state if state is None else state)
        blocks = []
        for start, stop in pairwise(edges):
            blocks.append(engine.evaluate(part_of(rows, chosen[start:stop])).loss)
        return Losses(np.array(blocks, np.float64), np.diff(edges), len(rows))

    def penalties(self, state: EngineState) -> float:
        """What penalties add to the loss of a state."""
        total = 0.0
        for slot in self.program.parameters:
            if slot.l1 or slot.l2:
                values = state.parameters[slot.place].astype(np.float64)
                total += slot.l1 * float(np.abs(values).sum())
                total += slot.l2 * float(np.square(values).sum())
        return total

    @property
    def judged_on(self) -> Rows:
        """The validation rows; without any, those trained on."""
        return self.rows if self.valid is None else self.valid

    def predict(self, x: Floats, state: EngineState | None = None) -> Floats:
        """Predictions of a state."""
        self._evaluating.load(self.state if state is None else state)
        return self._evaluating.predict(x)

    # -- statistics -----------------------------------------------------------------------------

    @cached_property
    def normalizes(self) -> bool:
        """Whether there are batch normalizations with moving averages."""
        return any(isinstance(op, BatchNormalization) and not op.frozen for op in self.program.ops)

    @cached_property
    def _population(self) -> PopulationStatistics:
        return PopulationStatistics(self.program, self._engine)

    def with_population(
        self, state: EngineState, most: int = thresholds.STATISTICS_ROWS
    ) -> EngineState:
        """The state with statistics of the training rows, or some of them, in inference mode."""
        chosen = _scattered(len(self.rows), most)
        some = part_of(self.rows, chosen)
        return self._population.refreshed(state, some.x, weight=some.weight, only_weighted=True)[0]

    # -- a few steps more -----------------------------------------------------------------------

    def continued(self, steps: int, rate: float) -> EngineState:
        """What the network would be after so many steps more.

        Args:
            steps: number of batches.
            rate: the learning rate of all of them.
        """
        state = self.state
        epochs = Replay(self, state)
        while epochs.done < steps:
            epochs.epoch(rate, most=steps - epochs.done)
        return epochs.state


class Replay:
    """Trains on from a state as ``fit`` does: the same orders, batches and masks.

    Args:
        lab: of the network.
        state: at the beginning of an epoch.

    Attributes:
        done: batches done.
    """

    def __init__(self, lab: Lab, state: EngineState) -> None:
        self._lab, self._first = lab, state
        self.engine = lab.training_engine
        self.engine.load(state)
        self.batches = lab.settings.cut(len(lab.rows))
        self.done = 0

    @property
    def state(self) -> EngineState:
        """The state now."""
        return self.engine.dump()

    def order(self) -> NDArray[np.int64]:
        """The rows of the epoch that begins now."""
        rows, trained = len(self._lab.rows), self.batches.trained
        if not self._lab.settings.shuffle:
            return np.arange(trained, dtype=np.int64)
        seed, step = self._lab.model.run_seed(), self._first.step + self.done
        return random.permutation(seed, random.Stream.ORDER, step, rows)[:trained]

    def epoch(self, rate: float, *, most: int | None = None) -> TrainResult:
        """An epoch, or its first batches."""
        steps = self.batches.steps if most is None else min(most, self.batches.steps)
        sizes = np.diff(self.batches.edges)[:steps]
        return self._train(self.order()[: sizes.sum()], sizes, rate)

    def batch(self, order: NDArray[np.int64], number: int, rate: float) -> TrainResult:
        """One batch of an epoch in this order."""
        rows = order[self.batches.part(number)]
        return self._train(rows, np.array([len(rows)]), rate)

    def _train(
        self, order: NDArray[np.int64], sizes: NDArray[np.int64], rate: float
    ) -> TrainResult:
        lab, step, steps = self._lab, self._first.step + self.done, len(sizes)
        self.done += steps
        return self.engine.train(
            TrainCall(
                lab.rows,
                order,
                batch_size=int(sizes.max()),
                seed=lab.model.run_seed(),
                learning_rates=np.full(steps, rate, np.float32),
                sizes=sizes.astype(np.int32),
                dropout_rates=lab.program.dropout_rates(step, steps, self.batches.steps),
            )
        )


def part_of(rows: Rows, chosen: NDArray[np.int64]) -> Rows:
    """Some of the rows, with their targets and weights."""
    y = None if rows.y is None else rows.y[chosen]
    return Rows(rows.x[chosen], y, None if rows.weight is None else rows.weight[chosen])


def _scattered(rows: int, most: int | None = None) -> NDArray[np.int64]:
    """Numbers of at most so many rows, in an order that is always the same and follows nothing."""
    most = thresholds.JUDGED_ROWS if most is None else most
    chosen = np.random.Generator(np.random.PCG64(0)).permutation(rows)[:most]
    return chosen.astype(np.int64)
