"""Programs: frozen lists of ops, with the layout of parameters and state in flat vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import InvalidArgument
from trimtab.program.ops import ActivityPenalty, ConstraintOp, Dropping, LossOp, Op, OptimizerOp
from trimtab.program.ops.base import Function, Shape

#: Attributes that are as a rule so, left out where a program is printed.
_UNSAID = (
    *(("members", 1), ("for_selu", False), ("b", 4.0), ("default_value", 0.0)),
    ("function", "softmax"),
)


@dataclass(frozen=True)
class Slot:
    """The place of one weight in a flat float32 vector.

    Attributes:
        name: ``layer/weight``, unique in the vector.
        shape: of the weight; row-major.
        offset: of its first element.
        trainable: whether the optimizer updates it (parameters only).
        l1, l2: factors of its penalties.
        penalty: a custom function of it, whose number is added to the loss.
        constraint: applied after each update while it is trainable.
        decays: whether weight decay shrinks it.
    """

    name: str
    shape: Shape
    offset: int
    trainable: bool = True
    l1: float = 0.0
    l2: float = 0.0
    constraint: ConstraintOp | None = None
    decays: bool = True
    penalty: Function | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def place(self) -> slice:
        """Its elements in the flat vector."""
        return slice(self.offset, self.offset + self.size)


class RateSchedule(Protocol):
    """What a program needs to know about a schedule."""

    def rates(
        self, first_step: int, steps: int, epoch_steps: int | None = None
    ) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class ScheduledRate:
    """A dropout rate that follows a schedule.

    Attributes:
        value: number of the value that the op writes.
        name: path of its layer.
        schedule: gives the rates; compared by identity.
    """

    value: int
    name: str
    schedule: RateSchedule

    def rates(self, first_step: int, steps: int, epoch_steps: int | None) -> NDArray[np.float32]:
        """One rate per batch, from batch number ``first_step``.

        Raises:
            InvalidArgument: the schedule gives a rate outside 0 to 1.
        """
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
        ops: in the order in which they run.
        output: number of the value that is the prediction.
        parameters: layout of the parameter vector; trainable slots come first.
        state: layout of the state vector (moving statistics).
        loss: to minimize; None for a program that only predicts.
        optimizer: update rule; None for a program that only predicts.
        schedules: of dropout rates. Training hands the rates to the engine; see
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
    def loss_value(self) -> int:
        """The value that the loss reads in training: the output, or what it is the average of."""
        if self.loss is None or self.loss.members == 1:
            return self.output
        return self.ops[-1].inputs[0]

    @property
    def target_width(self) -> int | None:
        """Columns of the target array: 1 for class numbers, else one per output.

        None for a custom loss, whose targets have any number of columns.
        """
        return self.output_width if self.loss is None else self.loss.target_width(self.output_width)

    @property
    def penalizes_values(self) -> bool:
        """Whether the loss has penalties on values, beside those on weights."""
        return any(isinstance(op, ActivityPenalty) for op in self.ops)

    @property
    def native(self) -> bool:
        """Whether the native engine can run it: nothing in it is custom."""
        return not self.jax_only()

    def jax_only(self) -> list[str]:
        """The parts that only JAX runs, in words: ``layer cross``, ``loss pinball``."""
        found = [op.label for op in self.ops if not op.native]
        if self.loss is not None:
            found += [f"loss {function.name}" for function in self.loss.functions]
        for slot in self.parameters:
            if slot.penalty is not None:
                found.append(f"regularizer {slot.penalty.name}")
            if slot.constraint is not None and slot.constraint.function is not None:
                found.append(f"constraint {slot.constraint.function.name}")
        return list(dict.fromkeys(found))

    @property
    def parameter_count(self) -> int:
        return sum(slot.size for slot in self.parameters)

    @property
    def trainable_count(self) -> int:
        """Length of the trainable part of the parameter vector, which comes first."""
        return sum(slot.size for slot in self.parameters if slot.trainable)

    @property
    def state_count(self) -> int:
        return sum(slot.size for slot in self.state)

    @property
    def slot_count(self) -> int:
        """Length of the optimizer's vector: first slots of all parameters, then second slots."""
        return self.trainable_count * (self.optimizer.slots if self.optimizer else 0)

    def new_slots(self, parameters: NDArray[np.float32]) -> NDArray[np.float32]:
        """The optimizer's vector before the first step.

        Args:
            parameters: the parameter vector, where an average of the weights begins.
        """
        op, count = self.optimizer, self.trainable_count
        table = np.zeros((op.slots if op else 0, count), np.float32)
        for name, part in zip(op.slot_names if op else (), table, strict=True):
            if name == "accumulator":
                part[:] = op.first  # type: ignore[union-attr]
            elif name == "average":
                part[:] = parameters[:count]
        return table.reshape(-1)

    def dropout_rates(
        self, first_step: int, steps: int, epoch_steps: int | None = None
    ) -> dict[int, NDArray[np.float32]] | None:
        """Scheduled dropout rates, as engines take them.

        Args:
            first_step: number of the first batch since the optimizer was new.
            steps: number of batches.
            epoch_steps: batches per epoch; if None, schedules that count in epochs raise an error.

        Returns:
            One rate per batch, by the number of the value that the op writes; None without
            schedules.
        """
        if not self.schedules:
            return None
        return {each.value: each.rates(first_step, steps, epoch_steps) for each in self.schedules}

    def limits_and_scales(
        self, rates: Mapping[int, NDArray[np.float32]]
    ) -> dict[int, tuple[NDArray[np.uint32], NDArray[np.float32]]]:
        """What engines go by, of rates by the number of the value that the op writes."""
        found = {}
        for value, given in rates.items():
            op = self.ops[value - 1]
            assert isinstance(op, Dropping)
            found[value] = op.limits_and_scales(given)
        return found

    def schedule_names(self) -> dict[int, str]:
        """Layer names of the schedules by value number; paths if two names are equal."""
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
            shown = {k: v for k, v in op.attributes().items() if (k, v) not in _UNSAID}
            settings = "".join(f", {k}={v!r}" for k, v in shown.items())
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
        "decays": slot.decays,
    }
