"""Gated linear units: one half of the columns opens the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.program.ops.base import Example, Op, Shape, check_divided, check_members


@dataclass(frozen=True, kw_only=True)
class Glu(Op):
    """``y[:, j] = x[:, j] * sigmoid(x[:, units + j])`` for the first half of the columns.

    Source: Dauphin et al. 2017, equation 1.

    Attributes:
        members: how many of them lie side by side in a row, each with halves of its own.
    """

    kind: ClassVar[str] = "glu"

    members: int = 1

    def check(self) -> None:
        check_members(self.kind, self.members)

    def check_widths(self, widths: Sequence[int]) -> None:
        check_divided(self.kind, 2 * self.members, widths[0])

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return widths[0] // 2

    @classmethod
    def examples(cls) -> list[Example]:
        found = [Example(widths=(2 * n,)) for n in (1, 7, 16, 33)]
        return [*found, Example(widths=(42,), attributes={"members": 3})]
