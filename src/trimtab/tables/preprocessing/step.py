"""What a step of the preprocessing is: one column of a table becomes some inputs of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.core.words import count

__all__ = ["OutputColumn", "Step", "Unseen"]


@dataclass(frozen=True)
class OutputColumn:
    """One column of the matrix that a network reads.

    Attributes:
        name: unique: "tempo", "tempo missing", "genre = pop", "date weekday sin".
        source: the table's column that it is made from.
        how: one word or two for people: "standard", "flag", "one-hot", "embedding".
    """

    name: str
    source: str
    how: str


@dataclass
class Unseen:
    """Counts of cells of a kind that training rows did not have, column by column.

    One object can be handed to several calls, so that chunks of a file add up.

    Attributes:
        categories: cells with an unseen category.
        words: cells that are neither yes nor no.
        examples: the first such category or word of each column.
        missing: missing cells of columns that training rows had no missing cells in.
        treatment: what was done with those missing cells, column by column.

    >>> unseen = Unseen()
    >>> unseen.category("genre", 3, "polka")
    >>> print(unseen.sentences()[0][:75])
    Column 'genre': 3 cells hold a category that training rows did not have (fi
    """

    categories: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    treatment: dict[str, str] = field(default_factory=dict)

    def category(self, column: str, cells: int, example: str) -> None:
        """So many more cells with an unseen category."""
        self.categories[column] = self.categories.get(column, 0) + cells
        self.examples.setdefault(column, example)

    def word(self, column: str, cells: int, example: str) -> None:
        """So many more cells that are neither yes nor no."""
        self.words[column] = self.words.get(column, 0) + cells
        self.examples.setdefault(column, example)

    def absent(self, column: str, cells: int, treatment: str) -> None:
        """So many more missing cells where training rows had none."""
        self.missing[column] = self.missing.get(column, 0) + cells
        self.treatment[column] = treatment

    def __bool__(self) -> bool:
        return bool(self.categories or self.words or self.missing)

    def sentences(self, rows: str = "") -> list[str]:
        """One sentence a column, in the order in which they were met.

        Args:
            rows: whose cells they are, where that has to be said.
        """
        of = f" of {rows}" if rows else ""
        lines = []
        for column, cells in self.categories.items():
            verb = "holds" if cells == 1 else "hold"
            lines.append(
                f"Column {column!r}: {count(cells, 'cell')}{of} {verb} a category that training "
                f"rows did not have ({self._shown(column, cells)}); it counts as unknown."
            )
        for column, cells in self.words.items():
            verb, counts = ("is", "it counts") if cells == 1 else ("are", "they count")
            lines.append(
                f"Column {column!r}: {count(cells, 'cell')}{of} {verb} neither yes nor no "
                f"({self._shown(column, cells)}); {counts} as missing."
            )
        for column, cells in self.missing.items():
            verb = "is" if cells == 1 else "are"
            lines.append(
                f"Column {column!r}: {count(cells, 'cell')}{of} {verb} missing, and none was in "
                f"the training rows; {self.treatment[column]}."
            )
        return lines

    def _shown(self, column: str, cells: int) -> str:
        example = self.examples[column]
        shown = repr(example if len(example) <= 40 else example[:37] + "...")
        return shown if cells == 1 else f"first {shown}"


class Step(Protocol):
    """Fitted on one column's training values; turns that column into inputs.

    Steps are frozen and plain: ``cls(**document, **arrays)`` is the step again, and checks
    everything, so that a file can bring nothing but numbers and texts.
    """

    #: By this name files find the class.
    kind: ClassVar[str]

    @property
    def source(self) -> str:
        """The column of the table."""

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        """What it writes, from left to right; at least one column."""

    def transform(self, values: NDArray[Any], out: Floats, unseen: Unseen) -> None:
        """Writes the inputs of these rows.

        Args:
            values: ``(n,)`` as ``Schema.values`` has them for this kind of column.
            out: ``(n, len(columns))``, every number of which is written.
            unseen: counts what training rows did not have.
        """

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        """``(document, arrays)``, the arguments of the constructor: plain JSON, and the rest."""
