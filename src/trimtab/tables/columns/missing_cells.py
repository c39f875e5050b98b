"""What counts as missing in columns of numbers and dates, said with line and value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from trimtab.core.words import count, listed
from trimtab.tables.columns import dates, storage
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.odd_cells import missing_note, spelled_note
from trimtab.tables.columns.values import odd_cells

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["missing_notes"]

#: Notes of one sort; the rest are counted.
_SAID = 4


def missing_notes(table: Table, columns: Iterable[Column]) -> Iterator[str]:
    """Sentences on cells that are no numbers or no dates, and so count as missing.

    Args:
        table: A whole table.
        columns: Its columns; those that are not learned from are passed over.
    """
    notes: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    spelled: dict[str, Counter[str]] = {}
    for column in columns:
        cells = table.frame[column.name]
        if column.role != "feature" or storage.of(cells) != "text":
            continue
        for odd in odd_cells(table, column):
            notes[odd.mistake].append((column.name, missing_note(table, column, odd)))
        if column.kind in ("numeric", "integer", "datetime"):
            words = cells[cells.isin([*dates.NO_DATE])]
            spelled[column.name] = Counter(str(word) for word in words if word)
    for found in notes.values():
        yield from (note for _, note in found[:_SAID])
        more = [*dict.fromkeys(repr(name) for name, _ in found[_SAID:])]
        if more:
            yield f"The same in {count(len(more), 'more column')}: {listed(more, 6)}."
    yield from spelled_note(spelled)
