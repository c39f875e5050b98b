"""Periodic embedding: numbers as waves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape

#: Float32 numbers from here on count as whole numbers of turns.
WHOLE = 2.0**22


@dataclass(frozen=True, kw_only=True)
class Periodic(Op):
    """``y[i] = (x[i, passing], v_0(x[i, columns[0]]), ..., v_n(x[i, columns[n]]))``.

    Each embedded column has ``k = frequencies`` waves, and maps them to a vector of ``dim``
    numbers by itself::

        u_f = w_f * x + b_f
        v(x) = sum over f of kernel[f] * cos(2 pi u_f) + bias

    With ``pairs`` there are no ``b``, and each ``u_f`` has its sine too: ``k`` rows of the kernel
    for the cosines, then ``k`` for the sines. With ``relu`` the vector is ``max(v, 0)``. A ``u`` of
    ``WHOLE`` and beyond counts as a whole number.

    A cell that is nan has a vector of its own in place of ``v``. With ``linear`` all columns of the
    input pass through, and a nan in an embedded one does so as 0; without it, embedded columns do
    not pass through. An infinite cell has the vector nan.

    Parameters, ``n`` embedded columns: ``w`` ``(n, k)``; without ``pairs`` ``b`` ``(n, k)``; the
    kernels one below the other, ``(n * k, dim)`` or with ``pairs`` ``(n * 2 k, dim)``; ``bias``
    ``(n, dim)``; the vectors of nan ``(n, dim)``.

    Sources: Gorishniy, Rubachev & Babenko 2022, "On embeddings for numerical features in tabular
    deep learning" (pairs and relu: PLR). Holzmueller, Grinsztajn & Steinwart 2024, "Better by
    default: strong pre-tuned MLPs and boosted trees on tabular data" (phases, no relu, and the
    column itself beside: PBLD).

    Attributes:
        columns: numbers of the embedded columns, ascending.
        frequencies: of each.
        dim: length of a vector.
        linear: whether the embedded columns also pass through.
        pairs: sines beside cosines, instead of phases.
        relu: whether vectors are cut off below 0.
    """

    kind: ClassVar[str] = "periodic"

    columns: tuple[int, ...]
    frequencies: int
    dim: int
    linear: bool = True
    pairs: bool = False
    relu: bool = False

    @property
    def waves(self) -> int:
        """Waves of a column: rows of its kernel."""
        return self.frequencies * (2 if self.pairs else 1)

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        if self.columns and self.columns[-1] >= widths[0]:
            raise InvalidProgram(
                f"periodic: embeds column {self.columns[-1]}, received {widths[0]} columns."
            )
        passing = widths[0] - (0 if self.linear else len(self.columns))
        return passing + len(self.columns) * self.dim

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return self.shapes(len(self.columns))

    def shapes(self, columns: int) -> tuple[Shape, ...]:
        """Shapes of the parameters for so many columns."""
        turns = ((columns, self.frequencies),) * (1 if self.pairs else 2)
        kernel, vectors = (columns * self.waves, self.dim), (columns, self.dim)
        return (*turns, kernel, vectors, vectors)

    def check(self) -> None:
        if not self.columns or list(self.columns) != sorted({*self.columns}):
            raise InvalidProgram(
                f"periodic: columns must be different and ascending, received {self.columns}."
            )
        if self.columns[0] < 0:
            raise InvalidProgram(f"periodic: columns must be 0 or more, received {self.columns}.")
        if self.frequencies < 1 or self.dim < 1:
            raise InvalidProgram(
                "periodic: frequencies and dim must be 1 or more, received "
                f"{self.frequencies}, {self.dim}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        cases: list[tuple[int, tuple[int, ...], int, int, dict[str, Any]]] = [
            (1, (0,), 1, 1, {}),
            (3, (0, 1, 2), 3, 8, {}),
            (5, (1, 4), 5, 3, {"linear": False, "relu": True}),
            (5, (1, 4), 3, 8, {"pairs": True}),
            (7, (0, 2, 6), 16, 4, {}),
            (9, (0, 1, 2, 3), 17, 16, {"linear": False, "pairs": True}),
            (3, (1,), 70, 19, {}),
        ]
        return [
            Example(
                widths=(width,),
                parameters=cls(
                    inputs=(0,),
                    output=1,
                    columns=columns,
                    frequencies=frequencies,
                    dim=dim,
                    **more,
                ).shapes(len(columns)),
                attributes={"columns": columns, "frequencies": frequencies, "dim": dim, **more},
            )
            for width, columns, frequencies, dim, more in cases
        ]
