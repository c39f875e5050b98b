"""A program: what an engine computes, as a frozen list of ops with flat layouts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import InvalidArgument
from trimtab.program.ops import ConstraintOp, LossOp, Op, OptimizerOp
from trimtab.program.ops.base import Shape


@dataclass(frozen=True)
class Slot:
    """Where one weight lies in a flat float32 vector.

    Attributes:
        name: ``layer/weight``, unique in its vector.
        shape: shape of the weight; row-major.
        offset: first element.
        trainable: whether the optimizer moves it (parameters only).
        l1, l2: penalty on it.
        constraint: what it keeps to after each update, while it is trainable.
    """

    name: str
    shape: Shape
    offset: int
    trainable: bool = True
    l1: float = 0.0
    l2: float = 0.0
    constraint: ConstraintOp | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def place(self) -> slice:
        """Its part of the flat vector."""
        return slice(self.offset, self.offset + self.size)


class RateSchedule(Protocol):
    """What the program needs to know of a schedule."""

    def rates(
        self, first_step: int, steps: int, epoch_steps: int | None = None
    ) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class ScheduledRate:
    """The rate of an op that drops, where it changes while a network trains.

    Attributes:
        value: number of the value that the op writes.
        name: path of its layer.
        schedule: what gives the rates; compared by identity.
    """

    value: int
    name: str
    schedule: RateSchedule

    def rates(self, first_step: int, steps: int, epoch_steps: int | None) -> NDArray[np.float32]:
        """One a batch, from batch number ``first_step`` on."""
        made = np.asarray(self.schedule.rates(first_step, steps, epoch_steps), np.float32)
        good = (made >= 0) & (made <= 1)
        if not good.all():
            at = int(np.argmin(good))
            raise InvalidArgument(
                f"{self.name}: rate must be between 0 and 1, {self.schedule!r} gives "
                f"{made[at]:g} for step {first_step + at}. Scale the schedule down."
            )
        return made


@dataclass(frozen=True)
class Program:
    """A network as engines see it.

    Attributes:
        widths: width of every value; value 0 is the input.
        ops: in the order they run.
        output: number of the value that is the prediction.
        parameters: layout of the parameter vector; trainable slots come first.
        state: layout of the state vector (moving statistics).
        loss: what training minimizes, or None for a program that only predicts.
        optimizer: how, or None.
        schedules: rates that change while it trains; whoever trains hands them to the engine, see
            :meth:`dropout_rates`.
    """

    widths: tuple[int, ...]
    ops: tuple[Op, ...]
    output: int
    parameters: tuple[Slot, ...]
    state: tuple[Slot, ...]
    loss: LossOp | None = None
    optimizer: OptimizerOp | None = None
    schedules: tuple[ScheduledRate, ...] = ()

    @property
    def input_width(self) -> int:
        return self.widths[0]

    @property
    def output_width(self) -> int:
        return self.widths[self.output]

    @property
    def target_width(self) -> int | None:
        """Columns of the target array: 1 for class numbers, else one an output.

        None for a loss that is a user's function: as many as the data have.
        """
        return self.output_width if self.loss is None else self.loss.target_width(self.output_width)

    @property
    def native(self) -> bool:
        """Whether the native engine can run it: no op and no loss of a user's own."""
        return not self.jax_only()

    def jax_only(self) -> list[str]:
        """What in it only JAX runs, in words: ``layer cross``, ``loss pinball``."""
        found = [op.label for op in self.ops if not op.native]
        if self.loss is not None and self.loss.function is not None:
            found.append(f"loss {self.loss.function.name}")
        return list(dict.fromkeys(found))

    @property
    def parameter_count(self) -> int:
        return sum(slot.size for slot in self.parameters)

    @property
    def trainable_count(self) -> int:
        """Length of the trainable head of the parameter vector."""
        return sum(slot.size for slot in self.parameters if slot.trainable)

    @property
    def state_count(self) -> int:
        return sum(slot.size for slot in self.state)

    @property
    def slot_count(self) -> int:
        """Length of the optimizer's vector: all first slots, then all second slots."""
        return self.trainable_count * (self.optimizer.slots if self.optimizer else 0)

    def dropout_rates(
        self, first_step: int, steps: int, epoch_steps: int | None = None
    ) -> dict[int, NDArray[np.float32]] | None:
        """What an engine is told of the rates on a schedule: one a batch by value number.

        Args:
            first_step: number of the first batch, counted since the optimizer was new.
            steps: batches.
            epoch_steps: batches of an epoch; None where nobody knows, which refuses schedules that
                count in epochs.

        Returns:
            None where all rates are fixed.
        """
        if not self.schedules:
            return None
        return {each.value: each.rates(first_step, steps, epoch_steps) for each in self.schedules}

    def schedule_names(self) -> dict[int, str]:
        """The layers of the schedules by value number: their own names, paths where two are one."""
        short = {each.value: each.name.rpartition("/")[2] for each in self.schedules}
        whole = {each.value: each.name for each in self.schedules}
        return short if len(set(short.values())) == len(short) else whole

    def record(self) -> dict[str, Any]:
        """The program as plain data (dicts, lists, numbers, strings)."""
        return {
            "widths": list(self.widths),
            "ops": [op.record() for op in self.ops],
            "output": self.output,
            "parameters": [_slot_record(slot) for slot in self.parameters],
            "state": [_slot_record(slot) for slot in self.state],
            "loss": self.loss.record() if self.loss else None,
            "optimizer": self.optimizer.record() if self.optimizer else None,
        }

    def __str__(self) -> str:
        lines = [f"%0 = input ({self.widths[0]})"]
        for op in self.ops:
            uses = [f"%{i}" for i in op.inputs]
            uses += [self.parameters[i].name for i in op.parameters]
            uses += [self.state[i].name for i in op.state]
            settings = "".join(f", {k}={v!r}" for k, v in op.attributes().items())
            lines.append(
                f"%{op.output} = {op.kind}({', '.join(uses)}{settings}) ({self.widths[op.output]})"
            )
        lines.append(f"output %{self.output}")
        return "\n".join(lines)


def _slot_record(slot: Slot) -> dict[str, Any]:
    return {
        "name": slot.name,
        "offset": slot.offset,
        "size": slot.size,
        "trainable": slot.trainable,
        "l1": slot.l1,
        "l2": slot.l2,
        "constraint": slot.constraint.record(slot.shape) if slot.constraint else None,
    }
