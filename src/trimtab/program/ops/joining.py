"""Columns of several values side by side, and some columns of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape


@dataclass(frozen=True, kw_only=True)
class Concatenate(Op):
    """``y[i] = (a[i], b[i], ...)``: the columns of two or more values, in order."""

    kind: ClassVar[str] = "concatenate"
    arity: ClassVar[int | None] = None
    same_widths: ClassVar[bool] = False

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return sum(widths)

    def check(self) -> None:
        if len(self.inputs) < 2:
            raise InvalidProgram(
                f"concatenate: reads two values or more, received {len(self.inputs)}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        cases = [(1, 1), (3, 1), (33, 7), (16, 5, 2), (64, 33), (70, 9, 1, 3)]
        return [Example(widths=widths) for widths in cases]


@dataclass(frozen=True, kw_only=True)
class Select(Op):
    """``y = x[:, start : start + step * count : step]``; the gradient of the others is 0.

    Attributes:
        start: the first column.
        count: how many.
        step: from one to the next; may be negative.
    """

    kind: ClassVar[str] = "select"

    start: int
    count: int
    step: int = 1

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return self.count

    def check(self) -> None:
        if self.count < 1 or self.step == 0:
            raise InvalidProgram(
                "select: takes one column or more, in steps other than 0, received "
                f"count={self.count}, step={self.step}."
            )

    def check_widths(self, widths: Sequence[int]) -> None:
        last = self.start + self.step * (self.count - 1)
        if not (0 <= self.start < widths[0] and 0 <= last < widths[0]):
            raise InvalidProgram(
                f"select: columns {self.start} to {last} are not in a value of {widths[0]} columns."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        # Width, start, count, step.
        cases = [(1, 0, 1, 1), (7, 2, 3, 1), (33, 0, 32, 1), (9, 1, 4, 2), (70, 37, 33, 1)]
        return [
            Example(widths=(width,), attributes={"start": start, "count": count, "step": step})
            for width, start, count, step in [*cases, (5, 4, 5, -1)]
        ]
