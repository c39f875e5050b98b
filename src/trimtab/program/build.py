"""The builder that layers lower themselves into, op by op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from trimtab.program.ops import OPS, ConstraintOp, Function, LossOp, Op, OptimizerOp
from trimtab.program.ops.base import Shape
from trimtab.program.program import Program, RateSchedule, ScheduledRate, Slot
from trimtab.program.verify import verify


class WeightLike(Protocol):
    """What the builder needs to know about a weight of a layer."""

    @property
    def path(self) -> str: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def trainable(self) -> bool: ...
    @property
    def penalty(self) -> tuple[float, float]: ...
    @property
    def own_penalty(self) -> Function | None: ...
    @property
    def constraint(self) -> ConstraintOp | None: ...
    @property
    def decays(self) -> bool: ...


class LayerLike(Protocol):
    """What the builder needs to know about a layer."""

    @property
    def path(self) -> str: ...
    @property
    def lower(self) -> Callable[..., int]:
        """Emits its ops on values: a builder and the number of each."""

    @property
    def activity_penalty(self) -> tuple[float, float]:
        """Factors of the penalty on what it gives: of absolute values, and of squares."""


@dataclass(frozen=True)
class Span:
    """The part of a program that a layer was lowered to.

    Attributes:
        layer: the layer.
        sources: numbers of its input values.
        target: number of its output value; one of ``sources`` if it computes nothing.
        ops: numbers of the values of its own ops, without those of layers inside it.
    """

    layer: LayerLike
    sources: tuple[int, ...]
    target: int
    ops: tuple[int, ...]


class _Columns(NamedTuple):
    """Some columns of a value."""

    source: int
    start: int
    width: int


class Builder:
    """Collects ops, parameters and state while layers lower themselves.

    Args:
        input_width: number of input columns.

    Attributes:
        spans: of each layer, in the order in which they end: layers of a block come before it.

    Example:
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
        self._columns: list[_Columns] = []
        self._selected: dict[int, int] = {}

    def width(self, value: int) -> int:
        """Width of a value."""
        return self._widths[value] if value >= 0 else self._columns[~value].width

    def columns(self, value: int, start: int, count: int) -> int:
        """A value that is some columns of another.

        It has a negative number and no op yet: one is emitted where another op reads it, and none
        where what is read are columns side by side of one value.

        Args:
            value: the other value.
            start: its first column.
            count: how many.
        """
        self._columns.append(_Columns(value, start, count))
        return ~(len(self._columns) - 1)

    def random_stream(self) -> int:
        """A random stream that no other op of this program uses."""
        self._streams += 1
        return self._streams - 1

    def lower(self, layer: LayerLike, *values: int) -> int:
        """Lowers a layer, records its :class:`Span`, and returns the number of its output value.

        Args:
            layer: the layer.
            values: numbers of its input values; one, but for layers that join several.
        """
        begun, known = len(self._widths), len(self.spans)
        target = self._settled(layer.lower(self, *values))
        l1, l2 = layer.activity_penalty
        if l1 or l2:
            target = self.emit("activity_penalty", [target], l1=l1, l2=l2)
        inner = {number for span in self.spans[known:] for number in span.ops}
        own = tuple(number for number in range(begun, len(self._widths)) if number not in inner)
        self.spans.append(Span(layer, values, target, own))
        return target

    def emit(
        self,
        kind: str,
        inputs: Sequence[int],
        parameters: Sequence[WeightLike] = (),
        state: Sequence[WeightLike] = (),
        **attributes: Any,
    ) -> int:
        """Appends an op and returns the number of its output value."""
        if kind == "concatenate":
            inputs = self._joined(inputs)
            if len(inputs) == 1:
                return inputs[0]
        inputs = [self._settled(value) for value in inputs]
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

    def _settled(self, value: int) -> int:
        """The number of a value that an op writes: columns are selected now."""
        if value >= 0:
            return value
        if value not in self._selected:
            source, start, count = self._columns[~value]
            whole = start == 0 and count == self.width(source)
            self._selected[value] = (
                source if whole else self.emit("select", [source], start=start, count=count)
            )
        return self._selected[value]

    def _joined(self, values: Sequence[int]) -> list[int]:
        """Values to put side by side; columns that lie so already are one value."""
        found: list[int] = []
        for value in values:
            if found and value < 0 and found[-1] < 0:
                last, here = self._columns[~found[-1]], self._columns[~value]
                if last.source == here.source and last.start + last.width == here.start:
                    found[-1] = self.columns(last.source, last.start, last.width + here.width)
                    continue
            found.append(value)
        return found

    def schedule(self, value: int, name: str, schedule: RateSchedule) -> None:
        """Records that the rate of the op that writes ``value`` follows a schedule."""
        self._schedules.append(ScheduledRate(value, name, schedule))

    def finish(
        self, output: int, loss: LossOp | None = None, optimizer: OptimizerOp | None = None
    ) -> Program:
        """The verified program; trainable parameters come first in the parameter vector."""
        output = self._settled(output)
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
            parameters=_layout([self._parameters[i] for i in order], optimizer),
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


def _layout(
    weights: Sequence[WeightLike], optimizer: OptimizerOp | None = None
) -> tuple[Slot, ...]:
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
            penalty=weight.own_penalty,
            constraint=weight.constraint,
            decays=weight.decays and (optimizer is None or optimizer.decays(weight.path)),
        )
        slots.append(slot)
        offset += slot.size
    return tuple(slots)
