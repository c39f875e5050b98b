"""Numbers as the numbers of bins, and those as columns of 0 and 1. Neither has a slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape

#: How codes are written as columns.
MODES = ("one_hot", "multi_hot", "count")


@dataclass(frozen=True, kw_only=True)
class Discretization(Op):
    """``y`` is how many of the boundaries are at most ``x``; nan stays.

    Attributes:
        boundaries: rising numbers, the same for all columns.
    """

    kind: ClassVar[str] = "discretization"

    boundaries: tuple[float, ...]

    def check(self) -> None:
        edges = self.boundaries
        if not edges or any(not low < high for low, high in pairwise(edges)):
            raise InvalidProgram(
                f"discretization: boundaries must rise, one or more, received {brief(edges)}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        cases = [
            (1, (-2.0, 0.5)),
            (7, (-1.0, 0.0, 1.25)),
            (33, tuple(i / 8 - 2 for i in range(33))),
        ]
        return [Example(widths=(n,), attributes={"boundaries": edges}) for n, edges in cases]


@dataclass(frozen=True, kw_only=True)
class CategoryEncoding(Op):
    """Codes 0, 1, ... as columns.

    - one_hot: ``depth`` columns for each column of codes, 1 in that of the code, 0 elsewhere
    - multi_hot: ``depth`` columns, 1 in those of the codes in the row
    - count: ``depth`` columns, in each how many codes of the row are this one

    A code is cut off to a whole number. One outside ``0 .. depth - 1``, and nan, makes its columns
    nan; with multi_hot and count those are all.

    Attributes:
        depth: how many codes there are.
        mode: how they are written.
    """

    kind: ClassVar[str] = "category_encoding"

    depth: int
    mode: str

    def check(self) -> None:
        if not isinstance(self.depth, int) or isinstance(self.depth, bool) or self.depth < 1:
            raise InvalidProgram(
                f"category_encoding: depth must be 1 or more, received {brief(self.depth)}."
            )
        if self.mode not in MODES:
            raise InvalidProgram(
                f"category_encoding: mode must be one of {', '.join(MODES)}, "
                f"received {brief(self.mode)}."
            )

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return self.depth * widths[0] if self.mode == "one_hot" else self.depth

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(widths=(n,), attributes={"depth": depth, "mode": mode})
            for mode in MODES
            for n, depth in ((1, 5), (3, 2), (7, 19))
        ]
