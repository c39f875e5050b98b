"""The writing of a column of numbers: ``1,163.74``, ``1.299,99 €``, ``(12.5 %)``, ``−3``.

A :class:`NumberForm` describes it by an example, such as ``1.234,5 €``. It is found from all cells
(``written_numbers.py``) and stored with the column, so that later files are read in the same way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trimtab.errors import InvalidArgument
from trimtab.tables.files.numbers.whole import of_text
from trimtab.tables.files.numbers.written_cells import (
    MARKS,
    alike_digits,
    fits,
    plain_signs,
    take_apart,
    value_of,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["NumberForm"]

#: Beside 1163.74, 1.234 may mean two things; beside 1163,74, 1,234 may.
_DOUBTFUL = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True)
class NumberForm:
    """The writing of a column of numbers.

    Args:
        thousands: What separates thousands; "" if nothing does.
        mark: The decimal mark.
        before: A unit before the number.
        after: A unit behind the number.

    Example:
        >>> form = NumberForm.of("1.234,5 \u20ac")
        >>> form.thousands, form.mark, form.unit, form.example
        ('.', ',', '\u20ac', '1.234,5 \u20ac')
    """

    thousands: str
    mark: str
    before: str = ""
    after: str = ""
    #: Found from cells that may be read in two ways.
    ambiguous: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, example: str) -> NumberForm:
        """The form of an example.

        Raises:
            InvalidArgument: It is no number, or it may be read in two ways.
        """
        parts = take_apart(example)
        marks = [] if parts is None else [marks for marks in MARKS if fits(parts.core, marks)]
        if parts is None or not marks:
            raise InvalidArgument(
                f"the format of numbers must be a number as in the table, with its thousands "
                f"separator and decimal mark, received {example!r}. Use 'numeric:1,234.5' or "
                "'numeric:1.234,5'."
            )
        if len({value_of(parts.core, each) for each in marks}) > 1:
            raise InvalidArgument(
                f"the format of numbers must not be readable in two ways, received {example!r}. "
                "Use 'numeric:1,234.5' or 'numeric:1.234,5', with a thousands separator and a "
                "decimal mark, or 'numeric:1234.5' or 'numeric:1234,5'."
            )
        return cls(*marks[0], parts.before, parts.after)

    @property
    def example(self) -> str:
        """An example, from which :meth:`of` makes the form again."""
        return f"{self.before}1{self.thousands}234{self.mark}5{self.after}"

    @property
    def unit(self) -> str:
        """The unit as it is written, or ""."""
        return " ".join(filter(None, (self.before.strip(), self.after.strip())))

    @property
    def key(self) -> str | None:
        """The unit, whatever its spelling: the same for ``\u20ac`` and ``EUR``."""
        parts = take_apart(self.example)
        return parts.unit.key if parts is not None and parts.unit is not None else None

    def read(
        self,
        text: pd.Series,
        missing: Collection[str],
        plain: NDArray[np.bool_] | None = None,
        decimal: str = ".",
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The numbers of cells written in this form, or as a program writes them.

        Args:
            text: The cells.
            missing: Spellings of a missing value.
            plain: Cells that were numbers in their source, and are text only here.
            decimal: The decimal mark of the file; a comma was detected or given.

        Returns:
            The values (NaN: missing), and which cells are not in this form.
        """
        import pandas as pd

        codes, uniques = pd.factorize(text)
        values = np.full(len(uniques) + 1, math.nan)
        wrong = np.zeros(len(uniques) + 1, np.bool_)
        ways: dict[str, _Way | None] = {}
        key, foreign, doubtful = self.key, False, []
        for at, cell in enumerate(map(str, uniques)):
            if cell in missing or cell.strip() in missing:
                continue
            writing = alike_digits(cell)
            if writing not in ways:
                ways[writing] = self._way(writing, key, decimal)
            way = ways[writing]
            if way is None:
                wrong[at] = True
                continue
            core = plain_signs(cell)[way.first : way.last]
            values[at] = way.sign * value_of(core, way.marks)
            foreign = foreign or way.foreign
            if way.doubtful:
                doubtful.append(at)
        if foreign and doubtful:
            values[doubtful], wrong[doubtful] = math.nan, True
        found_values, bad = values[codes], wrong[codes]
        if plain is not None and plain.any():
            found_values[plain] = pd.to_numeric(text[plain], errors="coerce").to_numpy(np.float64)
            bad[plain] = False
        found_values[np.isinf(found_values)] = math.nan
        return found_values, bad

    def whole(
        self,
        text: pd.Series,
        missing: Collection[str],
        plain: NDArray[np.bool_] | None = None,
        decimal: str = ".",
    ) -> Any:
        """The numbers of cells in this form to the last digit, where ``float64`` has too few.

        Returns:
            A column of large whole numbers; None if some number is not whole or not in this form.

        Example:
            >>> import pandas as pd
            >>> cells = pd.Series(["9.007.199.254.740.993 \u20ac", "-5 \u20ac"])
            >>> NumberForm.of("1.234,5 \u20ac").whole(cells, []).tolist()
            [9007199254740993, -5]
        """
        digits: dict[str, str | None] = {}
        for cell in map(str, text[~plain if plain is not None else slice(None)].dropna().unique()):
            gap = cell in missing or cell.strip() in missing
            digits[cell] = None if gap else self.digits(cell, decimal)
            if digits[cell] is None and not gap:
                return None
        written = text.astype(object)
        own = np.ones(len(text), np.bool_) if plain is None else ~plain
        written[own] = [digits.get(str(cell)) for cell in text[own]]
        return of_text(written, missing)

    def digits(self, cell: str, decimal: str = ".") -> str | None:
        """A cell as programs write it, to the last digit; None if it is not in this form."""
        way = self._way(alike_digits(cell), self.key, decimal)
        if way is None:
            return None
        thousands, mark = way.marks
        core = plain_signs(cell)[way.first : way.last]
        core = core.replace(thousands, "") if thousands else core
        return ("-" if way.sign < 0 else "") + core.replace(mark, ".")

    def _way(self, writing: str, key: str | None, decimal: str) -> _Way | None:
        """How cells with this writing are read; None if they are no numbers in this form."""
        parts = take_apart(writing)
        if parts is None or (parts.unit is not None and parts.unit.key != key):
            return None
        own, core = (self.thousands, self.mark), parts.core
        # The first of these in which the digits have a single meaning.
        same = [each for each in MARKS if each[1] == self.mark]
        stages = [[own], [*same, ("", ".")], list(MARKS)]  # programs write points
        if decimal == "," != self.mark:
            stages = stages[2:]  # a file with decimal commas
        for marks in stages:
            fitting = [each for each in marks if fits(core, each)]
            meanings = {value_of(core, each) for each in fitting}
            if len(meanings) == 1:
                chosen = own if own in fitting else fitting[0]
                return _Way(
                    chosen,
                    -1.0 if parts.negative else 1.0,
                    *parts.span,
                    chosen[1] != self.mark,
                    chosen == own and _DOUBTFUL.fullmatch(core) is not None,
                )
            if meanings:
                return None
        return None


class _Way(NamedTuple):
    """How cells are read that are written alike.

    Args:
        marks: What separates thousands, and the decimal mark.
        sign: Of the numbers.
        first: Where their digits begin.
        last: Where their digits end.
        foreign: Whether they have another decimal mark than the column.
        doubtful: Whether they mean something else beside cells with another decimal mark.
    """

    marks: tuple[str, str]
    sign: float
    first: int
    last: int
    foreign: bool
    doubtful: bool
