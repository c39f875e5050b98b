"""What the members of a network do apart from each other; their columns lie side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape, check_divided, check_members

#: What an average may be taken of; see :class:`Average`.
AVERAGES = ("numbers", "sigmoid_logits", "softmax_logits")


@dataclass(frozen=True, kw_only=True)
class Affine(Op):
    """``y[i, (m, j)] = x[i, (m, j)] * scale[m, j] + bias[m, j]`` for each member m.

    With ``repeat``, all members read the same input: ``x[i, j] * scale[m, j] + bias[m, j]``, from
    ``(rows, width)`` to ``(rows, members * width)``.

    Parameters: scale ``(members, width)`` where ``scale``, then bias ``(members, width)`` where
    ``center``.

    Source: the vectors r, s and b of Wen, Tran & Ba 2020, "BatchEnsemble", equation 1.
    """

    kind: ClassVar[str] = "affine"

    members: int
    scale: bool = True
    center: bool = True
    repeat: bool = False

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return widths[0] * self.members if self.repeat else widths[0]

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        own = (self.members, output_width // self.members)
        return (own,) * (int(self.scale) + int(self.center))

    def check(self) -> None:
        check_members(self.kind, self.members)
        if not self.scale and not self.center and not self.repeat:
            raise InvalidProgram("affine: without scale, center and repeat it computes nothing.")

    def check_widths(self, widths: Sequence[int]) -> None:
        if not self.repeat:
            check_divided(self.kind, self.members, widths[0])

    @classmethod
    def examples(cls) -> list[Example]:
        found = []
        for members, width in ((2, 1), (3, 7), (2, 33), (5, 16), (3, 50)):
            for settings in (
                {"center": False},
                {"scale": False},
                {},
                {"center": False, "repeat": True},
                {"repeat": True},
                {"scale": False, "center": False, "repeat": True},
            ):
                attributes: dict[str, object] = {"members": members, **settings}
                parts = settings.get("scale", True) + settings.get("center", True)
                given = width if settings.get("repeat") else members * width
                shapes = ((members, width),) * parts
                found.append(Example(widths=(given,), parameters=shapes, attributes=attributes))
        return found


@dataclass(frozen=True, kw_only=True)
class Heads(Op):
    """``y[i, (m, u)] = sum_j x[i, (m, j)] * kernel[m, j, u]``: each member has its own kernel.

    Parameters: kernel ``(members, inputs, units)``.
    """

    kind: ClassVar[str] = "heads"

    members: int

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return self.members * parameters[0][-1]

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((self.members, widths[0] // self.members, output_width // self.members),)

    def check(self) -> None:
        check_members(self.kind, self.members)

    def check_widths(self, widths: Sequence[int]) -> None:
        check_divided(self.kind, self.members, widths[0])

    @classmethod
    def examples(cls) -> list[Example]:
        # Narrow heads, one less than a vector, wide ones.
        sizes = [(2, 1, 1), (3, 7, 1), (5, 70, 1), (3, 5, 2), (2, 33, 8), (3, 9, 9), (2, 7, 31)]
        return [
            Example(widths=(k * i,), parameters=((k, i, u),), attributes={"members": k})
            for k, i, u in [*sizes, (7, 3, 5)]
        ]


@dataclass(frozen=True, kw_only=True)
class Average(Op):
    """The mean over the members, ``(rows, members * width)`` to ``(rows, width)``.

    - numbers: ``y = mean_m x[m]``
    - sigmoid_logits: ``y = log(p / (1 - p))`` with ``p = mean_m sigmoid(x[m])``
    - softmax_logits: ``y = log p`` with ``p = mean_m softmax(x[m])``, at least about -87.3, the
      logarithm of the smallest float32

    The last two are the logits of mean probabilities.

    Attributes:
        of: one of these names.
    """

    kind: ClassVar[str] = "average"

    members: int
    of: str = "numbers"

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return widths[0] // self.members

    def check(self) -> None:
        check_members(self.kind, self.members)
        if self.of not in AVERAGES:
            raise InvalidProgram(
                f"average: of must be one of {', '.join(AVERAGES)}, received {brief(self.of)}."
            )

    def check_widths(self, widths: Sequence[int]) -> None:
        check_divided(self.kind, self.members, widths[0])

    @classmethod
    def examples(cls) -> list[Example]:
        sizes = [(2, 1), (3, 3), (5, 7), (2, 33)]
        return [
            Example(widths=(k * n,), attributes={"members": k, "of": of})
            for of in AVERAGES
            for k, n in sizes
        ]
