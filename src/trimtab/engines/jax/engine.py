"""The engine: holds a program's weights on the devices and calls its compiled functions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import jax
import numpy as np
from numpy.typing import NDArray

from trimtab import config, distributed
from trimtab.core.types import Floats
from trimtab.engines.base import (
    DropoutRates,
    EngineState,
    Evaluation,
    Probe,
    Rows,
    TrainResult,
    Watch,
    check_rates,
    check_sizes,
    check_state,
)
from trimtab.engines.jax import runtime
from trimtab.engines.jax.compiled import functions
from trimtab.engines.jax.compute import Setup, Steps, Table
from trimtab.engines.jax.devices import placement
from trimtab.engines.jax.interrupt import Interrupts
from trimtab.engines.jax.layout import flat, pack, unpack
from trimtab.engines.jax.optimizers import Rate
from trimtab.engines.jax.resident import Resident
from trimtab.engines.jax.steps import MOST_STEPS, Ledger, Pace, Plan
from trimtab.errors import EngineError
from trimtab.program import Program
from trimtab.program.ops.dropout import limits_and_scales
from trimtab.program.structure import structure

#: Steps of a call in a run of several processes, which must all cut alike.
COMMON_STEPS = 256

#: A short batch is computed in its own size where filling it up would cost so many products of
#: every parameter with a row, and such a share of the rows of an epoch. (Compiling for one more
#: size takes seconds, once.)
IDLE_PRODUCTS = 10**8
IDLE_SHARE = 0.05

#: Rows of one block of predictions on one device; the last one is filled with zeros. A row's bits
#: depend on the size of its block: it is fixed.
BLOCK = {"cpu": 256}
ACCELERATOR_BLOCK = 4096

#: Most blocks in one call of predict.
BLOCKS = 256


_Result = TypeVar("_Result")


def _together(name: str) -> Callable[[Callable[..., _Result]], Callable[..., _Result]]:
    """Marks a method that takes all processes where the devices are those of several."""

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
        program: the verified program.
        devices: see :func:`~trimtab.engines.jax.devices.placement`.
        precision: ``float32``, or ``mixed_bfloat16``: products and activations in bfloat16,
            weights, statistics, loss and optimizer in float32.

    Results do not depend on how an epoch is cut into calls, bit for bit.
    """

    name = "jax"

    def __init__(
        self, program: Program, *, devices: Any = None, precision: str = "float32"
    ) -> None:
        config.check_policy(precision)
        self.program = program
        self._place = placement(devices)
        setup = Setup(structure(program), self._place.shards, precision)
        self._call = functions(setup, self._place)
        self._block = self._place.shards * BLOCK.get(
            self._place.devices[0].platform, ACCELERATOR_BLOCK
        )
        self._resident = Resident()
        self._pace = Pace()
        self._step = 0
        self.load(
            EngineState(
                np.zeros(program.parameter_count, np.float32),
                np.zeros(program.state_count, np.float32),
                np.zeros(program.slot_count, np.float32),
            )
        )

    # -- state ----------------------------------------------------------------------------------

    def load(self, state: EngineState) -> None:
        check_state(self.program, state)
        self._weights = jax.tree.map(self._place.put, pack(self.program, state))
        self._step = state.step

    def dump(self) -> EngineState:
        return unpack(self.program, self._weights, self._step)

    # -- training -------------------------------------------------------------------------------

    def train(
        self,
        rows: Rows,
        order: NDArray[np.int64] | None,
        *,
        batch_size: int,
        seed: int,
        learning_rates: Floats,
        sizes: NDArray[np.int32] | None = None,
        dropout_rates: DropoutRates | None = None,
        predictions: bool = False,
        watch: Watch | None = None,
    ) -> TrainResult:
        (result,) = self.train_epochs(
            rows,
            [order],
            batch_size=batch_size,
            seed=seed,
            learning_rates=learning_rates,
            sizes=sizes,
            dropout_rates=dropout_rates,
            predictions=predictions,
            watch=watch,
        )
        return result

    @_together("fit")
    def train_epochs(
        self,
        rows: Rows,
        orders: Sequence[NDArray[np.int64] | None],
        *,
        batch_size: int,
        seed: int,
        learning_rates: Floats,
        sizes: NDArray[np.int32] | None = None,
        dropout_rates: DropoutRates | None = None,
        predictions: bool = False,
        watch: Watch | None = None,
    ) -> list[TrainResult]:
        if self.program.loss is None or self.program.optimizer is None:
            raise EngineError("this program has no loss or no optimizer; it only predicts.")
        table = self._table(rows)
        for order in orders:
            check_sizes(sizes, len(rows) if order is None else len(order), batch_size)
        plan = Plan.of(orders, len(rows), batch_size, sizes)
        check_rates(self.program, dropout_rates, plan.steps)
        given = dropout_rates or {}
        dropping = {value: limits_and_scales(each) for value, each in given.items()}
        rates = runtime.rates(self.program.optimizer, learning_rates, self._step)
        knobs = runtime.knobs(self.program, seed)
        ledger = Ledger(plan, self.program.output_width if predictions else None)
        rooms = self._rooms(plan, len(rows))
        with Interrupts() as interrupts:
            while ledger.done < plan.steps:
                piece = self._piece(rooms, ledger.done)
                start = time.perf_counter()
                ledger.take(
                    *self._run(table, plan, rooms, rates, knobs, dropping, piece, predictions)
                )
                self._pace.took(time.perf_counter() - start, len(piece))
                try:
                    interrupts.deliver()
                    stop = watch is not None and watch(ledger.done, ledger.mean())
                except KeyboardInterrupt as interrupt:
                    results = ledger.results(stopped=True)
                    interrupt.partial = results[-1]  # type: ignore[attr-defined]
                    interrupt.epochs = results  # type: ignore[attr-defined]
                    raise
                if stop and ledger.done < plan.steps:
                    return ledger.results(stopped=True)
        return ledger.results()

    def _rooms(self, plan: Plan, rows: int) -> NDArray[np.int32]:
        """Rows that each step is compiled for: a short batch is filled up to a common size.

        A user's own code sees true batches. So does a step that would for the most part compute
        what fills it up, where that costs more than compiling for one more size.
        """
        count, batch = plan.count, plan.index.shape[1]
        if not self.program.native:
            return count
        shards = self._place.shards
        idle = batch - count.astype(np.int64)
        costly = (idle * self.program.parameter_count >= IDLE_PRODUCTS) & (
            idle >= IDLE_SHARE * rows
        )
        costly &= self._place.devices[0].platform == "cpu"
        return -(-np.where(costly, count, batch).astype(np.int32) // shards) * shards

    def _piece(self, rooms: NDArray[np.int32], done: int) -> range:
        """The steps of the next call, all of one size."""
        most = COMMON_STEPS if self._place.several_processes else self._pace.steps
        ahead = rooms[done : done + most]
        other = ahead != ahead[0]
        return range(done, done + (int(np.argmax(other)) if other.any() else len(ahead)))

    def _run(
        self,
        table: Table,
        plan: Plan,
        rooms: NDArray[np.int32],
        rates: Rate,
        knobs: Any,
        dropping: Any,
        piece: range,
        predictions: bool,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Trains on a piece of the plan: losses and predictions of its steps."""
        padded = self.program.native
        shards = self._place.shards
        room = int(rooms[piece.start])
        batch = min(room, plan.index.shape[1])
        # Room for the whole plan: its first piece, a short one, is not to be compiled by itself.
        capacity = self._call.capacity(
            min(int(np.count_nonzero(rooms == room)), MOST_STEPS),
            "train",
            room,
            table.x.shape,
            table.weight is None,
            predictions,
        )
        part = slice(piece.start, piece.stop)
        index = np.zeros((capacity, room), np.int32)
        index[: len(piece), :batch] = plan.index[part, :batch]
        index[: len(piece), batch:] = plan.index[part, :1]

        def filled(values: NDArray[Any]) -> jax.Array:
            vector = np.zeros(capacity, values.dtype)
            vector[: len(piece)] = values[part]
            return self._place.share(vector)

        split = self._place.by_rows(1) if room % shards == 0 else self._place.everywhere
        steps = Steps(
            self._place.share(index, split),
            filled(plan.count),
            Rate(*(filled(np.asarray(each)) for each in rates)),
            np.int32(len(piece)),  # type: ignore[arg-type]
            {value: (filled(limit), filled(scale)) for value, (limit, scale) in dropping.items()},
        )
        self._weights, losses, outputs = self._call.train(
            self._weights, table, steps, knobs, padded=padded, predictions=predictions
        )
        self._step += len(piece)
        made = None if outputs is None else np.asarray(outputs)[: len(piece)]
        return np.asarray(losses)[: len(piece)], made

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
        shards = self._place.shards
        split = self._place.by_rows(0) if len(room) % shards == 0 else self._place.everywhere
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
        """Rows that a batch is filled up to, so that few sizes are compiled."""
        if not self.program.native:
            return rows  # a user's own code sees true batches
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
            parameters, state, self._table(rows), knobs, count, training=training
        )
        return Probe(
            values=_numbered(values),
            loss=float(loss),
            gradients=flat(gradients),
            value_gradients=_numbered(by_value),
        )

    # -- rows on the device ---------------------------------------------------------------------

    def _table(self, rows: Rows) -> Table:
        if rows.y is None:
            raise EngineError("training and evaluation need targets, received y=None.")
        y, share = rows.y, self._place.share

        def made() -> Table:
            weight = None if rows.weight is None else share(rows.weight)
            return Table(share(rows.x), share(y), weight)

        table: Table = self._resident.get("table", rows, made)
        return table

    def _blocks(self, rows: Rows) -> tuple[jax.Array, jax.Array, jax.Array | None]:
        if rows.y is None:
            raise EngineError("training and evaluation need targets, received y=None.")
        y, share = rows.y, self._place.share

        def made() -> tuple[jax.Array, jax.Array, jax.Array | None]:
            x = self._in_blocks(rows.x, -(-len(rows) // self._block))
            return x, share(y), None if rows.weight is None else share(rows.weight)

        blocks: tuple[jax.Array, jax.Array, jax.Array | None]
        blocks = self._resident.get("blocks", rows, made)
        return blocks

    def _in_blocks(self, x: Floats, number: int) -> jax.Array:
        room = np.zeros((number * self._block, x.shape[1]), np.float32)
        room[: len(x)] = x
        blocks = room.reshape(number, self._block, x.shape[1])
        return self._place.share(blocks, self._place.by_rows(1))


def _numbered(values: Sequence[jax.Array]) -> dict[int, Floats]:
    return {number: np.array(value) for number, value in enumerate(values)}
