"""Columns moved and scaled by fixed numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape

Numbers = tuple[float, ...]

#: The smallest deviation that a normalization divides by, as in Keras.
SMALLEST = 1e-7


@dataclass(frozen=True, kw_only=True)
class Rescaling(Op):
    """``y = x * scale + offset``.

    Attributes:
        scale, offset: a number for each column, or one for all.
    """

    kind: ClassVar[str] = "rescaling"

    scale: Numbers
    offset: Numbers

    def check_widths(self, widths: Sequence[int]) -> None:
        _check_numbers(self.kind, widths[0], scale=self.scale, offset=self.offset)

    @classmethod
    def examples(cls) -> list[Example]:
        found = [
            Example(widths=(n,), attributes={"scale": (0.25,), "offset": (-1.5,)}) for n in (1, 33)
        ]
        for n in (3, 17, 70):
            scale = tuple(0.5 + i / 16 for i in range(n))
            offset = tuple(1 - i / 8 for i in range(n))
            found.append(Example(widths=(n,), attributes={"scale": scale, "offset": offset}))
        return found


@dataclass(frozen=True, kw_only=True)
class Normalization(Op):
    """``y = (x - mean) / deviation``, ``deviation = max(sqrt(variance), 1e-7)``.

    Attributes:
        mean, variance: a number for each column, or one for all; None: they are state, with a third
            number behind them that is not used.
        single: whether they are state of one number for all columns.
        invert: ``y = x * deviation + mean`` instead.
    """

    kind: ClassVar[str] = "normalization"

    mean: Numbers | None = None
    variance: Numbers | None = None
    single: bool = False
    invert: bool = False

    def check(self) -> None:
        if (self.mean is None) != (self.variance is None):
            raise InvalidProgram(
                "normalization: mean and variance are both attributes or both state."
            )

    def check_widths(self, widths: Sequence[int]) -> None:
        if self.mean is not None and self.variance is not None:
            _check_numbers(self.kind, widths[0], mean=self.mean, variance=self.variance)

    def state_shapes(self, widths: Sequence[int]) -> tuple[Shape, ...]:
        if self.mean is not None:
            return ()
        shape = () if self.single else (widths[0],)
        return (shape, shape, ())

    @classmethod
    def examples(cls) -> list[Example]:
        found = []
        one: tuple[Shape, ...] = ((), (), ())
        for invert in (False, True):
            for n in (1, 7, 33, 70):
                state = ((n,), (n,), ())
                found.append(Example(widths=(n,), state=state, attributes={"invert": invert}))
            given = {"mean": (0.5,), "variance": (0.25,), "invert": invert}
            found.append(Example(widths=(19,), attributes=given))
            single = {"single": True, "invert": invert}
            found.append(Example(widths=(70,), state=one, attributes=single))
        own = {"mean": (0.5, 100.0, -2.0), "variance": (0.25, 4.0, 0.0)}
        return [*found, Example(widths=(3,), attributes=dict(own))]


def _check_numbers(kind: str, width: int, **numbers: Numbers) -> None:
    for name, given in numbers.items():
        if len(given) not in (1, width):
            raise InvalidProgram(
                f"{kind}: {name} must hold 1 or {width} numbers, received {len(given)}."
            )
