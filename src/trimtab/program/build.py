"""The builder that layers lower themselves into, op by op."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

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
    def lower(self, builder: Builder, value: int) -> int: ...


@dataclass(frozen=True)
class Span:
    """The part of a program that a layer was lowered to.

    Attributes:
        layer: the layer.
        source: number of its input value.
        target: number of its output value; ``source`` if it computes nothing.
        ops: numbers of the values of its own ops, without those of layers inside it.
    """

    layer: LayerLike
    source: int
    target: int
    ops: tuple[int, ...]


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

    def width(self, value: int) -> int:
        """Width of a value."""
        return self._widths[value]

    def random_stream(self) -> int:
        """A random stream that no other op of this program uses."""
        self._streams += 1
        return self._streams - 1

    def lower(self, layer: LayerLike, value: int) -> int:
        """Lowers a layer, records its :class:`Span`, and returns the number of its output value."""
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
        """Appends an op and returns the number of its output value."""
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
        """Records that the rate of the op that writes ``value`` follows a schedule."""
        self._schedules.append(ScheduledRate(value, name, schedule))

    def finish(
        self, output: int, loss: LossOp | None = None, optimizer: OptimizerOp | None = None
    ) -> Program:
        """The verified program; trainable parameters come first in the parameter vector."""
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
