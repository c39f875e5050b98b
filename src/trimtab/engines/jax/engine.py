"""The JAX engine: holds a program's weights on the devices and calls its compiled functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import jax
import numpy as np

from trimtab import config, distributed
from trimtab.core.types import Floats
from trimtab.engines.base import (
    DropoutRates,
    EngineState,
    Evaluation,
    Probe,
    Rows,
    TrainCall,
    TrainResult,
)
from trimtab.engines.checks import check_call, check_rates, check_state
from trimtab.engines.jax import runtime
from trimtab.engines.jax.compiled import Functions, functions
from trimtab.engines.jax.compute import Setup
from trimtab.engines.jax.devices import placement
from trimtab.engines.jax.epochs_run import EpochsRun
from trimtab.engines.jax.layout import flat, in_blocks, pack, unpack
from trimtab.engines.jax.resident import Resident, targets
from trimtab.engines.jax.runs import drive
from trimtab.engines.jax.steps import Pace
from trimtab.engines.looking import train_looking
from trimtab.errors import EngineError
from trimtab.program import Program
from trimtab.program.structure import structure

#: Maximum number of blocks in one call of predict.
BLOCKS = 256


_Result = TypeVar("_Result")


def _together(name: str) -> Callable[[Callable[..., _Result]], Callable[..., _Result]]:
    """Marks a method in which all processes take part if the devices are those of several."""

    def marked(method: Callable[..., _Result]) -> Callable[..., _Result]:
        @wraps(method)
        def called(self: JaxEngine, *args: Any, **options: Any) -> _Result:
            if not self._place.several_processes:
                return method(self, *args, **options)
            with distributed.together(name):
                return method(self, *args, **options)

        return called

    return marked


class JaxEngine:
    """Runs a program on JAX. See :class:`~trimtab.engines.base.Engine` for the protocol.

    Args:
        program: a verified program.
        devices: see :func:`~trimtab.engines.jax.devices.placement`.
        precision: ``float32``, or ``mixed_bfloat16``: products and activations in bfloat16;
            weights, statistics, loss and optimizer in float32.

    Results do not depend on how an epoch is divided into calls, bit for bit.
    """

    name = "jax"

    def __init__(
        self, program: Program, *, devices: Any = None, precision: str = "float32"
    ) -> None:
        config.check_policy(precision)
        self.program = program
        self._place = placement(devices)
        setup = Setup(structure(program), self._place.shards, precision)
        self._call = functions(Functions, setup, self._place)
        self._block = self._place.shards * self._place.block
        self._resident = Resident()
        self._pace = Pace()
        self._step = 0
        self.load(EngineState.zeros(program))

    # -- state ----------------------------------------------------------------------------------

    def load(self, state: EngineState) -> None:
        check_state(self.program, state)
        self._weights = jax.tree.map(self._place.put, pack(self.program, state))
        self._step = state.step

    def dump(self) -> EngineState:
        return unpack(self.program, self._weights, self._step)

    # -- training -------------------------------------------------------------------------------

    def train(self, call: TrainCall) -> TrainResult:
        if call.look is not None:
            check_call(self.program, call)
            return train_looking(self, call)
        (result,) = self.train_epochs([call])
        return result

    def train_epochs(self, calls: Sequence[TrainCall]) -> list[TrainResult]:
        if self.program.loss is None or self.program.optimizer is None:
            raise EngineError("this program has no loss or no optimizer; it only predicts.")
        for call in calls:
            check_call(self.program, call)
        table = self._resident.table("table", calls[0].rows, self._place)
        run = EpochsRun(self.program, self._place, table, calls, self._step)

        def advance(most: int) -> int:
            return self._advance(run, most)

        stopped = drive(run, advance, self._pace, calls[0].watch)
        return run.results(stopped=stopped)

    @_together("fit")
    def _advance(self, run: EpochsRun, most: int) -> int:
        """Makes the next call on the devices; returns the number of steps done."""
        piece = run.piece(most)
        steps = run.steps(piece, self._call)
        self._weights, losses, outputs = self._call.train(
            self._weights,
            run.table,
            steps,
            run.knobs,
            padded=run.padded,
            predictions=run.predictions,
        )
        self._step += len(piece)
        run.take(piece, losses, outputs)
        return len(piece)

    # -- inference ------------------------------------------------------------------------------

    @_together("evaluate")
    def evaluate(self, rows: Rows, *, predictions: bool = False) -> Evaluation:
        if self.program.loss is None:
            raise EngineError("this program has no loss; it only predicts.")
        x, y, weight = self._blocks(rows)
        parameters, state = self._weights[:2]
        losses, outputs, penalty = self._call.evaluate(
            parameters, state, x, np.int32(len(x)), y, weight, runtime.knobs(self.program, 0)
        )
        return Evaluation(
            loss=float(np.mean(np.asarray(losses, np.float64))) + float(penalty),
            predictions=np.array(outputs) if predictions else None,
        )

    @_together("predict")
    def predict(self, x: Floats) -> Floats:
        parameters, state = self._weights[:2]
        result = np.empty((len(x), self.program.output_width), np.float32)
        most = BLOCKS * self._block
        for start in range(0, len(x), most):
            part = x[start : start + most]
            number = -(-len(part) // self._block)
            room = self._call.capacity(number, "predict")
            outputs = self._call.predict(
                parameters,
                state,
                self._in_blocks(part, room),
                np.int32(number),
                runtime.knobs(self.program, 0),
            )
            made = np.asarray(outputs).reshape(-1, self.program.output_width)
            result[start : start + most] = made[: len(part)]
        return result

    @_together("forward")
    def forward(
        self,
        x: Floats,
        *,
        training: bool,
        seed: int = 0,
        step: int = 0,
        update: bool = True,
        dropout_rates: DropoutRates | None = None,
        mask: Floats | None = None,
    ) -> Floats:
        check_rates(self.program, dropout_rates, 1)
        weights = self._weights
        output, moved = self._call.forward(
            weights.parameters,
            weights.state,
            self._place.share(x),
            None if mask is None else self._place.share(mask),
            runtime.knobs(self.program, seed, dropout_rates),
            np.uint32(step & 0xFFFFFFFF),
            training=training,
        )
        if training and update:
            self._weights = weights._replace(state=moved)
        return np.array(output)

    @_together("predict_samples")
    def samples(self, x: Floats, *, seed: int, first: int, number: int) -> Floats:
        parameters, state = self._weights[:2]
        room = np.zeros((self._room(len(x)), x.shape[1]), np.float32)
        room[: len(x)] = x
        split = self._place.split(0, len(room))
        outputs = self._call.samples(
            parameters,
            state,
            self._place.share(room, split),
            runtime.knobs(self.program, seed),
            np.uint32(first & 0xFFFFFFFF),
            np.int32(number),
            capacity=self._call.capacity(number, "samples", room.shape),
        )
        return np.array(outputs[:number, : len(x)])

    def _room(self, rows: int) -> int:
        """Rows that a batch is padded to, so that few sizes are compiled."""
        if not self.program.native:
            return rows  # custom code sees batches without padding
        return max(self._block, 1 << (rows - 1).bit_length())

    @_together("probe")
    def probe(
        self,
        rows: Rows,
        *,
        training: bool = False,
        seed: int = 0,
        step: int = 0,
        dropout_rates: DropoutRates | None = None,
    ) -> Probe:
        check_rates(self.program, dropout_rates, 1)
        parameters, state = self._weights[:2]
        knobs = runtime.knobs(self.program, seed, dropout_rates)
        count = np.uint32(step & 0xFFFFFFFF)
        if rows.y is None or self.program.loss is None:
            weight = None if rows.weight is None else self._place.share(rows.weight)
            values = self._call.look(
                parameters,
                state,
                self._place.share(rows.x),
                weight,
                knobs,
                count,
                training=training,
            )
            return Probe(_numbered(values), float("nan"))
        loss, values, gradients, by_value = self._call.look_back(
            parameters,
            state,
            self._resident.table("table", rows, self._place),
            knobs,
            count,
            training=training,
        )
        return Probe(
            values=_numbered(values),
            loss=float(loss),
            gradients=flat(gradients),
            value_gradients=_numbered(by_value),
        )

    # -- rows on the device ---------------------------------------------------------------------

    def _blocks(self, rows: Rows) -> tuple[jax.Array, jax.Array, jax.Array | None]:
        def made() -> tuple[jax.Array, jax.Array, jax.Array | None]:
            y, weight = targets(rows, self._place)
            return self._in_blocks(rows.x, -(-len(rows) // self._block)), y, weight

        blocks: tuple[jax.Array, jax.Array, jax.Array | None]
        blocks = self._resident.get("blocks", rows, made)
        return blocks

    def _in_blocks(self, x: Floats, number: int) -> jax.Array:
        return self._place.share(in_blocks(x, number, self._block), self._place.by_rows(1))


def _numbered(values: Sequence[jax.Array]) -> dict[int, Floats]:
    return {number: np.array(value) for number, value in enumerate(values)}
