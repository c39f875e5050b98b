"""Softmax over the columns of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from trimtab.program.ops.base import Example, Op


@dataclass(frozen=True, kw_only=True)
class Softmax(Op):
    """``y[i, j] = exp(x[i, j] - max_k x[i, k]) / sum_k exp(x[i, k] - max_k x[i, k])``."""

    kind: ClassVar[str] = "softmax"

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(widths=(n,)) for n in (1, 3, 8, 33, 64)]
