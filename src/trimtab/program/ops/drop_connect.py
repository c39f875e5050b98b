"""DropConnect: a matrix product with a kernel whose elements are dropped at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.program.ops.base import Example, Shape
from trimtab.program.ops.dropout import Dropping


@dataclass(frozen=True, kw_only=True)
class DropConnect(Dropping):
    """Training: ``y = x (kernel * keep / (1 - rate))``; inference: ``y = x kernel``.

    Parameters: kernel ``(inputs, units)``. ``keep`` has the kernel's shape; it is the same for all
    rows of a batch and new at every step; see :class:`~trimtab.program.ops.dropout.Dropping`. A
    dropped weight counts as 0, even if it is nan. Gradients:
    ``d kernel = x^T dy * keep / (1 - rate)``, ``dx = dy (kernel * keep / (1 - rate))^T``.

    Source: Wan et al. 2013, "Regularization of neural networks using DropConnect", but with one
    mask per batch, not per row, and scaling in training instead of sampling in inference.
    """

    kind: ClassVar[str] = "drop_connect"

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return parameters[0][1]

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((widths[0], output_width),)

    @classmethod
    def examples(cls) -> list[Example]:
        # As for Matmul: narrow outputs, the split boundaries, both sides wide.
        pairs = [(1, 1), (70, 1), (5, 2), (33, 8), (9, 9), (7, 31), (64, 64), (17, 65), (130, 96)]
        cases: list[dict[str, object]] = [{"rate": rate} for rate in (0.0, 0.5, 1.0)]
        cases += [{"rate": 0.3, "seed": 7}]
        return [
            Example(widths=(i,), parameters=((i, u),), attributes={"stream": 3, **case})
            for case in cases
            for i, u in (pairs if case == {"rate": 0.5} else pairs[3:6])
        ]
