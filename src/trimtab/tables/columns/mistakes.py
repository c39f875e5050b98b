"""Columns of numbers in which a few cells are no numbers."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from trimtab.core.words import count, listed
from trimtab.errors import InvalidData
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.values import place
from trimtab.tables.files.near_numbers import is_near_number
from trimtab.tables.files.written_cells import take_apart

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["bad_column", "looks_like_numbers", "nearly_numbers", "refuse_mistakes"]

#: Up to this share of bad cells a column holds numbers with mistakes; above, it holds text.
MISTAKES = 0.05
#: Bad cells that a message names.
NAMED = 3
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
