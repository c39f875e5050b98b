"""Softmax over the columns of each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.program.ops.base import Example, Op, check_divided, check_members


@dataclass(frozen=True, kw_only=True)
class Softmax(Op):
    """``y[i, j] = exp(x[i, j] - max_k x[i, k]) / sum_k exp(x[i, k] - max_k x[i, k])``.

    Attributes:
        members: how many of them lie side by side in a row, each with a sum of its own.
    """

    kind: ClassVar[str] = "softmax"

    members: int = 1

    def check(self) -> None:
        check_members(self.kind, self.members)

    def check_widths(self, widths: Sequence[int]) -> None:
        check_divided(self.kind, self.members, widths[0])

    @classmethod
    def examples(cls) -> list[Example]:
        found = [Example(widths=(n,)) for n in (1, 3, 8, 33, 64)]
        shared = [(2, 3), (5, 7), (3, 33)]
        return found + [Example(widths=(k * n,), attributes={"members": k}) for k, n in shared]
