"""Softmax over the columns of each row, and its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, check_divided, check_members

FUNCTIONS = ("softmax", "log_softmax", "sparsemax")


@dataclass(frozen=True, kw_only=True)
class Softmax(Op):
    """``y[i, j] = exp(x[i, j] - max_k x[i, k]) / sum_k exp(x[i, k] - max_k x[i, k])``.

    log_softmax is its logarithm. sparsemax is ``max(x - tau, 0)``, tau such that the row sums to 1:
    the nearest point of the simplex (Martins & Astudillo 2016, algorithm 1).

    Attributes:
        function: ``softmax``, ``log_softmax`` or ``sparsemax``.
        members: how many of them lie side by side in a row, each with a sum of its own.
    """

    kind: ClassVar[str] = "softmax"

    function: str = "softmax"
    members: int = 1

    def check(self) -> None:
        if self.function not in FUNCTIONS:
            raise InvalidProgram(
                f"softmax: function must be one of {', '.join(FUNCTIONS)}, "
                f"received {brief(self.function)}."
            )
        check_members(self.kind, self.members)

    def check_widths(self, widths: Sequence[int]) -> None:
        check_divided(self.kind, self.members, widths[0])

    @classmethod
    def examples(cls) -> list[Example]:
        found = [Example(widths=(n,)) for n in (1, 3, 8, 33, 64)]
        shared = [(2, 3), (5, 7), (3, 33)]
        found += [Example(widths=(k * n,), attributes={"members": k}) for k, n in shared]
        for function in FUNCTIONS[1:]:
            found += [Example(widths=(n,), attributes={"function": function}) for n in (1, 7, 64)]
            attributes = {"function": function, "members": 3}
            found.append(Example(widths=(33,), attributes=attributes))
        return found
