"""Programs and the builder that layers lower themselves into."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import InvalidArgument
from trimtab.program.ops.base import Op, Shape
from trimtab.program.ops.constraints import ConstraintOp
from trimtab.program.ops.losses import LossOp
from trimtab.program.ops.optimizers import OptimizerOp


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


class WeightLike(Protocol):
    """What the builder needs to know of a layer's weight."""

    @property
    def path(self) -> str: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def trainable(self) -> bool: ...
    @property
    def penalty(self) -> tuple[float, float]: ...
    @property
    def constraint(self) -> ConstraintOp | None: ...


class LayerLike(Protocol):
    """What the builder needs to know of a layer."""

    @property
    def path(self) -> str: ...
    def lower(self, builder: Builder, value: int) -> int: ...


@dataclass(frozen=True)
class Span:
    """What a layer became in a program.

    Attributes:
        layer: the layer.
        source: number of the value that it reads.
        target: number of the value that it ends in; ``source`` for one that computes nothing.
        ops: numbers of the values of its own ops; those of layers inside it are theirs.
    """

    layer: LayerLike
    source: int
    target: int
    ops: tuple[int, ...]


class Builder:
    """Collects ops, parameters and state while layers lower themselves.

    Attributes:
        spans: what each layer became, in the order in which they end: layers of a block come
            before the block.

    >>> from trimtab.program import Builder
    >>> builder = Builder(input_width=3)
    >>> y = builder.emit("dropout", [0], rate=0.5, stream=builder.random_stream())
    >>> print(builder.finish(y))
    %0 = input (3)
    %1 = dropout(%0, rate=0.5, stream=0, seed=None, share_rows=False, share_columns=False) (3)
    output %1
    """

    def __init__(self, input_width: int) -> None:
        self._widths = [input_width]
        self._ops: list[Op] = []
        self._parameters: list[WeightLike] = []
        self._state: list[WeightLike] = []
        self._streams = 0
        self.spans: list[Span] = []
        self._schedules: list[ScheduledRate] = []

    def width(self, value: int) -> int:
        """Width of a value."""
        return self._widths[value]

    def random_stream(self) -> int:
        """A random stream nobody else in this program draws from."""
        self._streams += 1
        return self._streams - 1

    def lower(self, layer: LayerLike, value: int) -> int:
        """Lowers a layer onto a value, notes its :class:`Span`, and returns where it ends."""
        begun, known = len(self._widths), len(self.spans)
        target = layer.lower(self, value)
        inner = {number for span in self.spans[known:] for number in span.ops}
        own = tuple(number for number in range(begun, len(self._widths)) if number not in inner)
        self.spans.append(Span(layer, value, target, own))
        return target

    def emit(
        self,
        kind: str,
        inputs: Sequence[int],
        parameters: Sequence[WeightLike] = (),
        state: Sequence[WeightLike] = (),
        **attributes: Any,
    ) -> int:
        """Appends an op and returns the number of the value it writes."""
        from trimtab.program.ops import OPS

        op = OPS[kind](
            inputs=tuple(inputs),
            output=len(self._widths),
            parameters=tuple(_index(self._parameters, weight) for weight in parameters),
            state=tuple(_index(self._state, weight) for weight in state),
            **attributes,
        )
        self._ops.append(op)
        widths = [self._widths[i] for i in inputs]
        self._widths.append(op.output_width(widths, [weight.shape for weight in parameters]))
        return op.output

    def schedule(self, value: int, name: str, schedule: RateSchedule) -> None:
        """Notes that the rate of the op that writes ``value`` follows a schedule."""
        self._schedules.append(ScheduledRate(value, name, schedule))

    def finish(
        self, output: int, loss: LossOp | None = None, optimizer: OptimizerOp | None = None
    ) -> Program:
        """The verified program. Trainable parameters come first in the vector; see ``Slot``."""
        from trimtab.program.verify import verify

        # Stable: within the trainable and the frozen part the order stays the layers' order.
        order = sorted(
            range(len(self._parameters)), key=lambda i: not self._parameters[i].trainable
        )
        moved = {old: new for new, old in enumerate(order)}
        ops = tuple(
            replace(op, parameters=tuple(moved[i] for i in op.parameters)) for op in self._ops
        )
        program = Program(
            widths=tuple(self._widths),
            ops=ops,
            output=output,
            parameters=_layout([self._parameters[i] for i in order]),
            state=_layout(self._state),
            loss=loss,
            optimizer=optimizer,
            schedules=tuple(self._schedules),
        )
        verify(program)
        return program


def _index(weights: list[WeightLike], weight: WeightLike) -> int:
    for i, known in enumerate(weights):
        if known is weight:
            return i
    weights.append(weight)
    return len(weights) - 1


def _layout(weights: Sequence[WeightLike]) -> tuple[Slot, ...]:
    slots = []
    offset = 0
    for weight in weights:
        l1, l2 = weight.penalty
        slot = Slot(
            name=weight.path,
            shape=tuple(weight.shape),
            offset=offset,
            trainable=weight.trainable,
            l1=l1,
            l2=l2,
            constraint=weight.constraint,
        )
        slots.append(slot)
        offset += slot.size
    return tuple(slots)
