"""Embedding: categories as learned vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape

#: Maximum number of rows in a table: codes are float32, which is exact for integers up to here.
MOST_ROWS = 2**24


@dataclass(frozen=True, kw_only=True)
class Embedding(Op):
    """``y[i] = (x[i, :p], tables[t_0][c_0], ..., tables[t_n][c_n])``, ``c_k = trunc(x[i, p + k])``.

    The last columns of the input are codes, one for each entry of ``tables``. Each code is replaced
    by the row of its table that has this number. The ``p`` columns before pass through. A code is
    truncated towards zero; if the result is not the number of a row (too large, negative, nan,
    infinite), the vector is nan.

    Parameters: the tables, ``(sizes[t], dims[t])``. Gradients: a row of a table gets the sum of
    the gradients of all vectors read from it, column by column of codes, and within a column in
    the order of the batch; 0 if it was not read. The gradient of codes is 0.

    Sources: Bengio et al. 2003, "A neural probabilistic language model", the matrix C; for
    categories in tables Guo & Berkhahn 2016, "Entity embeddings of categorical variables".

    Attributes:
        tables: for each column of codes, the number of its table.
        sizes: rows of the tables.
        dims: columns of the tables.
    """

    kind: ClassVar[str] = "embedding"

    tables: tuple[int, ...]
    sizes: tuple[int, ...]
    dims: tuple[int, ...]

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        if widths[0] < len(self.tables):
            raise InvalidProgram(
                f"embedding: reads {len(self.tables)} columns of codes, received {widths[0]} "
                "columns."
            )
        return widths[0] - len(self.tables) + sum(parameters[table][1] for table in self.tables)

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return tuple(zip(self.sizes, self.dims, strict=True))

    def check(self) -> None:
        if len(self.sizes) != len(self.dims):
            raise InvalidProgram(
                f"embedding: sizes and dims must have the same length, received {self.sizes}, "
                f"{self.dims}."
            )
        if not all(1 <= size <= MOST_ROWS for size in self.sizes):
            raise InvalidProgram(
                f"embedding: sizes must be between 1 and {MOST_ROWS}, received {self.sizes}."
            )
        if not all(dim >= 1 for dim in self.dims):
            raise InvalidProgram(f"embedding: dims must be positive, received {self.dims}.")
        if set(self.tables) != set(range(len(self.sizes))):
            raise InvalidProgram(
                f"embedding: tables must name each of the {len(self.sizes)} tables, received "
                f"{self.tables}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        # Columns that pass through, shapes of the tables, and the table of each column of codes.
        separate: list[tuple[int, tuple[Shape, ...]]] = [
            (0, ((1, 1),)),
            (0, ((3, 2),)),
            (2, ((7, 3), (2, 5))),
            (5, ((5, 5), (5, 5))),
            (1, ((2, 1), (100, 7), (3, 17))),
            (33, ((130, 9), (6, 33))),
            (9, ((70, 70),)),
        ]
        shared: list[tuple[int, tuple[Shape, ...], tuple[int, ...]]] = [
            (0, ((6, 3),), (0, 0)),
            (3, ((9, 2), (5, 6)), (0, 1, 0, 1, 1)),
            (7, ((2, 18),), (0, 0, 0)),
        ]
        cases = [(p, shapes, tuple(range(len(shapes)))) for p, shapes in separate] + shared
        return [
            Example(
                widths=(passing + len(tables),),
                parameters=shapes,
                attributes={
                    "tables": tables,
                    "sizes": tuple(size for size, _ in shapes),
                    "dims": tuple(dim for _, dim in shapes),
                },
            )
            for passing, shapes, tables in cases
        ]
