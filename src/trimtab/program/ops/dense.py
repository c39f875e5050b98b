"""Matrix product and bias: the two halves of a Dense layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.program.ops.base import Example, Op, Shape


@dataclass(frozen=True, kw_only=True)
class Matmul(Op):
    """``y[i, j] = sum_k x[i, k] * kernel[k, j]``.

    Parameters: kernel ``(inputs, units)``. Gradients: ``d kernel = x^T dy``, ``dx = dy kernel^T``.
    """

    kind: ClassVar[str] = "matmul"

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return parameters[0][1]

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((widths[0], output_width),)

    @classmethod
    def examples(cls) -> list[Example]:
        # Narrow outputs, one less than a vector, split boundaries, both sides wide.
        pairs = [(1, 1), (3, 1), (70, 1), (5, 2), (33, 8), (9, 9), (7, 31), (64, 64), (17, 65)]
        pairs += [(130, 96), (8, 200)]
        return [Example(widths=(i,), parameters=((i, u),)) for i, u in pairs]


@dataclass(frozen=True, kw_only=True)
class Bias(Op):
    """``y[i, j] = x[i, j] + bias[j]``. Parameters: bias ``(width,)``."""

    kind: ClassVar[str] = "bias"

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((widths[0],),)

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(widths=(n,), parameters=((n,),)) for n in (1, 7, 8, 33, 64, 100)]
