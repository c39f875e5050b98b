"""Two values made into one, element by element; a value times a number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op


@dataclass(frozen=True, kw_only=True)
class _Merging(Op):
    """Base class: two inputs of one width."""

    arity: ClassVar[int | None] = 2

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(widths=(n, n)) for n in (1, 7, 8, 33, 64)]


@dataclass(frozen=True, kw_only=True)
class Subtract(_Merging):
    """``y = a - b``, both of one width."""

    kind: ClassVar[str] = "subtract"


@dataclass(frozen=True, kw_only=True)
class Multiply(_Merging):
    """``y = a * b``, element by element."""

    kind: ClassVar[str] = "multiply"


@dataclass(frozen=True, kw_only=True)
class Maximum(_Merging):
    """``y = max(a, b)``, nan where one of the two is; equal ones get half of the gradient each."""

    kind: ClassVar[str] = "maximum"

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(widths=(n, n)) for n in (5, 8, 33)]  # each is the larger somewhere


@dataclass(frozen=True, kw_only=True)
class Minimum(_Merging):
    """``y = min(a, b)``, nan where one of the two is; equal ones get half of the gradient each."""

    kind: ClassVar[str] = "minimum"

    @classmethod
    def examples(cls) -> list[Example]:
        return Maximum.examples()


@dataclass(frozen=True, kw_only=True)
class Scale(Op):
    """``y = factor * x + offset``: numbers that are not trained."""

    kind: ClassVar[str] = "scale"

    factor: float
    offset: float = 0.0

    def check(self) -> None:
        if not (math.isfinite(self.factor) and math.isfinite(self.offset)):
            raise InvalidProgram(
                f"scale: factor and offset must be finite, received {self.factor}, {self.offset}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        settings = ({"factor": 0.5}, {"factor": -1.0, "offset": 1.0})
        return [
            Example(widths=(n,), attributes=dict(each)) for each in settings for n in (1, 7, 33)
        ]
