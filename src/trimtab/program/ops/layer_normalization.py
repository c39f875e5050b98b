"""Normalization of each row by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape

#: What a row is divided by.
SCALES = ("deviation", "root_mean_square", "length")


@dataclass(frozen=True, kw_only=True)
class LayerNormalization(Op):
    """``y = x / size * gamma + beta``, ``size`` being that of the row.

    - deviation: ``sqrt(variance + epsilon)``, after the row's mean is taken off; the variance is
      biased (Ba et al. 2016, equation 3)
    - root_mean_square: ``sqrt(mean(x**2) + epsilon)`` (Zhang & Sennrich 2019, equation 4)
    - length: ``sqrt(sum(x**2))``, epsilon at least; a row of zeros gets no gradient

    Attributes:
        by: what a row is divided by.
        epsilon: against a division by 0.
        scale: whether there is a parameter gamma ``(width,)``.
        center: whether there is a parameter beta ``(width,)``.
    """

    kind: ClassVar[str] = "layer_normalization"

    by: str
    epsilon: float
    scale: bool = False
    center: bool = False

    def check(self) -> None:
        if self.by not in SCALES:
            raise InvalidProgram(
                f"layer_normalization: by must be one of {', '.join(SCALES)}, "
                f"received {brief(self.by)}."
            )
        if not self.epsilon >= 0:
            raise InvalidProgram(
                f"layer_normalization: epsilon must be 0 or more, received {self.epsilon}."
            )

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((widths[0],),) * (self.scale + self.center)

    @classmethod
    def examples(cls) -> list[Example]:
        cases = [
            ("deviation", 1e-3, True, True),
            ("deviation", 1e-5, False, False),
            ("deviation", 0.5, False, True),
            ("root_mean_square", 1e-6, True, False),
            ("length", 1e-12, False, False),
        ]
        return [
            Example(
                widths=(n,),
                parameters=((n,),) * (scale + center),
                attributes={"by": by, "epsilon": epsilon, "scale": scale, "center": center},
            )
            for by, epsilon, scale, center in cases
            for n in (2, 7, 33, 64)
        ]
