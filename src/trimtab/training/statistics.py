"""Population statistics: what batch normalizations see over all rows, in inference mode.

Moving averages trail behind weights that move, and where a dropout comes before, they are averages
of what training sees and inference does not. Both go away when mean and variance are computed over
the rows once more, with the weights as they are and dropout off.

Source: Wu & Johnson 2021, "Rethinking 'Batch' in BatchNorm", section 3 ("PreciseBN"). Theirs
averages the statistics of batches that go through the network in training mode. Here it goes layer
by layer from the bottom: every batch normalization sees what its refreshed predecessors give in
inference mode, and counts, means and second moments of blocks of rows are merged exactly (Chan,
Golub & LeVeque 1983, "Algorithms for computing the sample variance"), in float64. So neither the
size of the blocks nor the order of the rows makes a difference beyond float32 rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.types import Floats
from trimtab.engines import choosing
from trimtab.engines.base import Engine, EngineState
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.nn.data import refuse_non_finite
from trimtab.nn.layers.vectors import state_of
from trimtab.program import Program
from trimtab.program.ops import BatchNormalization
from trimtab.program.slice import Slice, cut_points
from trimtab.training.moments import ColumnMoments

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["CACHE_BYTES", "PopulationStatistics", "check", "layer_of", "refresh"]

#: Activations of all rows are kept up to this size, so that the next batch normalization goes on
#: from there. While it moves on, twice of it is in use.
CACHE_BYTES = 256 * 2**20

#: Size of the activations of one block of rows.
BLOCK_BYTES = 8 * 2**20


#: From rows to rows.
Function = Callable[[Floats], Floats]


def layer_of(program: Program, op: BatchNormalization) -> str:
    """The path of the layer."""
    return program.state[op.state[0]].name.rpartition("/")[0]


class PopulationStatistics:
    """Measures the batch normalizations of a program.

    It keeps the engines that it needs for the next time. Batch normalizations inside the ``call``
    of a custom layer are not measured.

    Args:
        program: a network.
        make_engine: makes the engine for a part of it.
        frozen: measure those that are frozen, too. Their statistics are never replaced.

    Attributes:
        ops: what it measures, in order.
    """

    def __init__(
        self, program: Program, make_engine: Callable[[Program], Engine], *, frozen: bool = False
    ) -> None:
        self.program = program
        self.ops = [
            op
            for op in program.ops
            if isinstance(op, BatchNormalization) and (frozen or not op.frozen)
        ]
        self._make_engine = make_engine
        self._parts: dict[tuple[int, int], tuple[Slice, Engine]] = {}
        # For each op, the values that all that is left to measure can be computed from.
        points = cut_points(program)
        common = [points[op.inputs[0]] for op in self.ops]
        for i in reversed(range(len(common) - 1)):
            common[i] &= common[i + 1]
        self._starts = [sorted(values) for values in common]

    @classmethod
    def of(cls, model: Network, *, frozen: bool = False) -> PopulationStatistics:
        """That of a model as it is now, on the engine that it runs on."""
        program = model.inference_engine().program
        runner = model.runner
        choice = dict(runner.choice)
        choice["engine"] = choosing.choose(
            program, **choice
        )  # a part is run by what runs the whole
        return cls(program, lambda part: runner.make(part, **choice), frozen=frozen)

    def refreshed(
        self,
        state: EngineState,
        x: Floats,
        *,
        weight: Floats | None = None,
        only_weighted: bool = False,
        batch_size: int | None = None,
    ) -> tuple[EngineState, list[ColumnMoments]]:
        """The state with population statistics, and the moments at the input of each op.

        Args:
            state: of the whole program; it stays as it is.
            x: rows.
            weight: one number a row.
            only_weighted: the weights are for those layers alone that use them in training.
            batch_size: rows of a block; by default as many as fill :data:`BLOCK_BYTES`.
        """
        state = replace(state, state=state.state.copy())

        def function(source: int, target: int) -> Function:
            return self._engine(state, source, target).predict

        found = []
        for op, blocks in self._inputs(x, function, batch_size):
            own = weight if not only_weighted or op.weighted else None
            moments = ColumnMoments.none(self.program.widths[op.output])
            for part, values in blocks:
                of_block = ColumnMoments.of(values, None if own is None else own[part])
                moments = moments.merged(of_block)
            found.append(moments)
            if not op.frozen:
                mean, variance = (self.program.state[i].place for i in op.state[:2])
                with np.errstate(over="ignore"):  # beyond float32 is infinity
                    state.state[mean] = moments.mean
                    state.state[variance] = moments.variance
        return state, found

    def in_training(
        self, state: EngineState, x: Floats, *, seed: int, step: int, epoch_steps: int | None = None
    ) -> list[ColumnMoments]:
        """The moments at the input of each op where these rows are one batch of training.

        Args:
            seed, step: of the dropout masks.
            epoch_steps: batches of an epoch, for rates on a schedule.
        """

        def function(source: int, target: int) -> Function:
            engine = self._engine(state, source, target)
            rates = engine.program.dropout_rates(step, 1, epoch_steps)
            return partial(
                engine.forward,
                training=True,
                seed=seed,
                step=step,
                update=False,
                dropout_rates=rates,
            )

        return [
            ColumnMoments.of(values)
            for _, blocks in self._inputs(x, function, len(x))
            for _, values in blocks
        ]

    def _inputs(
        self,
        x: Floats,
        function: Callable[[int, int], Function],
        batch_size: int | None,
    ) -> Iterator[tuple[BatchNormalization, Iterator[tuple[slice, Floats]]]]:
        """Every op with the values at its input, block by block.

        Args:
            function: what computes one value of the program from another; asked for when the ops
                before are done with.
        """
        widths = self.program.widths
        source, known = 0, x
        for op, starts in zip(self.ops, self._starts, strict=True):
            fitting = (
                v for v in starts if v > source and x.shape[0] * widths[v] * 4 <= CACHE_BYTES
            )
            start = max(fitting, default=source)
            if start > source:
                kept = np.empty((len(x), widths[start]), np.float32)
                for part, values in _mapped(
                    function(source, start), known, widths[start], batch_size
                ):
                    kept[part] = values
                source, known = start, kept
            target = op.inputs[0]
            compute = _same if target == source else function(source, target)
            yield op, _mapped(compute, known, widths[target], batch_size)

    def _engine(self, state: EngineState, source: int, target: int) -> Engine:
        """An engine for the part between two values, with its share of this state."""
        if (source, target) not in self._parts:
            part = Slice.between(self.program, source, target)
            self._parts[source, target] = part, self._make_engine(part.program)
        part, engine = self._parts[source, target]
        engine.load(
            EngineState(
                part.parameters_in(state.parameters),
                part.state_in(state.state),
                np.zeros(0, np.float32),
            )
        )
        return engine


def _same(values: Floats) -> Floats:
    return values


def _mapped(
    function: Function, x: Floats, width: int, batch_size: int | None
) -> Iterator[tuple[slice, Floats]]:
    """A function of rows, block by block.

    Args:
        width: of what it gives.
    """
    size = batch_size or max(1, BLOCK_BYTES // (4 * max(width, x.shape[1])))
    for start in range(0, len(x), size):
        part = slice(start, min(start + size, len(x)))
        yield part, function(x[part])


def check(model: Network, x: Floats, weight: Floats | None) -> None:
    """Refuses what no statistics can be made of.

    Raises:
        InvalidData: missing or infinite features, negative weights.
        InvalidArgument: all batch normalizations are frozen.
    """
    refuse_non_finite(x, "x", "Statistics of that column would be nan. Fill it in or drop the row.")
    if weight is not None and (weight < 0).any():
        row = int(np.argmax(weight < 0))
        raise InvalidData(
            f"sample_weight must be 0 or more for statistics, received {weight[row]:g} at row "
            f"{row}. Use 0 for rows that should not count."
        )
    ops = model.inference_engine().program.ops
    found = [op for op in ops if isinstance(op, BatchNormalization)]
    if found and all(op.frozen for op in found):
        raise InvalidArgument(
            f"every batch normalization of {model.name} is frozen and keeps its statistics. Set "
            "trainable = True on those to refresh."
        )


def refresh(
    model: Network,
    x: Floats,
    weight: Floats | None = None,
    *,
    only_weighted: bool = False,
    batch_size: int | None = None,
    population: PopulationStatistics | None = None,
) -> None:
    """Gives a model's batch normalizations the statistics of these rows.

    Args:
        weight, only_weighted, batch_size: see :meth:`PopulationStatistics.refreshed`.
        population: that of the model, made before.

    Raises:
        InvalidData: fewer than two rows that count.
    """
    population = PopulationStatistics.of(model) if population is None else population
    if not population.ops:
        return
    if only_weighted and not any(op.weighted for op in population.ops):
        weight = None
    counted = len(x) if weight is None else int(np.count_nonzero(weight))
    if counted < 2:
        raise InvalidData(
            f"population statistics need at least two rows that count, received {counted}. Pass "
            "the rows that the model is trained on."
        )
    program = population.program
    model.pull()
    state, _ = population.refreshed(
        state_of(program, model.weights, None, 0),
        x,
        weight=weight,
        only_weighted=only_weighted,
        batch_size=batch_size,
    )
    by_path = {each.path: each for each in model.weights}
    position = model.position  # inside an epoch: training does not look at these statistics
    for op in population.ops:
        for number in op.state[:2]:
            slot = program.state[number]
            by_path[slot.name].assign(state.state[slot.place])
    model.position = position
