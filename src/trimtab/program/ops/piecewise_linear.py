"""Piecewise-linear embedding: numbers as learned curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape

#: Cells are cut off here, and edges that a column does not need lie beyond.
LARGEST = 3.0e38


@dataclass(frozen=True, kw_only=True)
class PiecewiseLinear(Op):
    """``y[i] = (x[i, passing], v_0(x[i, columns[0]]), ..., v_n(x[i, columns[n]]))``.

    Each embedded column has ``knots`` edges ``e`` in ascending order, and a vector of ``dim``
    numbers at each. ``v`` interpolates between the vectors of the two edges around a cell, and is
    constant outside them::

        b = number of e[1], ..., e[knots - 2] that are <= x
        t = clamp((x - e[b]) / (e[b + 1] - e[b]), 0, 1), 0 if the two edges are equal
        v(x) = table[b] + t * (table[b + 1] - table[b])

    A cell that is nan has a vector of its own. Cells count as at most ``LARGEST`` and at least
    ``-LARGEST``. With ``linear`` all columns of the input pass through, and a nan in an embedded
    one does so as 0; without it, embedded columns do not pass through.

    Parameters: the tables of all columns, one below the other, ``(n * (knots + 1), dim)``; the last
    row of each belongs to nan. Gradients: the two rows around a cell get ``1 - t`` and ``t`` of its
    gradient, row by row in the order of the batch. State: the edges, ``(n * knots,)``, which
    training does not change.

    With ``increments`` the parameters are the first row of each table and the differences from
    each row to the next one (the last row, that of nan, is itself)::

        table[b] = parameters[0] + ... + parameters[b]

    A gradient then reaches all rows below, added up from the last edge to the first.

    Sources: Gorishniy, Rubachev & Babenko 2022, "On embeddings for numerical features in tabular
    deep learning", piecewise linear encoding. An encoding followed by a linear map of a column is
    an interpolation between two rows of a table.

    Attributes:
        columns: numbers of the embedded columns, ascending.
        knots: edges of each, 2 or more.
        dim: length of a vector.
        linear: whether the embedded columns also pass through.
        increments: whether the parameters are differences.
    """

    kind: ClassVar[str] = "piecewise_linear"

    columns: tuple[int, ...]
    knots: int
    dim: int
    linear: bool = True
    increments: bool = False

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        if self.columns and self.columns[-1] >= widths[0]:
            raise InvalidProgram(
                f"piecewise_linear: embeds column {self.columns[-1]}, received {widths[0]} columns."
            )
        passing = widths[0] - (0 if self.linear else len(self.columns))
        return passing + len(self.columns) * self.dim

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((len(self.columns) * (self.knots + 1), self.dim),)

    def state_shapes(self, widths: Sequence[int]) -> tuple[Shape, ...]:
        return ((len(self.columns) * self.knots,),)

    def check(self) -> None:
        if not self.columns or list(self.columns) != sorted({*self.columns}):
            raise InvalidProgram(
                "piecewise_linear: columns must be different and ascending, received "
                f"{self.columns}."
            )
        if self.columns[0] < 0:
            raise InvalidProgram(
                f"piecewise_linear: columns must be 0 or more, received {self.columns}."
            )
        if self.knots < 2 or self.dim < 1:
            raise InvalidProgram(
                "piecewise_linear: knots must be 2 or more and dim 1 or more, received "
                f"{self.knots}, {self.dim}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        cases: list[tuple[int, tuple[int, ...], int, int, dict[str, Any]]] = [
            (1, (0,), 2, 1, {}),
            (3, (0, 1, 2), 3, 8, {}),
            (5, (1, 4), 5, 3, {"linear": False}),
            (5, (1, 4), 3, 8, {}),
            (7, (0, 2, 6), 49, 4, {}),
            (9, (0, 1, 2, 3), 17, 16, {"linear": False}),
            (3, (1,), 9, 33, {}),
            (4, (1, 3), 6, 8, {"increments": True}),
            (3, (0, 1), 2, 3, {"increments": True, "linear": False}),
        ]
        return [
            Example(
                widths=(width,),
                parameters=((len(columns) * (knots + 1), dim),),
                state=((len(columns) * knots,),),
                attributes={"columns": columns, "knots": knots, "dim": dim, **more},
            )
            for width, columns, knots, dim, more in cases
        ]
