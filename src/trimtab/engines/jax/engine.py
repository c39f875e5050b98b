"""The engine: holds a program's weights on the devices and calls its compiled functions."""

from __future__ import annotations

import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from trimtab import config
from trimtab.engines.base import (
    EngineState,
    Evaluation,
    Floats,
    Probe,
    Rows,
    TrainResult,
    Watch,
    check_state,
)
from trimtab.engines.jax import structure
from trimtab.engines.jax.compiled import functions
from trimtab.engines.jax.compute import Setup, Steps, Table, Weights
from trimtab.engines.jax.devices import placement
from trimtab.engines.jax.interrupt import Interrupts
from trimtab.engines.jax.optimizers import Rate
from trimtab.errors import EngineError
from trimtab.program import Program, Slot

#: Seconds that one call on the device should take: Ctrl-C and ``watch`` are looked at in between.
SECONDS = 0.5

#: Steps of a call while it is not known how long one takes.
FIRST_STEPS = 8

#: Steps of a call in a run of several processes, which must all cut alike.
COMMON_STEPS = 256

#: Rows of one block of predictions on one device; the last one is filled with zeros. A row's bits
#: depend on the size of its block: it is fixed.
BLOCK = {"cpu": 256}
ACCELERATOR_BLOCK = 4096

#: Most blocks in one call of predict.
BLOCKS = 256


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
        setup = Setup(structure.structure(program), self._place.shards, precision)
        self._call = functions(setup, self._place)
        self._block = self._place.shards * BLOCK.get(
            self._place.devices[0].platform, ACCELERATOR_BLOCK
        )
        self._resident = _Resident()
        self._pace: float | None = None  # seconds a step
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
        put = self._place.put

        def parts(slots: Sequence[Slot], vector: Floats) -> tuple[jax.Array, ...]:
            return tuple(put(vector[slot.place].reshape(slot.shape)) for slot in slots)

        trainable = self._trainable_slots()
        kinds = self.program.optimizer.slots if self.program.optimizer else 0
        by_kind = np.split(state.slots, kinds) if kinds else []
        moments = [parts(trainable, vector) for vector in by_kind]
        self._weights = Weights(
            parts(self.program.parameters, state.parameters),
            parts(self.program.state, state.state),
            tuple(zip(*moments, strict=True)) if moments else ((),) * len(trainable),
            put(np.array(state.step & 0xFFFFFFFF, np.uint32)),
        )
        self._step = state.step

    def dump(self) -> EngineState:
        kinds = self.program.optimizer.slots if self.program.optimizer else 0
        weights = self._weights
        return EngineState(
            _flat(weights.parameters),
            _flat(weights.state),
            _flat([slots[kind] for kind in range(kinds) for slots in weights.slots]),
            self._step,
        )

    def _trainable_slots(self) -> list[Slot]:
        return [slot for slot in self.program.parameters if slot.trainable]

    # -- training -------------------------------------------------------------------------------

    def train(
        self,
        rows: Rows,
        order: NDArray[np.int64] | None,
        *,
        batch_size: int,
        seed: int,
        learning_rates: Floats,
        predictions: bool = False,
        watch: Watch | None = None,
    ) -> TrainResult:
        (result,) = self.train_epochs(
            rows,
            [order],
            batch_size=batch_size,
            seed=seed,
            learning_rates=learning_rates,
            predictions=predictions,
            watch=watch,
        )
        return result

    def train_epochs(
        self,
        rows: Rows,
        orders: Sequence[NDArray[np.int64] | None],
        *,
        batch_size: int,
        seed: int,
        learning_rates: Floats,
        predictions: bool = False,
        watch: Watch | None = None,
    ) -> list[TrainResult]:
        if self.program.loss is None or self.program.optimizer is None:
            raise EngineError("this program has no loss or no optimizer; it only predicts.")
        table = self._table(rows)
        plan = _Plan.of(orders, len(rows), batch_size)
        rates = structure.rates(self.program.optimizer, learning_rates, self._step)
        knobs = structure.knobs(self.program, seed)
        ledger = _Ledger(plan, self.program.output_width if predictions else None)
        with Interrupts() as interrupts:
            while ledger.done < plan.steps:
                piece = self._piece(plan, ledger.done)
                start = time.perf_counter()
                ledger.take(*self._run(table, plan, rates, knobs, piece, predictions))
                seconds = time.perf_counter() - start
                # The first call of a shape compiles: it says nothing about the pace.
                self._pace = seconds / len(piece) if self._pace is not None else seconds
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

    def _piece(self, plan: _Plan, done: int) -> range:
        """The steps of the next call."""
        if self._place.several_processes:
            most = COMMON_STEPS
        elif self._pace is None:
            most = FIRST_STEPS
        else:
            most = max(1, min(int(SECONDS / max(self._pace, 1e-9)), 1 << 14))
        end = min(done + most, plan.steps)
        if not self.program.native:
            # A user's own code sees true batches: a call holds batches of one size.
            sizes = plan.count[done:end]
            end = done + int(np.argmax(sizes != sizes[0])) if (sizes != sizes[0]).any() else end
        return range(done, end)

    def _run(
        self,
        table: Table,
        plan: _Plan,
        rates: Rate,
        knobs: Any,
        piece: range,
        predictions: bool,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Trains on a piece of the plan: losses and predictions of its steps."""
        padded = self.program.native
        shards = self._place.shards
        batch = plan.index.shape[1] if padded else int(plan.count[piece.start])
        room = -(-batch // shards) * shards if padded else batch
        capacity = self._call.capacity(
            len(piece), "train", room, table.x.shape, table.weight is None, predictions
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
        )
        self._weights, losses, outputs = self._call.train(
            self._weights, table, steps, knobs, padded=padded, predictions=predictions
        )
        self._step += len(piece)
        made = None if outputs is None else np.asarray(outputs)[: len(piece)]
        return np.asarray(losses)[: len(piece)], made

    # -- inference ------------------------------------------------------------------------------

    def evaluate(self, rows: Rows, *, predictions: bool = False) -> Evaluation:
        if self.program.loss is None:
            raise EngineError("this program has no loss; it only predicts.")
        x, y, weight = self._blocks(rows)
        parameters, state = self._weights[:2]
        losses, outputs, penalty = self._call.evaluate(
            parameters, state, x, np.int32(len(x)), y, weight, structure.knobs(self.program, 0)
        )
        return Evaluation(
            loss=float(np.mean(np.asarray(losses, np.float64))) + float(penalty),
            predictions=np.array(outputs) if predictions else None,
        )

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
                structure.knobs(self.program, 0),
            )
            made = np.asarray(outputs).reshape(-1, self.program.output_width)
            result[start : start + most] = made[: len(part)]
        return result

    def forward(
        self, x: Floats, *, training: bool, seed: int = 0, step: int = 0, update: bool = True
    ) -> Floats:
        weights = self._weights
        output, moved = self._call.forward(
            weights.parameters,
            weights.state,
            self._place.share(x),
            structure.knobs(self.program, seed),
            np.uint32(step & 0xFFFFFFFF),
            training=training,
        )
        if training and update:
            self._weights = weights._replace(state=moved)
        return np.array(output)

    def probe(self, rows: Rows, *, training: bool = False, seed: int = 0, step: int = 0) -> Probe:
        parameters, state = self._weights[:2]
        knobs = structure.knobs(self.program, seed)
        count = np.uint32(step & 0xFFFFFFFF)
        if rows.y is None or self.program.loss is None:
            values = self._call.look(
                parameters, state, self._place.share(rows.x), knobs, count, training=training
            )
            return Probe(_numbered(values), float("nan"))
        loss, values, gradients, by_value = self._call.look_back(
            parameters, state, self._table(rows), knobs, count, training=training
        )
        return Probe(
            values=_numbered(values),
            loss=float(loss),
            gradients=_flat(gradients),
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


@dataclass(frozen=True)
class _Plan:
    """The steps of some epochs.

    Attributes:
        index: ``(steps, batch)`` rows; a short batch is filled with its own first row.
        count: ``(steps,)`` rows of each batch.
        epochs: number of the first step of each epoch, and of the one after the last.
    """

    index: NDArray[np.int32]
    count: NDArray[np.int32]
    epochs: tuple[int, ...]

    @property
    def steps(self) -> int:
        return len(self.count)

    @classmethod
    def of(cls, orders: Sequence[NDArray[np.int64] | None], rows: int, batch_size: int) -> _Plan:
        indices, counts, ends = [], [], [0]
        for order in orders:
            chosen = np.arange(rows) if order is None else order
            steps = -(-len(chosen) // batch_size)
            count = np.full(steps, batch_size, np.int32)
            count[-1] = len(chosen) - (steps - 1) * batch_size
            index = np.empty(steps * batch_size, np.int32)
            index[: len(chosen)] = chosen
            index[len(chosen) :] = chosen[(steps - 1) * batch_size]
            indices.append(index.reshape(steps, batch_size))
            counts.append(count)
            ends.append(ends[-1] + steps)
        return cls(np.concatenate(indices), np.concatenate(counts), tuple(ends))


class _Ledger:
    """What the steps of a plan gave, as far as they are done."""

    def __init__(self, plan: _Plan, width: int | None) -> None:
        self.plan = plan
        self.done = 0
        self._losses = np.zeros(plan.steps, np.float64)
        rows = int(plan.count.sum())
        self._outputs = None if width is None else np.empty((rows, width), np.float32)
        self._starts = np.concatenate([[0], np.cumsum(plan.count)])

    def take(self, losses: NDArray[np.float32], outputs: NDArray[np.float32] | None) -> None:
        for number, loss in enumerate(losses, start=self.done):
            self._losses[number] = loss
            if outputs is not None and self._outputs is not None:
                first, count = self._starts[number], self.plan.count[number]
                self._outputs[first : first + count] = outputs[number - self.done, :count]
        self.done += len(losses)

    def mean(self) -> float:
        """Over the rows of the epoch under way."""
        start = max(first for first in self.plan.epochs[:-1] if first < self.done)
        return self._total(start, self.done) / int(self._starts[self.done] - self._starts[start])

    def results(self, *, stopped: bool = False) -> list[TrainResult]:
        """One an epoch begun."""
        made = []
        for start, end in zip(self.plan.epochs, self.plan.epochs[1:], strict=False):
            last = min(end, self.done)
            if last > start:
                seen = slice(int(self._starts[start]), int(self._starts[last]))
                total = self._total(start, last)
                made.append(
                    TrainResult(
                        loss=total / (seen.stop - seen.start),
                        steps=last - start,
                        predictions=None if self._outputs is None else self._outputs[seen],
                        stopped=stopped and last == self.done,
                        total=total,
                    )
                )
        return made

    def _total(self, start: int, end: int) -> float:
        # Added in order, so that an epoch in several calls adds up to the very same number.
        total = 0.0
        for loss, count in zip(self._losses[start:end], self.plan.count[start:end], strict=True):
            total += float(loss) * int(count)
        return total


class _Resident:
    """Arrays that stay on the device while the rows they were made from are in use."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[weakref.ref[Rows], Any]] = {}

    def get(self, kind: str, rows: Rows, make: Any) -> Any:
        known = self._kept.get(kind)
        if known is None or known[0]() is not rows:
            # One table and one set of blocks: those of the fit under way.
            self._kept.pop(kind, None)
            known = (weakref.ref(rows, self._forget), make())
            self._kept[kind] = known
        return known[1]

    def _forget(self, gone: weakref.ref[Rows]) -> None:
        self._kept = {kind: kept for kind, kept in self._kept.items() if kept[0] is not gone}


def _flat(arrays: Sequence[jax.Array]) -> Floats:
    """One vector, of memory of its own."""
    if not arrays:
        return np.zeros(0, np.float32)
    return np.concatenate([np.asarray(array, np.float32).reshape(-1) for array in arrays])


def _numbered(values: Sequence[jax.Array]) -> dict[int, Floats]:
    return {number: np.array(value) for number, value in enumerate(values)}
