"""A step of the preprocessing: one column of a table becomes some inputs of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.core.words import count
from trimtab.errors import InvalidData
from trimtab.tables.columns.limits import HALF
from trimtab.tables.columns.odd_cells import said

__all__ = ["OddCells", "OutputColumn", "Step", "Unseen"]


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
class OddCells:
    """Cells of one column that are not what it holds: how many, and the first one.

    ``refusal`` is what to refuse the table with, should most cells be like that; ``here`` counts
    those of this table.
    """

    example: str
    where: str = ""
    refusal: str = ""
    cells: int = 0
    here: int = 0


@dataclass
class Unseen:
    """Counts of cells unlike any in the training rows, by column.

    Pass the same object to several calls to count over the chunks of a file.

    Attributes:
        categories: Cells with an unseen category.
        words: Cells that are not what their column holds, such as words among yes and no.
        odd: The same by column and what they are.
        known: Cells of columns of numbers and dates that are neither that nor missing.
        examples: The first such category of each column.
        missing: Missing cells in columns without any in the training rows.
        treatment: What missing cells were replaced by, by column.
        named: Whether cells that are not what their column holds have been named already.

    Example:
        >>> unseen = Unseen()
        >>> unseen.category("genre", 3, "polka")
        >>> print(unseen.sentences()[0][:64])
        Column 'genre': 3 cells have a category that is not in the train
    """

    categories: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    odd: dict[tuple[str, str], OddCells] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    treatment: dict[str, str] = field(default_factory=dict)
    named: bool = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Reads pickles of earlier versions, which lack what came later."""
        self.__dict__.update({"odd": {}, "known": {}, "named": False, **state})

    def category(self, column: str, cells: int, example: str) -> None:
        """Counts cells with an unseen category."""
        self.categories[column] = self.categories.get(column, 0) + cells
        self.examples.setdefault(column, example)

    def word(
        self,
        column: str,
        cells: int,
        example: str,
        what: str = "neither yes nor no",
        *,
        where: str = "",
        refusal: str = "",
    ) -> None:
        """Counts cells that are not what their column holds, and count as missing.

        Args:
            column: The column.
            cells: How many.
            example: The first one.
            what: They are, in words.
            where: The first one is.
            refusal: What to refuse the table with, if most cells of the column are like that.
        """
        if self.named:
            return
        self.words[column] = self.words.get(column, 0) + cells
        odd = self.odd.setdefault((column, what), OddCells(example, where, refusal))
        if not odd.here:
            odd.refusal = refusal
        odd.cells += cells
        odd.here += cells

    def begin(self) -> None:
        """Begins another table: what :meth:`check` refuses is counted for each."""
        self.known.clear()
        for odd in self.odd.values():
            odd.here = 0

    def seen(self, column: str, cells: int) -> None:
        """Counts cells that are what their column holds."""
        self.known[column] = self.known.get(column, 0) + cells

    def check(self) -> None:
        """Refuses a table of which most cells of a column are not what the column holds.

        Raises:
            InvalidData: There are more such cells than others. Names the first one.
        """
        for (column, _), odd in self.odd.items():
            if odd.refusal and odd.here > HALF * (odd.here + self.known.get(column, 0)):
                more = f" {odd.here - 1:,} more like it." if odd.here > 1 else ""
                raise InvalidData(f"{odd.refusal}{more} Correct the cell or leave it empty.")

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
        for (column, what), odd in self.odd.items():
            known = f"{_brief(odd.example)}{f' in {odd.where}' if odd.where else ''}"
            lines.append(
                f"Column {column!r}: {said(odd.cells, what, of)} "
                f"({known if odd.cells == 1 else f'first {known}'}); counted as missing."
            )
        for column, cells in self.missing.items():
            verb = "is" if cells == 1 else "are"
            lines.append(
                f"Column {column!r}: {count(cells, 'cell')}{of} {verb} missing, but none in the "
                f"training rows; {self.treatment[column]}."
            )
        return lines

    def _shown(self, column: str, cells: int) -> str:
        shown = _brief(self.examples[column])
        return shown if cells == 1 else f"first {shown}"


def _brief(example: str) -> str:
    return repr(example if len(example) <= 40 else example[:37] + "...")


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
