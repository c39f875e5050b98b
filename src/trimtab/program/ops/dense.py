"""Matrix product and bias: the two halves of a Dense layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.program.ops.base import Example, Op, Shape, check_divided, check_members


@dataclass(frozen=True, kw_only=True)
class Matmul(Op):
    """``y[i, j] = sum_k x[i, k] * kernel[k, j]``.

    Parameters: kernel ``(inputs, units)``. Gradients: ``d kernel = x^T dy``, ``dx = dy kernel^T``.

    Attributes:
        members: how many inputs lie side by side in a row, all of which are multiplied by the
            kernel: ``(rows, members * inputs)`` to ``(rows, members * units)``. In row-major memory
            this is one product of ``rows * members`` rows.
    """

    kind: ClassVar[str] = "matmul"

    members: int = 1

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return parameters[0][1] * self.members

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((widths[0] // self.members, output_width // self.members),)

    def check(self) -> None:
        check_members(self.kind, self.members)

    def check_widths(self, widths: Sequence[int]) -> None:
        check_divided(self.kind, self.members, widths[0])

    @classmethod
    def examples(cls) -> list[Example]:
        # Narrow outputs, one less than a vector, split boundaries, both sides wide.
        pairs = [(1, 1), (3, 1), (70, 1), (5, 2), (33, 8), (9, 9), (7, 31), (64, 64), (17, 65)]
        pairs += [(130, 96), (8, 200)]
        found = [Example(widths=(i,), parameters=((i, u),)) for i, u in pairs]
        shared = [(2, 3, 1), (3, 5, 7), (3, 9, 9), (5, 33, 31), (2, 17, 65)]
        return found + [
            Example(widths=(k * i,), parameters=((i, u),), attributes={"members": k})
            for k, i, u in shared
        ]


@dataclass(frozen=True, kw_only=True)
class Bias(Op):
    """``y[i, j] = x[i, j] + bias[j]``. Parameters: bias ``(width,)``."""

    kind: ClassVar[str] = "bias"

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((widths[0],),)

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(widths=(n,), parameters=((n,),)) for n in (1, 7, 8, 33, 64, 100)]
