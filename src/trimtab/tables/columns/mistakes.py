"""Columns that would hold numbers but for a few cells."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from trimtab.errors import InvalidData
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.values import place

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["bad_column", "refuse_mistakes"]

#: Up to this share of bad cells a column is one of numbers with mistakes; above, it is text.
MISTAKES = 0.05


def bad_column(table: Table, name: str) -> bool:
    """Whether a column of text would be one of numbers but for a few cells."""
    bad = table.bad_counts.get(name, 0)
    return 0 < bad <= MISTAKES * int(table.frame[name].notna().sum())


def refuse_mistakes(table: Table, name: str) -> None:
    if not bad_column(table, name):
        return
    first, count = table.bad[name][0], table.bad_counts[name]
    raise InvalidData(
        f"{place(table, first.row, name)}: {shown(first.value)} is not a number; the column holds "
        f"numbers but for {'this cell' if count == 1 else f'{count:,} cells'}. Correct it or leave "
        f"it empty; or use --missing {quote(first.value)} if that means missing, or "
        f"--type {quote(name + '=category')} if these are names."
    )
