"""The rectified linear unit with a learned slope for each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.program.ops.base import Example, Op, Shape


@dataclass(frozen=True, kw_only=True)
class Prelu(Op):
    """``y = x`` where x > 0, ``alpha * x`` elsewhere; parameter alpha ``(width,)``.

    Source: He et al. 2015, "Delving deep into rectifiers", equation 1.
    """

    kind: ClassVar[str] = "prelu"

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((widths[0],),)

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(widths=(n,), parameters=((n,),)) for n in (1, 5, 33, 64)]
