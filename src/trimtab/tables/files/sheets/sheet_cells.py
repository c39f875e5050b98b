"""Cells of a sheet, mended where the workbook says what they are: merged, errors, bare dates."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from trimtab.core.words import count, listed
from trimtab.tables.files.sheets.sheets import Row, empty
from trimtab.tables.files.sheets.workbook import Block

__all__ = ["LOST", "SAVE", "lost_note", "mended", "unmerged"]

LOST = "formulas whose results are not stored in the file"
SAVE = "open the file in Excel or LibreOffice and save it to have them"

#: What a sheet shows where a formula fails.
ERRORS = frozenset(
    ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!")
)

#: Names of columns of dates, and the days from 1954 to 2091, as numbers.
_DATED = re.compile(r"(?i)date|datum|fecha|dato\b|päivä|日期|日付|\bday\b")
_FIRST_LIKELY, _LAST_LIKELY = 20_000, 70_000

#: The numbers of the days from 1900 to 9999.
_LAST_DAY = 2_958_465


def lost_note(name: str, cells: int, at: int, line: int, formula: str) -> str:
    """The note on formulas without results in a column that has other cells."""
    from openpyxl.utils import get_column_letter

    where = f"{get_column_letter(at + 1)}{line}"
    return (
        f"Column {name!r}: {count(cells, 'cell')} with {LOST} (first {where}: {formula:.40}) "
        f"counted as missing. {SAVE[0].upper()}{SAVE[1:]}."
    )


def unmerged(rows: list[Row], merged: Sequence[Block], top: int, notes: list[str]) -> list[Row]:
    """Rows in which every cell of a merged block has its value.

    A row that is one merged cell across the whole table is a heading, and left out.

    Args:
        rows: The rows below the names.
        merged: The blocks of the sheet.
        top: The row of the names; blocks that begin there or above are not data.
        notes: Takes a sentence on what was filled or left out.
    """
    blocks = [block for block in merged if block.top > top]
    if not blocks:
        return rows
    width = max((at + 1 for _, row in rows for at, cell in enumerate(row) if not empty(cell)))
    headings = {
        block.top
        for block in blocks
        if block.top == block.bottom and block.left == 1 and block.right >= max(width, 3)
    }
    values = {line: [*row] for line, row in rows}
    filled = 0
    for block in blocks:
        first = values.get(block.top, [])
        value = first[block.left - 1] if len(first) >= block.left else None
        if block.top in headings or empty(value):
            continue
        filled += 1
        for line in range(block.top, block.bottom + 1):
            row = values.get(line)
            if row is not None:
                row += [None] * (block.right - len(row))
                row[block.left - 1 : block.right] = [value] * (block.right - block.left + 1)
    if filled:
        notes.append(
            f"Merged cells: {count(filled, 'block')}; all cells of a block have its value."
        )
    told = [line for line, _ in rows if line in headings]
    if told:
        notes.append(
            f"{count(len(told), 'row')} merged across all columns left out as headings: "
            f"{listed(told, 5)}."
        )
    return [(line, tuple(row)) for line, row in values.items() if line not in headings]


def mended(values: list[Any], name: str, epoch: Any, notes: list[str]) -> list[Any]:
    """Cells of a column without errors, and with dates where the format of a cell was lost.

    Args:
        values: The cells; None: empty.
        name: The column.
        epoch: The first day of the workbook's calendar.
        notes: Takes a sentence on what was changed.
    """
    errors = Counter(value for value in values if isinstance(value, str) and value in ERRORS)
    if errors:
        each = ", ".join(f"{error} {times:,}" for error, times in errors.most_common())
        notes.append(f"Column {name!r}: error cells counted as missing: {each}.")
        values = [None if isinstance(value, str) and value in ERRORS else value for value in values]
    kinds = Counter(type(value) for value in values if value is not None)
    bare = kinds[int] + kinds[float]
    days, times = kinds[datetime.datetime] + kinds[datetime.date], kinds[datetime.time]
    if times and days and times >= days:  # 24:00 and a day of the epoch
        values = [v.time() if isinstance(v, datetime.datetime) else v for v in values]
    if bare and days > bare:
        return _as_dates(values, name, epoch, notes, 1, _LAST_DAY)
    if bare and not days and kinds.total() == bare and _DATED.search(name):
        notes += _perhaps_days(values, name, epoch)
    if bare and times > bare:
        return _as_dates(values, name, epoch, notes, 0, 1)
    return values


def _perhaps_days(values: list[Any], name: str, epoch: Any) -> list[str]:
    """A note on whole numbers that are days if a sheet wrote them."""
    from openpyxl.utils.datetime import from_excel

    days = [value for value in values if value is not None]
    least, most = min(days), max(days)
    if least < _FIRST_LIKELY or most > _LAST_LIKELY or any(day % 1 for day in days):
        return []
    first, last = (from_excel(day, epoch).date() for day in (least, most))
    return [
        f"Column {name!r} holds the numbers {least:g} to {most:g}, which are the days {first} to "
        f"{last} as a sheet counts them. If they are days, format its cells as dates."
    ]


def _as_dates(
    values: list[Any], name: str, epoch: Any, notes: list[str], least: float, below: float
) -> list[Any]:
    """Numbers among dates, which are dates without the format of one."""
    from openpyxl.utils.datetime import from_excel

    bare = [type(value) in (int, float) and least <= value < below for value in values]
    if any(bare):
        what = "times" if below == 1 else "dates"
        notes.append(
            f"Column {name!r}: {count(sum(bare), 'number')} among {what} read as "
            f"{what if sum(bare) > 1 else what[:-1]}, as the sheet counts them."
        )
    return [
        from_excel(value, epoch) if number else value
        for value, number in zip(values, bare, strict=True)
    ]
