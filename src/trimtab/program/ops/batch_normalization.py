"""Batch normalization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape


@dataclass(frozen=True, kw_only=True)
class BatchNormalization(Op):
    """``y = (x - mean) / sqrt(variance + epsilon) * gamma + beta``, column by column.

    Training (unless ``frozen``): mean and biased variance of the batch, which also feed the
    moving averages, ``moving = moving * momentum + batch * (1 - momentum)``. Inference, or
    frozen: the moving averages, unchanged.

    Parameters: gamma ``(width,)`` where ``scale``, then beta ``(width,)`` where ``center``.
    State: moving_mean, moving_variance, both ``(width,)``.

    Source: Ioffe & Szegedy 2015, algorithms 1 and 2; biased variance throughout as in Keras 3.
    """

    kind: ClassVar[str] = "batch_normalization"

    momentum: float
    epsilon: float
    scale: bool = True
    center: bool = True
    frozen: bool = False
    synchronized: bool = True

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((widths[0],),) * (int(self.scale) + int(self.center))

    def state_shapes(self, widths: Sequence[int]) -> tuple[Shape, ...]:
        return ((widths[0],), (widths[0],))

    def check(self) -> None:
        if not self.epsilon > 0:
            raise InvalidProgram(
                f"batch_normalization: epsilon must be positive, received {self.epsilon}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        cases = [
            {},
            {"scale": False},
            {"center": False},
            {"scale": False, "center": False},
            {"frozen": True},
        ]
        return [
            Example(
                widths=(n,),
                parameters=((n,),) * (case.get("scale", True) + case.get("center", True)),
                state=((n,), (n,)),
                attributes={"momentum": 0.9, "epsilon": 1e-3, **case},
            )
            for case in cases
            for n in (1, 8, 33, 64)
        ]
