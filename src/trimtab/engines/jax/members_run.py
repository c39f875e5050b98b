"""A pass of a population being trained on JAX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.engines.base import TrainCall, TrainResult
from trimtab.engines.jax import runtime
from trimtab.engines.jax.compute import AllKnobs, DeviceRows, Steps
from trimtab.engines.jax.members import MemberFunctions
from trimtab.engines.jax.steps import Ledger, Plan
from trimtab.program import Program
from trimtab.program.ops import Dropping
from trimtab.program.ops.dropout import limits_and_scales

#: Maximum size of the arrays of row numbers and of predictions in one call.
MOST_NUMBERS = 1 << 24


@dataclass(frozen=True)
class MembersPiece:
    """The steps of one call.

    Attributes:
        numbers: steps of each member.
        size: rows that each batch has room for.
    """

    numbers: list[int]
    size: int


class MembersRun:
    """One call of ``train``: the steps of each member, and the results so far.

    Attributes:
        table: the rows, common to all members, on the devices.
        knobs: of the ops, with the members' axis.
        padded: whether batches are padded; custom code sees batches without padding.
        uneven: whether members differ in their number of steps.
        predictions: whether the results include predictions.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        table: DeviceRows,
        calls: Sequence[TrainCall],
        first_steps: Sequence[int],
        knobs: AllKnobs,
    ) -> None:
        self.table = table
        self.knobs = knobs
        self.predictions = calls[0].predictions
        self._batch = calls[0].batch_size
        # Without padding, a call needs batches of one size.
        self.padded = programs[0].native
        self._width = programs[0].output_width if self.predictions else None
        plans = [
            Plan.of([call.order], len(call.rows), call.batch_size, call.sizes) for call in calls
        ]
        self._ledgers = [Ledger(plan, self._width) for plan in plans]
        first = plans[0]
        self.uneven = any(
            plan.steps != first.steps
            if self.padded
            else not np.array_equal(plan.count, first.count)
            for plan in plans
        )
        self._most = max(plan.steps for plan in plans)
        self._rates = []
        for program, call, step in zip(programs, calls, first_steps, strict=True):
            assert program.optimizer is not None
            self._rates.append(runtime.rates(program.optimizer, call.learning_rates, step))
        # The computation is the same for all members: rates given for one are given for each.
        said = sorted({value for call in calls for value in call.dropout_rates or ()})
        self._dropping = [
            {value: _dropping(program, value, call) for value in said}
            for program, call in zip(programs, calls, strict=True)
        ]

    @property
    def over(self) -> bool:
        return all(ledger.done == ledger.plan.steps for ledger in self._ledgers)

    @property
    def done(self) -> int:
        """Steps done, all members together."""
        return sum(ledger.done for ledger in self._ledgers)

    def mean(self) -> float:
        """Mean loss of the members that have started."""
        return float(np.mean([ledger.mean() for ledger in self._ledgers if ledger.done]))

    def piece(self, most: int) -> MembersPiece:
        """The steps of the next call, at most ``most`` of each member."""
        most = min(most, self._bound(self._batch))
        left = [ledger.plan.count[ledger.done :][:most] for ledger in self._ledgers]
        if self.padded:
            return MembersPiece([len(sizes) for sizes in left], self._batch)
        size = max(int(sizes[0]) for sizes in left if len(sizes))
        other = [np.flatnonzero(sizes != size) for sizes in left]
        return MembersPiece(
            [
                int(stops[0]) if len(stops) else len(sizes)
                for sizes, stops in zip(left, other, strict=True)
            ],
            size,
        )

    def _bound(self, size: int) -> int:
        """Maximum number of steps in a call, whose arrays have a row for every member's step."""
        each = len(self._ledgers) * size * max(1, self._width or 1)
        return max(1, 1 << (max(1, MOST_NUMBERS // each).bit_length() - 1))

    def _capacity(self, call: MemberFunctions, piece: MembersPiece) -> int:
        """Steps that the call has room for.

        Room for the whole pass: the first piece is short, and would be compiled for itself alone.
        """
        kind = (len(self._ledgers), piece.size, self.table.x.shape, self.table.weight is None)
        number = min(self._most, self._bound(piece.size))
        return call.capacity(number, "train", *kind, self.predictions, self.uneven)

    def steps(self, piece: MembersPiece, call: MemberFunctions) -> list[Steps]:
        """The input of the call for each member, in NumPy arrays."""
        capacity = self._capacity(call, piece)
        return [self._own(member, piece, capacity) for member in range(len(self._ledgers))]

    def _own(self, member: int, piece: MembersPiece, capacity: int) -> Steps:
        ledger, number = self._ledgers[member], piece.numbers[member]
        part = slice(ledger.done, ledger.done + number)

        def filled(values: NDArray[Any]) -> Any:
            whole = np.ones((capacity, *values.shape[1:]), values.dtype)
            whole[:number] = values[part]
            return whole

        chosen = np.zeros((capacity, piece.size), np.int32)
        chosen[:number] = ledger.plan.index[part, : piece.size]
        rates = {name: filled(each) for name, each in self._rates[member].items()}
        return Steps(
            chosen,  # type: ignore[arg-type]
            filled(ledger.plan.count),
            rates,
            np.int32(number),  # type: ignore[arg-type]
            {
                value: (filled(limit), filled(scale))
                for value, (limit, scale) in self._dropping[member].items()
            },
        )

    def take(self, piece: MembersPiece, losses: Floats, outputs: Floats | None) -> None:
        """Adds the results of a call."""
        for member, (ledger, number) in enumerate(zip(self._ledgers, piece.numbers, strict=True)):
            made = None if outputs is None else outputs[member, :number]
            ledger.take(losses[member, :number], made)

    def keep(self, interrupt: KeyboardInterrupt) -> None:
        interrupt.partial = self.results(stopped=True)  # type: ignore[attr-defined]

    def results(self, *, stopped: bool = False) -> list[TrainResult]:
        made = []
        for ledger in self._ledgers:
            short = stopped and ledger.done < ledger.plan.steps
            if ledger.done:
                made.append(replace(ledger.results()[0], stopped=short))
            else:
                outputs = None if self._width is None else np.zeros((0, self._width), np.float32)
                made.append(TrainResult(float("nan"), 0, outputs, short, 0.0))
        return made


def _dropping(program: Program, value: int, call: TrainCall) -> tuple[Any, Any]:
    """Limits and scales of the op that writes ``value``, one per step."""
    (own,) = (op for op in program.ops if op.output == value)
    assert isinstance(own, Dropping)
    rates = call.dropout_rates or {}
    return limits_and_scales(rates.get(value, np.full(call.steps, own.rate)))
