"""Which sheet of a workbook holds the table, and which row of it the names."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.words import count, listed
from trimtab.errors import InvalidData
from trimtab.tables.files.table import Guess

__all__ = ["Row", "chosen_sheet", "empty", "filled_rows", "names_at"]

#: A row that is not empty: its number in the sheet, and its cells.
Row = tuple[int, tuple[Any, ...]]

#: Rows of a sheet that are looked at to see whether it holds a table.
_LOOKED_AT = 200
#: With so many rows a table is worth training on; a cover may hold a smaller one.
_ENOUGH = 20
#: Rows in which the names are looked for.
_ABOVE = 20


@dataclass(frozen=True)
class _Seen:
    """A sheet: its name, whether it is hidden, and the rows of its table (0: it has none)."""

    name: str
    hidden: bool
    rows: int


def empty(cell: Any) -> bool:
    """Whether a cell holds nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def filled_rows(sheet: Any, most: int | None = None) -> list[Row]:
    """The rows of a sheet that are not empty, at most so many."""
    # Some programs write a wrong size.
    sheet.reset_dimensions()
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    filled = ((line, row) for line, row in rows if not all(map(empty, row)))
    return list(itertools.islice(filled, most))


def chosen_sheet(book: Any, told: str | None, name: str) -> tuple[Any, list[Guess]]:
    """The sheet to read.

    The told one, or the first that holds a table: at least two columns of which the first row holds
    the names. Hidden sheets and small tables, which may be on a cover, come last.

    Args:
        book: The workbook.
        told: The name of the sheet, if the user gives it.
        name: What messages call the workbook.

    Raises:
        InvalidData: There is no such sheet, or it is a chart.
    """
    names = book.sheetnames
    if told is not None:
        if told not in names:
            raise InvalidData(
                f"{name} has no sheet {told!r}. Its sheets are {checks.listing(names)}. "
                f"{checks.nearest(told, names)}".rstrip()
            )
        if not hasattr(book[told], "iter_rows"):
            raise InvalidData(f"{name}: sheet {told!r} is a chart. Name a sheet with cells.")
        return book[told], [Guess("sheet", repr(told), told=True)]
    cells = [each for each in names if hasattr(book[each], "iter_rows")]
    if not cells:
        raise InvalidData(f"{name} holds charts only. Pass a file with a table.")
    if len(names) == 1:
        return book[cells[0]], []
    seen = [_look(book[each], each) for each in cells]
    tables = [each for each in seen if each.rows]
    usual = [each for each in tables if not each.hidden]
    large = [each for each in usual if each.rows >= _ENOUGH]
    best = next(iter(large or usual or tables), None)
    if best is None:  # reading it says what is wrong
        best = next((each for each in seen if not each.hidden), seen[0])
    return book[best.name], [Guess("sheet", _said(best, seen, len(names)))]


def _look(sheet: Any, name: str) -> _Seen:
    rows = filled_rows(sheet, _LOOKED_AT)
    at, width = names_at(rows), 0
    if rows:
        width = max(_width(row) for _, row in rows[at:])
    hidden = getattr(sheet, "sheet_state", "visible") != "visible"
    return _Seen(name, hidden, len(rows) - at - 1 if width > 1 else 0)


def _said(best: _Seen, seen: Sequence[_Seen], sheets: int) -> str:
    others = [each for each in seen if each.rows and each is not best]
    if not best.rows:
        return f"{best.name!r}, the first of {sheets}; none holds a table"
    if not others:
        return f"{best.name!r}, the only one of {sheets} with a table"
    each = listed(
        (
            f"{other.name!r} with {_more(other.rows)}{', hidden' if other.hidden else ''}"
            for other in others
        ),
        4,
    )
    return f"{best.name!r}, of {len(others) + 1} with a table; others: {each} (--sheet NAME)"


def _more(rows: int) -> str:
    return f"{_LOOKED_AT:,} rows or more" if rows >= _LOOKED_AT - 1 else count(rows, "row")


def _width(row: Sequence[Any]) -> int:
    """How many cells of a row are filled."""
    return sum(not empty(cell) for cell in row)


def names_at(rows: Sequence[Row]) -> int:
    """Which of the filled rows holds the names: the first, or the first below a title.

    A title, or lines about the table, fill at most half of the columns, from the left; two cells
    in lines between a title and a blank row. The names below are text, all different, one in each
    column.

    Example:
        >>> names_at([(1, ("Sales of May", None)), (3, ("shop", "price")), (4, ("north", 3))])
        1
        >>> names_at([(1, ("shop", "price")), (2, ("north", 3))])
        0
    """
    for at in range(1, min(_ABOVE, len(rows) - 1)):
        row = rows[at][1]
        width = max(_width(below) for _, below in rows[at : at + _ABOVE])
        names = [cell for cell in row if not empty(cell)]
        texts = all(isinstance(cell, str) for cell in names)
        if width < 2 or len(names) < width or not texts or len(set(names)) < len(names):
            continue
        if width == 2 and rows[at + 1][0] > rows[at][0] + 1:
            continue  # more about the table; names stand on their cells
        first = _first(row)
        above = [before for _, before in rows[:at]]
        # Below a blank row, as in: Sales of May; exported, 2024-05-31; (blank); shop, price.
        apart = rows[at][0] > rows[at - 1][0] + 1 and _width(above[0]) < min(width, 2)
        most = max(width // 2, 2 if apart else 0)
        if all(_width(before) <= most and _first(before) <= first for before in above):
            return at
        if width > 2:
            return 0
    return 0


def _first(row: Sequence[Any]) -> int:
    return next(at for at, cell in enumerate(row) if not empty(cell))
