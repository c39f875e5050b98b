"""Epochs of one network being trained on JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.engines.base import TrainCall, TrainResult
from trimtab.engines.jax import runtime
from trimtab.engines.jax.compiled import Functions
from trimtab.engines.jax.compute import DeviceRows, Steps
from trimtab.engines.jax.devices import Placement
from trimtab.engines.jax.steps import MOST_STEPS, Ledger, Plan
from trimtab.program import Program
from trimtab.program.ops.dropout import limits_and_scales

#: Steps per call with several processes, which must all divide an epoch in the same way.
COMMON_STEPS = 256

#: A short batch is computed without padding if the padding would cost this many products of a
#: parameter with a row, and this share of the rows of an epoch. (Compiling for one more size takes
#: seconds, once.)
IDLE_PRODUCTS = 10**8
IDLE_SHARE = 0.05


class EpochsRun:
    """One call of ``train_epochs``: its steps, and the results so far.

    Attributes:
        table: the rows, on the devices.
        padded: whether batches are padded; custom code sees batches without padding.
        knobs: of the ops, for this call.
        predictions: whether the results include predictions.
        rooms: rows that each step is compiled for.
    """

    def __init__(
        self,
        program: Program,
        place: Placement,
        table: DeviceRows,
        calls: Sequence[TrainCall],
        first_step: int,
    ) -> None:
        call = calls[0]
        assert program.optimizer is not None
        self.table = table
        self.padded = program.native
        self.knobs = runtime.knobs(program, call.seed)
        self.predictions = call.predictions
        plan = Plan.of([each.order for each in calls], len(call.rows), call.batch_size, call.sizes)
        self._place = place
        self._plan = plan
        self._rates = runtime.rates(program.optimizer, _joined(calls), first_step)
        self._dropping = {
            value: limits_and_scales(
                np.concatenate([(each.dropout_rates or {})[value] for each in calls])
            )
            for value in call.dropout_rates or {}
        }
        self.rooms = _rooms(plan, len(call.rows), program, place)
        self._ledger = Ledger(plan, program.output_width if call.predictions else None)

    @property
    def over(self) -> bool:
        return self._ledger.done == self._plan.steps

    @property
    def done(self) -> int:
        return self._ledger.done

    def mean(self) -> float:
        """Over the rows of the current epoch."""
        return self._ledger.mean()

    def results(self, *, stopped: bool = False) -> list[TrainResult]:
        """One for each epoch that was started."""
        return self._ledger.results(stopped=stopped)

    def keep(self, interrupt: KeyboardInterrupt) -> None:
        results = self.results(stopped=True)
        interrupt.partial = results[-1]  # type: ignore[attr-defined]
        interrupt.epochs = results  # type: ignore[attr-defined]

    def piece(self, most: int) -> range:
        """The steps of the next call, all with the same room; at most ``most`` of them."""
        done = self._ledger.done
        if self._place.several_processes:
            most = COMMON_STEPS
        ahead = self.rooms[done : done + most]
        other = ahead != ahead[0]
        return range(done, done + (int(np.argmax(other)) if other.any() else len(ahead)))

    def steps(self, piece: range, call: Functions) -> Steps:
        """The input of the call that does these steps."""
        plan, share = self._plan, self._place.share
        room = int(self.rooms[piece.start])
        batch = min(room, plan.index.shape[1])
        # Room for the whole plan: the first piece is short, and would be compiled for itself alone.
        capacity = call.capacity(
            min(int(np.count_nonzero(self.rooms == room)), MOST_STEPS),
            "train",
            room,
            self.table.x.shape,
            self.table.weight is None,
            self.predictions,
        )
        part = slice(piece.start, piece.stop)
        index = np.zeros((capacity, room), np.int32)
        index[: len(piece), :batch] = plan.index[part, :batch]
        index[: len(piece), batch:] = plan.index[part, :1]

        def filled(values: NDArray[Any]) -> jax.Array:
            vector = np.zeros(capacity, values.dtype)
            vector[: len(piece)] = values[part]
            return share(vector)

        return Steps(
            share(index, self._place.split(1, room)),
            filled(plan.count),
            {name: filled(each) for name, each in self._rates.items()},
            np.int32(len(piece)),  # type: ignore[arg-type]
            {
                value: (filled(limit), filled(scale))
                for value, (limit, scale) in self._dropping.items()
            },
        )

    def take(self, piece: range, losses: jax.Array, outputs: jax.Array | None) -> None:
        """Adds the results of a call."""
        made = None if outputs is None else np.asarray(outputs)[: len(piece)]
        self._ledger.take(np.asarray(losses)[: len(piece)], made)


def _joined(calls: Sequence[TrainCall]) -> Floats:
    return np.concatenate([np.asarray(call.learning_rates, np.float32) for call in calls])


def _rooms(plan: Plan, rows: int, program: Program, place: Placement) -> NDArray[np.int32]:
    """Rows that each step is compiled for: short batches are padded to a common size.

    Custom code sees batches without padding. Neither is a batch padded if that would cost more
    than compiling for one more size.
    """
    count, batch = plan.count, plan.index.shape[1]
    if not program.native:
        return count
    idle = batch - count.astype(np.int64)
    costly = (idle * program.parameter_count >= IDLE_PRODUCTS) & (idle >= IDLE_SHARE * rows)
    costly &= place.on_cpu
    return -(-np.where(costly, count, batch).astype(np.int32) // place.shards) * place.shards
