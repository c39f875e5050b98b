"""Columns of numbers or dates in which some cells are something else."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.words import brief, count, listed
from trimtab.errors import InvalidData
from trimtab.tables.columns import dates
from trimtab.tables.columns.limits import HALF, MISTAKES, NAMED
from trimtab.tables.columns.no_dates import odd_date
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.values import place
from trimtab.tables.files.near_numbers import is_near_number
from trimtab.tables.files.numbers.written_cells import take_apart

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = [
    *("bad_column", "looks_like_numbers", "names_among", "nearly_dates", "nearly_numbers"),
    "refuse_mistakes",
]

#: Distinct cells that tell numbers from names made of digits.
_LOOKED_AT = 1000


def bad_column(table: Table, name: str) -> bool:
    """Whether a column of text holds numbers in all but a few cells."""
    bad = table.bad_counts.get(name, 0)
    return 0 < bad <= MISTAKES * int(table.frame[name].notna().sum())


def looks_like_numbers(table: Table, name: str) -> bool:
    """Whether a column of text is one of numbers but for some cells, and not one of names.

    If the cells that are no numbers all differ, and the others are whole numbers, all are names,
    many of which happen to be digits: the tickets ``113803``, ``A/5 21171``, ``PC 17599``.
    """
    bad = table.bad.get(name, ())
    if not bad or bad_column(table, name) or len(bad) == 1:
        return bool(bad)
    if len({cell.value for cell in bad}) < len(bad):
        return True
    if all(is_near_number(cell.value) for cell in bad):
        return True
    cells = [str(cell).strip() for cell in table.frame[name].dropna().unique()[:_LOOKED_AT]]
    return any(take_apart(cell) is not None and not cell.isdigit() for cell in cells)


def nearly_numbers(table: Table, name: str) -> str:
    """What keeps a column of text from being one of numbers, as a reason to leave it out."""
    bad = table.bad_counts[name]
    few = table.bad[name] if bad <= NAMED else table.bad[name][: NAMED - 1]
    cells = listed((f"{shown(cell.value)} ({table.place(cell.row)})" for cell in few), NAMED)
    return (
        f"looks like numbers, but {count(bad, 'cell is', 'cells are')} not"
        f"{': ' if len(few) == bad else ', such as '}{cells}. Correct or empty "
        f"{'it' if bad == 1 else 'them'}, or use --missing {quote(few[0].value)} if it means "
        "missing"
    )


def names_among(table: Table, name: str) -> str:
    """A sentence if the few cells that are no numbers are names made of digits, as then all are.

    ``536365`` is the number of an invoice where there is ``C536379`` as well, and ``C536391``.
    """
    bad = [cell.value.strip() for cell in table.bad.get(name, ())]
    if not bad_column(table, name) or len({*bad}) < NAMED or name in table.forms:
        return ""
    others = (str(cell).strip() for cell in table.frame[name].dropna().unique()[:_LOOKED_AT])
    if not all(cell.isalnum() and any(map(str.isdigit, cell)) for cell in (*bad, *others)):
        return ""
    first = table.bad[name][0]
    return (
        f"Column {brief(name)} is text: {count(table.bad_counts[name], 'cell')} such as "
        f"{shown(first.value)} ({table.place(first.row)}) are names made of letters and digits, so "
        f"the others are as well. If those are numbers, use --type {quote(name + '=numeric')}."
    )


def nearly_dates(table: Table, name: str) -> str:
    """What keeps a column of text from being one of dates, as a reason to leave it out; or ``""``.

    More than half of the cells must be dates of one format.
    """
    cells = table.frame[name].dropna()
    counts = cells.value_counts()
    found = dates.find_format(counts.index.to_series(), counts.to_numpy(), most=HALF)
    if found is None or not found.bad:
        return ""
    pattern = found.formats[0]
    _, bad = dates.parse_dates(table.frame[name], pattern)
    rows = [row for row in np.flatnonzero(bad)[:_LOOKED_AT] if not _far(table, name, row, pattern)]
    few = rows[: NAMED - 1]
    each = listed(
        (f"{shown(table.frame[name].iloc[row])} ({table.place(row)})" for row in few), NAMED
    )
    used = "" if pattern == dates.ISO else f":{pattern}"
    return (
        f"looks like dates, but {count(found.bad, 'cell is', 'cells are')} not, such as {each}. "
        f"Correct or empty them, or use --type {quote(f'{name}=datetime{used}')} if they mean "
        "missing"
    )


def _far(table: Table, name: str, row: int, pattern: str) -> bool:
    return bool(odd_date(str(table.frame[name].iloc[row]), pattern))


def refuse_mistakes(table: Table, name: str) -> None:
    """Refuses a column of numbers in which a few cells are no numbers."""
    if not bad_column(table, name):
        return
    first, bad = table.bad[name][0], table.bad_counts[name]
    raise InvalidData(
        f"{place(table, first.row, name)}: {shown(first.value)} is not a number, but "
        f"{'all other' if bad == 1 else 'most'} cells of the column are"
        f"{'' if bad == 1 else f' ({bad:,} are not)'}. Correct it or leave it empty, or use "
        f"--missing {quote(first.value)} (missing={[first.value]!r}) if it means missing, or "
        f"--type {quote(name + '=category')} (types={ {name: 'category'}!r}) if the cells are "
        "names."
    )
