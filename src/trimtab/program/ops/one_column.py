"""Values of one column: the sum of all columns of a row, and one column as wide as others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape


@dataclass(frozen=True, kw_only=True)
class SumColumns(Op):
    """``y[i, 0] = sum(x[i, :])``."""

    kind: ClassVar[str] = "sum_columns"

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return 1

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(widths=(n,)) for n in (1, 2, 7, 33, 64)]


@dataclass(frozen=True, kw_only=True)
class Spread(Op):
    """``y[i, j] = x[i, 0]`` for so many columns.

    Attributes:
        count: the columns of the output.
    """

    kind: ClassVar[str] = "spread"

    count: int

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return self.count

    def check(self) -> None:
        if self.count < 1:
            raise InvalidProgram(f"spread: makes one column or more, received {self.count}.")

    def check_widths(self, widths: Sequence[int]) -> None:
        if widths[0] != 1:
            raise InvalidProgram(f"spread: reads one column, received {widths[0]}.")

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(widths=(1,), attributes={"count": n}) for n in (1, 2, 7, 33, 64)]
