"""Slices: a part of a program between two of its values, as a program of its own.

The value at some place in a network (a layer's input, say) is the prediction of the slice that
ends there. If everything after some value depends on the input through that value only, it is a
*cut point*, and a slice can start there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trimtab.core.types import Floats
from trimtab.errors import InvalidProgram
from trimtab.program.ops import Op
from trimtab.program.program import Program, Slot
from trimtab.program.verify import verify

__all__ = ["Slice", "cut_points"]


@dataclass(frozen=True)
class Slice:
    """The ops between two values, as a program that only predicts.

    Attributes:
        whole: the program that it is a part of.
        program: with its own layout; its input is the first value, its output the second.
        parameters: for each of its parameter slots, the number of that slot in ``whole``.
        state: the same for its state.

    Example:
        >>> from trimtab.program import Builder
        >>> builder = Builder(3)
        >>> value = builder.emit("dropout", [0], rate=0.5, stream=0)
        >>> value = builder.emit("softmax", [value])
        >>> print(Slice.between(builder.finish(value), 1, 2).program)
        %0 = input (3)
        %1 = softmax(%0) (3)
        output %1
    """

    whole: Program
    program: Program
    parameters: tuple[int, ...]
    state: tuple[int, ...]

    @classmethod
    def between(cls, program: Program, source: int, target: int) -> Slice:
        """The slice of ``program`` from the value ``source`` to the value ``target``.

        Raises:
            InvalidProgram: a value does not exist, or ``target`` does not depend on ``source``
                alone.
        """
        for value in (source, target):
            if not 0 <= value < len(program.widths):
                raise InvalidProgram(f"%{value} is not a value of this program.")
        ops = _ops(program, source, target)
        if ops is None:
            raise InvalidProgram(
                f"%{target} does not depend on %{source} alone. Start at a cut point."
            )
        numbers = {source: 0} | {op.output: i for i, op in enumerate(ops, start=1)}
        parameters = _used(op.parameters for op in ops)
        state = _used(op.state for op in ops)
        part = Program(
            widths=(program.widths[source], *(program.widths[op.output] for op in ops)),
            ops=tuple(
                replace(
                    op,
                    inputs=tuple(numbers[value] for value in op.inputs),
                    output=numbers[op.output],
                    parameters=tuple(parameters.index(slot) for slot in op.parameters),
                    state=tuple(state.index(slot) for slot in op.state),
                )
                for op in ops
            ),
            output=numbers[target],
            parameters=_layout(program.parameters, parameters),
            state=_layout(program.state, state),
            schedules=tuple(
                replace(each, value=numbers[each.value])
                for each in program.schedules
                if each.value in numbers and each.value != source
            ),
        )
        verify(part)
        return cls(program, part, parameters, state)

    def parameters_in(self, vector: Floats) -> Floats:
        """Its parameter vector, from that of the whole program."""
        return _gathered(self.whole.parameters, self.parameters, vector)

    def state_in(self, vector: Floats) -> Floats:
        """Its state vector, from that of the whole program."""
        return _gathered(self.whole.state, self.state, vector)


def cut_points(program: Program) -> list[frozenset[int]]:
    """For every value, the values from any of which alone it can be computed: its dominators.

    The input and the value itself are among them.
    """
    found = [frozenset({0})]
    for op in program.ops:
        common = frozenset.intersection(*(found[value] for value in op.inputs))
        found.append(common | {op.output})
    return found


def _ops(program: Program, source: int, target: int) -> list[Op] | None:
    """The ops from one value to another; None if other values are needed too."""
    needed = {target} - {source}
    found: list[Op] = []
    for op in reversed(program.ops[:target]):
        if op.output in needed:
            needed.remove(op.output)
            needed.update(value for value in op.inputs if value != source)
            found.append(op)
    return None if needed else found[::-1]


def _used(slots: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """The numbers of the slots in use, sorted, so that trainable ones stay first."""
    return tuple(sorted({number for several in slots for number in several}))


def _layout(slots: Sequence[Slot], numbers: Sequence[int]) -> tuple[Slot, ...]:
    moved = []
    offset = 0
    for number in numbers:
        moved.append(replace(slots[number], offset=offset))
        offset += slots[number].size
    return tuple(moved)


def _gathered(slots: Sequence[Slot], numbers: Sequence[int], vector: Floats) -> Floats:
    parts = [vector[slots[number].place] for number in numbers]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
