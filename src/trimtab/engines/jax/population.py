"""A population on JAX: one computation with one more axis, the members'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from trimtab import config
from trimtab.core.types import Floats
from trimtab.engines.base import EngineState, Evaluation, Rows, TrainCall, TrainResult
from trimtab.engines.checks import check_state
from trimtab.engines.jax import runtime
from trimtab.engines.jax.compiled import functions
from trimtab.engines.jax.compute import Setup, Weights
from trimtab.engines.jax.devices import placement
from trimtab.engines.jax.layout import in_blocks, pack, unpack
from trimtab.engines.jax.members import MemberFunctions
from trimtab.engines.jax.members_run import MembersRun
from trimtab.engines.jax.resident import Resident
from trimtab.engines.jax.runs import drive
from trimtab.engines.jax.steps import Pace
from trimtab.engines.members import Orders, check_calls, check_members
from trimtab.errors import EngineError, Unsupported
from trimtab.program import Program
from trimtab.program.structure import structure

#: Minimum number of rows per member in one block of predictions.
LEAST_BLOCK = 256


class JaxPopulation:
    """All members as one computation. See :class:`~trimtab.engines.members.Population`.

    Args:
        programs: of one structure.
        devices: see :func:`~trimtab.engines.jax.devices.placement`. Each computes the same number
            of members; if that leaves a rest, copies of the first member fill it up.
        precision: ``float32`` or ``mixed_bfloat16``.

    Results do not depend on how an epoch is divided into calls, bit for bit.
    """

    name = "jax"

    def __init__(
        self, programs: Sequence[Program], *, devices: Any = None, precision: str = "float32"
    ) -> None:
        config.check_policy(precision)
        self.programs = tuple(programs)
        self._place = placement(devices)
        if self._place.several_processes:
            raise Unsupported(
                "a population runs in one process, received devices of several. Make one "
                "population in each process, with devices=jax.local_devices() and a share of the "
                "members."
            )
        self._filling = -len(self.programs) % self._place.shards
        self._setup = Setup(_common_structure(self.programs), 1, precision)
        self._call = functions(MemberFunctions, self._setup, self._place)
        self._block = max(LEAST_BLOCK, self._place.block // len(self.programs))
        self._resident = Resident()
        self._pace = Pace()
        self._steps = [0] * len(self.programs)
        self.load([EngineState.zeros(program) for program in self.programs])

    # -- state ----------------------------------------------------------------------------------

    def load(self, states: Sequence[EngineState]) -> None:
        check_members(self, states=states)
        packed = []
        for program, state in zip(self.programs, states, strict=True):
            check_state(program, state)
            packed.append(pack(program, state))
        self._weights: Weights = self._stacked(packed)
        self._steps = [state.step for state in states]

    def dump(self) -> list[EngineState]:
        whole = jax.tree.map(np.asarray, self._weights)
        return [
            unpack(program, jax.tree.map(lambda array, at=member: array[at], whole), step)
            for member, (program, step) in enumerate(zip(self.programs, self._steps, strict=True))
        ]

    def _stacked(self, trees: Sequence[Any]) -> Any:
        """Trees of NumPy arrays, one per member, as one tree of arrays on the devices."""
        filled = [*trees, *[trees[0]] * self._filling]
        split = self._place.by_rows(0)
        return jax.tree.map(lambda *parts: self._place.share(np.stack(parts), split), *filled)

    # -- training -------------------------------------------------------------------------------

    def train(self, calls: Sequence[TrainCall]) -> list[TrainResult]:
        if self._setup.program.loss is None or self._setup.program.optimizer is None:
            raise EngineError("these programs have no loss or no optimizer; they only predict.")
        check_calls(self, calls)
        table = self._resident.table("train", calls[0].rows, self._place)
        drawn = [
            runtime.knobs(program, call.seed)
            for program, call in zip(self.programs, calls, strict=True)
        ]
        run = MembersRun(self.programs, table, calls, self._steps, self._stacked(drawn))

        def advance(most: int) -> int:
            return self._advance(run, most)

        return run.results(stopped=drive(run, advance, self._pace, calls[0].watch))

    def _advance(self, run: MembersRun, most: int) -> int:
        """Makes the next call on the devices; returns the steps of the member that did most."""
        piece = run.piece(most)
        self._weights, losses, outputs = self._call.train(
            self._weights,
            run.table,
            self._stacked(run.steps(piece, self._call)),
            run.knobs,
            padded=run.padded,
            uneven=run.uneven,
            predictions=run.predictions,
        )
        run.take(piece, np.asarray(losses), None if outputs is None else np.asarray(outputs))
        for member, number in enumerate(piece.numbers):
            self._steps[member] += number
        return max(piece.numbers)

    # -- inference ------------------------------------------------------------------------------

    def evaluate(
        self, rows: Rows, which: Orders | None = None, *, predictions: bool = False
    ) -> list[Evaluation]:
        loss = self._setup.program.loss
        if loss is None:
            raise EngineError("these programs have no loss; they only predict.")
        given = [None] * len(self.programs) if which is None else list(which)
        check_members(self, which=given)
        kind = "train" if self._resident.holds("train", rows) else "evaluate"
        table = self._resident.table(kind, rows, self._place)
        common = all(each is given[0] for each in given)
        own = [np.arange(len(rows)) if each is None else each for each in given]
        blocks = max(1, max(-(-len(each) // self._block) for each in own))
        room = self._call.capacity(blocks, "evaluate", len(rows), common)
        if common:
            chosen = self._place.share(self._chosen(own[0], room))
        else:
            chosen = self._stacked([self._chosen(each, room) for each in own])
        made: list[Evaluation | None] = [None] * len(own)
        # The padding of blocks is cut off here. A custom loss may look at all its rows at once: it
        # never sees padding.
        lengths = {room * self._block} if loss.function is None else {len(each) for each in own}
        parameters, state = self._weights[:2]
        for length in sorted(lengths):
            losses, outputs, penalty = self._call.evaluate(
                parameters,
                state,
                table,
                chosen,
                np.int32(blocks),
                runtime.knobs(self._setup.program, 0),
                length=length,
                common=common,
            )
            losses, penalty = np.asarray(losses, np.float64), np.asarray(penalty)
            whole = np.asarray(outputs) if predictions else None
            for member, rows_of in enumerate(own):
                if loss.function is None or len(rows_of) == length:
                    seen = losses[member, : len(rows_of)]
                    made[member] = Evaluation(
                        loss=float(np.mean(seen)) + float(penalty[member]),
                        predictions=None if whole is None else whole[member, : len(rows_of)].copy(),
                    )
        return [each for each in made if each is not None]

    def predict(self, x: Floats) -> Floats:
        parameters, state = self._weights[:2]
        number = -(-len(x) // self._block)
        room = self._call.capacity(number, "predict")
        outputs = self._call.predict(
            parameters,
            state,
            self._place.share(in_blocks(x, room, self._block)),
            np.int32(number),
            runtime.knobs(self._setup.program, 0),
        )
        whole = np.asarray(outputs).reshape(len(outputs), -1, self._setup.program.output_width)
        return np.array(whole[: len(self.programs), : len(x)])

    def _chosen(self, rows: NDArray[Any], blocks: int) -> NDArray[np.int32]:
        """Row numbers in blocks."""
        return in_blocks(rows.astype(np.int32), blocks, self._block)


def _common_structure(programs: Sequence[Program]) -> Program:
    """The structure of all programs; it has weight decay if any of them has."""
    common = structure(programs[0])
    if common.optimizer is None:
        return common
    decay = any(program.optimizer and program.optimizer.weight_decay for program in programs)
    return replace(common, optimizer=replace(common.optimizer, weight_decay=float(decay)))
