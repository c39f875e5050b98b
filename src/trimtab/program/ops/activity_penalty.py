"""A value that is kept as it is, and a penalty on its size that is part of the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op


@dataclass(frozen=True, kw_only=True)
class ActivityPenalty(Op):
    """``y = x``; the loss of a row gains ``sum_j l1 |x_j| + l2 x_j^2``, whatever its weight.

    Attributes:
        l1, l2: the factors.
    """

    kind: ClassVar[str] = "activity_penalty"
    passes: ClassVar[bool] = True

    l1: float = 0.0
    l2: float = 0.0

    def check(self) -> None:
        if not (math.isfinite(self.l1) and math.isfinite(self.l2)):
            raise InvalidProgram(
                f"activity_penalty: factors must be finite, received {self.l1}, {self.l2}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        settings = ({"l1": 0.25}, {"l2": 0.5}, {"l1": 0.125, "l2": 0.25})
        return [
            Example(widths=(n,), attributes=dict(each)) for each in settings for n in (1, 7, 33)
        ]
