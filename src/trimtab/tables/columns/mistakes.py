"""Columns of numbers in which a few cells are no numbers."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from trimtab.errors import InvalidData
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.values import place

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["bad_column", "refuse_mistakes"]

#: Up to this share of bad cells a column holds numbers with mistakes; above, it holds text.
MISTAKES = 0.05


def bad_column(table: Table, name: str) -> bool:
    """Whether a column of text holds numbers in all but a few cells."""
    bad = table.bad_counts.get(name, 0)
    return 0 < bad <= MISTAKES * int(table.frame[name].notna().sum())


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
