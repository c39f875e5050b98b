"""A step of the preprocessing: one column of a table becomes some inputs of a network."""

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
    """One column of a network's input.

    Attributes:
        name: A unique name: "tempo", "tempo missing", "genre = pop", "date weekday sin".
        source: The column of the table it is made from.
        how: How it is made, in a word or two: "standard", "flag", "one-hot", "embedding".
    """

    name: str
    source: str
    how: str


@dataclass
class Unseen:
    """Counts of cells unlike any in the training rows, by column.

    Pass the same object to several calls to count over the chunks of a file.

    Attributes:
        categories: Cells with an unseen category.
        words: Cells that are neither yes nor no, or no times of day.
        examples: The first such category or word of each column.
        missing: Missing cells in columns without any in the training rows.
        treatment: What missing cells were replaced by, by column.

    Example:
        >>> unseen = Unseen()
        >>> unseen.category("genre", 3, "polka")
        >>> print(unseen.sentences()[0][:64])
        Column 'genre': 3 cells have a category that is not in the train
    """

    categories: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    treatment: dict[str, str] = field(default_factory=dict)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Reads pickles of earlier versions, which lack what came later."""
        self.__dict__.update({"wrong": {}, **state})

    def category(self, column: str, cells: int, example: str) -> None:
        """Counts cells with an unseen category."""
        self.categories[column] = self.categories.get(column, 0) + cells
        self.examples.setdefault(column, example)

    def word(
        self, column: str, cells: int, example: str, wrong: str = "neither yes nor no"
    ) -> None:
        """Counts cells that are not what their column holds."""
        self.wrong[column] = wrong
        self.words[column] = self.words.get(column, 0) + cells
        self.examples.setdefault(column, example)

    def absent(self, column: str, cells: int, treatment: str) -> None:
        """Counts missing cells in a column without any in the training rows."""
        self.missing[column] = self.missing.get(column, 0) + cells
        self.treatment[column] = treatment

    def __bool__(self) -> bool:
        return bool(self.categories or self.words or self.missing)

    def sentences(self, rows: str = "") -> list[str]:
        """A sentence per column, in order of appearance.

        Args:
            rows: Names the rows in the sentences, if given.
        """
        of = f" of {rows}" if rows else ""
        lines = []
        for column, cells in self.categories.items():
            verb = "has" if cells == 1 else "have"
            lines.append(
                f"Column {column!r}: {count(cells, 'cell')}{of} {verb} a category that is not "
                f"in the training rows ({self._shown(column, cells)}); counted as unknown."
            )
        for column, cells in self.words.items():
            verb = "is" if cells == 1 else "are"
            lines.append(
                f"Column {column!r}: {count(cells, 'cell')}{of} {verb} {self.wrong[column]} "
                f"({self._shown(column, cells)}); counted as missing."
            )
        for column, cells in self.missing.items():
            verb = "is" if cells == 1 else "are"
            lines.append(
                f"Column {column!r}: {count(cells, 'cell')}{of} {verb} missing, but none in the "
                f"training rows; {self.treatment[column]}."
            )
        return lines

    def _shown(self, column: str, cells: int) -> str:
        example = self.examples[column]
        shown = repr(example if len(example) <= 40 else example[:37] + "...")
        return shown if cells == 1 else f"first {shown}"


class Step(Protocol):
    """A step fitted on a column's training values; turns that column into inputs.

    Steps hold only numbers and text.
    """

    #: The name of the class in files.
    kind: ClassVar[str]

    @property
    def source(self) -> str:
        """The column of the table."""

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        """The columns it writes, from left to right; at least one."""

    def transform(self, values: NDArray[Any], out: Floats, unseen: Unseen) -> None:
        """Writes the inputs of these rows.

        Args:
            values: ``(n,)``, from ``Schema.values``.
            out: ``(n, len(columns))``; every element is written.
            unseen: Counts what the training rows did not have.
        """

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        """``(document, arrays)``: plain data for JSON, and arrays."""
