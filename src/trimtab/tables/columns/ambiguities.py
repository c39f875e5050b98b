"""What may be meant otherwise than it is read: said in a sentence, with the way to decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.words import count, listed
from trimtab.tables.columns import dates, storage
from trimtab.tables.columns.alike import ALIKE, groups_alike
from trimtab.tables.columns.column import Column, Label
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.yes_no import many_spellings
from trimtab.tables.files.cells import MISSING

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Table

__all__ = ["ambiguities"]

#: Columns with more distinct texts are not searched for spellings.
_MOST = 50_000
#: Notes of one kind; the rest are counted.
_SAID = 4
#: Examples in one note.
_SHOWN = 4

_ZONE = re.compile(r".*\d{2}:\d{2}.*?(Z|[+-]\d{2}(?::?\d{2})?)")
_ZERO = re.compile(r"0\d+")

#: A finder takes the table, a column and the rows with each of its distinct texts.
_Finder = Callable[["Table", Column, "pd.Series"], str]


def ambiguities(
    table: Table, columns: tuple[Column, ...], classes: tuple[Label, ...] = ()
) -> list[str]:
    """Notes on what could be meant otherwise than it is read, a sentence each.

    Args:
        table: A whole table.
        columns: Its columns; those that are neither learned from nor predicted are passed over.
        classes: The classes of the target.
    """
    found: dict[_Finder, list[tuple[str, str]]] = {}
    for column in columns:
        if column.role not in ("feature", "target"):
            continue
        cells = table.frame[column.name]
        if storage.of(cells) != "text":
            continue
        counts = cells.value_counts()
        merged = column.role == "target" and len(classes) < len(counts)
        for finder in _FINDERS.get(column.kind, ()):
            if merged and finder is _spellings:
                continue
            said = finder(table, column, counts)
            if said:
                found.setdefault(finder, []).append((column.name, said))
    return [sentence for notes in found.values() for sentence in _few(notes)]


def _few(notes: list[tuple[str, str]]) -> Iterator[str]:
    yield from (said for _, said in notes[:_SAID])
    more = [repr(name) for name, _ in notes[_SAID:]]
    if more:
        yield f"The same in {count(len(more), 'more column')}: {listed(more, 6)}."


def _spellings(_: Table, column: Column, counts: pd.Series) -> str:
    """Categories that differ only in capitals or blanks."""
    if column.format == ALIKE or len(counts) > _MOST:
        return ""
    groups = groups_alike(sorted(map(storage.canonical, counts.index)))
    if not groups:
        return ""
    what = "classes" if column.role == "target" else "categories"
    each = listed((" and ".join(shown(text) for text in group[:_SHOWN]) for group in groups), 3)
    return (
        f"Column {column.name!r}: {each} differ only in capitals or blanks and are separate {what}."
        f" If they mean the same, use --type {quote(f'{column.name}=category:{ALIKE}')}."
    )


def _words_for_missing(_: Table, column: Column, counts: pd.Series) -> str:
    """Categories that are called like a missing value."""
    cells = {str(text): int(number) for text, number in counts.items() if text in MISSING}
    if not cells:
        return ""
    each = listed((f"{text!r} ({count(n, 'cell')})" for text, n in cells.items()), _SHOWN)
    one = len(cells) == 1
    options = " ".join(f"--missing {quote(text)}" for text in list(cells)[:_SHOWN])
    return (
        f"Column {column.name!r}: {each} {'is a category' if one else 'are categories'}, not "
        f"missing, as in any column of text. If {'it means' if one else 'they mean'} missing, use "
        f"{options}."
    )


def _zeros(_: Table, column: Column, counts: pd.Series) -> str:
    """Digits that begin with a zero, which are names."""
    texts = [str(text).strip() for text in counts.index]
    zero = next((text for text in texts if _ZERO.fullmatch(text)), None)
    if zero is None or not all(text.isdigit() for text in texts):
        return ""
    return (
        f"Column {column.name!r} is text, since {zero!r} begins with a zero. If it is a number, "
        f"use --type {quote(column.name + '=numeric')}."
    )


def _truths(_: Table, column: Column, counts: pd.Series) -> str:
    """Yes and no in more than two spellings."""
    if not many_spellings(counts.index):
        return ""
    each = listed((shown(storage.canonical(text)) for text in counts.index), 6)
    return (
        f"Column {column.name!r}: {each} are read as yes and no. To keep them apart, use --type "
        f"{quote(column.name + '=category')}."
    )


def _zones(table: Table, column: Column, counts: pd.Series) -> str:
    """Times with an offset beside times without one, or with several offsets."""
    if column.format != dates.ISO:
        return ""
    zones = {str(text): _ZONE.fullmatch(str(text).strip()) for text in counts.index}
    offsets = {found[1] for found in zones.values() if found is not None}
    bare = [text for text, found in zones.items() if found is None]
    if not offsets:
        return ""
    if not bare:
        away = sorted(offset for offset in offsets if offset.strip("+-0:") not in ("", "Z"))
        if not away:
            return ""
        return f"Times of {column.name!r} are converted to UTC from {listed(away, _SHOWN)}."
    missing_zone = table.frame[column.name].isin(bare).to_numpy()
    row, number = int(np.argmax(missing_zone)), int(missing_zone.sum())
    return (
        f"Column {column.name!r}: {count(number, 'cell has', 'cells have')} no time zone, such as "
        f"{shown(table.frame[column.name].iloc[row])} ({table.place(row)}), while others have one "
        f"({listed(sorted(offsets), _SHOWN)}). Those without are taken to be in UTC; if they are "
        "not, write their offset behind them."
    )


def _short_years(_: Table, column: Column, counts: pd.Series) -> str:
    """Years of two digits."""
    if "%y" not in column.format:
        return ""
    import pandas as pd

    read, bad = dates.parse_dates(pd.Series(list(counts.index), dtype=object), column.format)
    if bad.all():
        return ""
    at = int(np.argmax(np.where(bad, np.iinfo(np.int64).min, read.astype(np.int64))))
    return (
        f"Column {column.name!r} has years of two digits: 69 to 99 are read as 1969 to 1999, 00 to "
        f"68 as 2000 to 2068, and {shown(counts.index[at])} as {str(read[at])[:10]}. If that is "
        "wrong, write four digits."
    )


_FINDERS: dict[str, tuple[_Finder, ...]] = {
    "category": (_spellings, _words_for_missing, _zeros),
    "boolean": (_truths,),
    "datetime": (_zones, _short_years),
}
