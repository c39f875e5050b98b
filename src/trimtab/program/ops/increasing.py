"""Columns that rise from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op


@dataclass(frozen=True, kw_only=True)
class Increasing(Op):
    """``y[i, 0] = x[i, 0]``, ``y[i, j] = y[i, j - 1] + log(1 + exp(x[i, j]))`` in each group.

    Attributes:
        group: how many columns rise together; the next so many begin anew.
    """

    kind: ClassVar[str] = "increasing"

    group: int

    def check(self) -> None:
        if not isinstance(self.group, int) or isinstance(self.group, bool) or self.group < 1:
            raise InvalidProgram(
                f"increasing: group must be 1 or more, received {brief(self.group)}."
            )

    def check_widths(self, widths: Sequence[int]) -> None:
        if widths[0] % self.group:
            raise InvalidProgram(
                f"increasing: groups of {self.group} need a width that {self.group} divides, "
                f"received {widths[0]}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        shapes = [(1, 1), (3, 3), (6, 3), (8, 2), (33, 33), (34, 17), (70, 5)]
        return [Example(widths=(width,), attributes={"group": group}) for width, group in shapes]
