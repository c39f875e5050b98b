"""Sum of two values: what closes a residual block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from trimtab.program.ops.base import Example, Op


@dataclass(frozen=True, kw_only=True)
class Add(Op):
    """``y = a + b``, both of one width."""

    kind: ClassVar[str] = "add"
    arity: ClassVar[int | None] = 2

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(widths=(n, n)) for n in (1, 8, 33, 64)]
