"""Rows that are totals of the others: a last row ``Total,24000,1100`` is no case to learn from.

A row is one of totals if its numbers say so: they are the sums of the columns, or, under a label
such as *Average*, their means, medians, least or largest values. A label alone is only remarked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import count, listed
from trimtab.tables.columns import storage
from trimtab.tables.columns.storage import shown

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["LEFT_OUT", "TOTALS", "TotalRow", "leave_out_totals", "total_rows"]

#: What can be done with rows of totals.
TOTALS = ("drop", "keep")
#: Part of the note on rows that are left out.
LEFT_OUT = "of totals left out"

_SUM = (
    "grand total|sub-?total|totals?|sum|summe|gesamt|gesamtsumme|zwischensumme|insgesamt|"
    "total g[eé]n[eé]ral|totaux|somme|totale|totaal|totalt|suma|soma|razem|celkem|toplam|summa|"
    "yhteens[aä]|итого|всего|合计|合計|总计|總計|계|합계|overall"
)
_STATISTICS: dict[str, Callable[[NDArray[np.float64]], Any]] = {
    "sums": np.sum,
    "means": np.mean,
    "medians": np.median,
    "least values": np.min,
    "largest values": np.max,
}
_LABELS = {
    "sums": _SUM,
    "means": "average|avg\\.?|mean|mittelwert|durchschnitt|moyenne|media|promedio|gemiddelde|ø",
    "medians": "median|mediane|m[eé]diane|mediana",
    "least values": "min|min\\.|minimum|minimo",
    "largest values": "max|max\\.|maximum|maximo",
}
_LABEL = {
    what: re.compile(rf"({words})([\s:.()]+.*)?", re.IGNORECASE) for what, words in _LABELS.items()
}
#: Rows at each end in which a total without a label is looked for, and labels in large tables.
_ENDS = 3
#: In tables of up to so many rows, labels are looked for in all of them.
_SEARCHED = 100_000
#: The fewest rows of which another one can be the total; without a label, and with one.
_FEWEST, _FEWEST_LABELLED = 10, 3
#: How exact a total must be, in parts of it; people round means more than sums.
_EXACT, _ROUNDED, _ROUNDED_MEAN = 1e-6, 1e-3, 1e-2
#: Rows that a note names.
_NAMED = 3


@dataclass(frozen=True)
class TotalRow:
    """A row that is a total, or is called one.

    Attributes:
        row: Its number.
        label: What it is called, or ``""``.
        what: Its numbers are, such as ``"sums"``; ``""`` if they are nothing of the kind.
        columns: The columns of which they are.
    """

    row: int
    label: str
    what: str
    columns: tuple[str, ...] = ()


def leave_out_totals(table: Table, totals: str = "drop") -> Table:
    """The table without rows that are totals of the others; a note names each.

    Args:
        table: A whole table.
        totals: One of :data:`TOTALS`.
    """
    found = [] if totals == "keep" else total_rows(table)
    sure = [each for each in found if each.what]
    notes = [*table.notes, *(_called(table, each) for each in found if not each.what)]
    if sure:
        notes.append(_left_out(table, sure))
        table = table.without([each.row for each in sure])
    table.notes = notes
    return table


def total_rows(table: Table) -> list[TotalRow]:
    """The rows that are totals of the others, or at the end of the table are called so.

    Example:
        >>> from trimtab import tables
        >>> shops = [*(f"shop {n}" for n in range(20)), "Total"]
        >>> table = tables.read({"shop": shops, "sales": [*range(20), 190]})
        >>> total_rows(table)
        [TotalRow(row=20, label='Total', what='sums', columns=('sales',))]
    """
    labels = _labels(table)
    numbers = [str(name) for name in table.frame if storage.of(table.frame[name]) == "number"]
    rows = len(table)
    if not numbers or rows < _FEWEST_LABELLED + 1:
        return []
    found = []
    begin = 0
    for row in sorted(labels):
        label, what = labels[row]
        body = _without(range(rows), labels)
        block = _without(range(begin, row), labels)
        own = _matching(table, numbers, row, body, what) or _matching(
            table, numbers, row, block, what
        )
        if own:
            found.append(TotalRow(row, label, what, own))
        elif row in (0, rows - 1):
            found.append(TotalRow(row, label, ""))
        begin = row + 1
    ends = {*range(min(_ENDS, rows)), *range(max(0, rows - _ENDS), rows)}
    for row in sorted(ends - labels.keys()):
        if row in (0, rows - 1) or row - 1 in labels or row + 1 in labels:
            own = _sums_without_label(table, numbers, row, _without(range(rows), {*labels, row}))
            if own:
                found.append(TotalRow(row, "", "sums", own))
    return sorted(found, key=lambda each: each.row)


def _labels(table: Table) -> dict[int, tuple[str, str]]:
    """Row -> its label, and which statistic it names."""
    rows = len(table)
    ends = [*range(min(_ENDS, rows)), *range(max(_ENDS, rows - _ENDS), rows)]
    found: dict[int, tuple[str, str]] = {}
    for name in table.frame:
        cells = table.frame[name]
        if storage.of(cells) != "text":
            continue
        places = ends
        if rows <= _SEARCHED:
            words = [word for word in cells.dropna().unique() if _statistic(word)]
            places = np.flatnonzero(cells.isin(words)).tolist() if words else []
            if len(places) > max(_ENDS, 0.2 * rows):  # a category of that name
                continue
        for row in places:
            what = _statistic(cells.iloc[row])
            if what:
                found.setdefault(row, (str(cells.iloc[row]).strip(), what))
    return found


def _statistic(cell: object) -> str:
    """The statistic that a label names, or ``""``."""
    if not isinstance(cell, str) or len(cell) > 40:
        return ""
    text = cell.strip()
    return next((what for what, label in _LABEL.items() if label.fullmatch(text)), "")


def _without(rows: range, others: Any) -> NDArray[np.int64]:
    return np.array([row for row in rows if row not in others], np.int64)


def _matching(
    table: Table, numbers: list[str], row: int, body: NDArray[np.int64], what: str
) -> tuple[str, ...]:
    """The columns of which a labelled row has the statistic; none unless half of them or more."""
    if len(body) < _FEWEST_LABELLED:
        return ()
    own, looked_at = [], 0
    for name in numbers:
        cell, values = _cells(table, name, row, body)
        if np.isnan(cell) or not len(values):
            continue
        looked_at += 1
        # Beside sums, a sheet has the means of prices and shares.
        ways = ("sums", "means") if what == "sums" else (what,)
        if any(_near(cell, float(_STATISTICS[way](values)), way) for way in ways):
            own.append(name)
    told = [name for name in own if _tells(table, name, row, body) or what != "sums"]
    return tuple(own) if told and 2 * len(own) >= looked_at else ()


def _sums_without_label(
    table: Table, numbers: list[str], row: int, body: NDArray[np.int64]
) -> tuple[str, ...]:
    """The columns of which a row without a label has the sums: all, or none."""
    if len(body) < _FEWEST:
        return ()
    own, told = [], 0
    for name in numbers:
        cell, values = _cells(table, name, row, body)
        if np.isnan(cell):
            continue
        total = float(values.sum())
        if abs(cell - total) > _EXACT * max(abs(total), float(np.abs(values).sum()) * 1e-6):
            return ()
        own.append(name)
        told += _tells(table, name, row, body)
    texts = [name for name in table.frame if storage.of(table.frame[name]) != "number"]
    empty = [name for name in texts if table.frame[name].isna().iloc[row]]
    if len(empty) < len(texts):  # a date or a name shows a case
        return ()
    blank = any(table.frame[name].notna().sum() >= len(body) for name in empty)
    return tuple(own) if told >= (1 if blank else 2) else ()


def _cells(
    table: Table, name: str, row: int, body: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64]]:
    """The number of a row, and those of others that are not missing."""
    values = table.frame[name].to_numpy(np.float64, na_value=np.nan)
    others = values[body]
    return float(values[row]), others[~np.isnan(others)]


def _near(cell: float, wanted: float, way: str) -> bool:
    part = _ROUNDED if way == "sums" else _ROUNDED_MEAN
    return abs(cell - wanted) <= part * abs(wanted)


def _tells(table: Table, name: str, row: int, body: NDArray[np.int64]) -> bool:
    """Whether a sum is beyond all numbers of which it is: of one 1 among zeros it is just 1."""
    cell, values = _cells(table, name, row, body)
    return bool(len(values)) and abs(cell) > 1.5 * float(np.abs(values).max())


def _left_out(table: Table, found: list[TotalRow]) -> str:
    one = len(found) == 1
    more = len(found) - _NAMED
    each = "; ".join(_described(table, row) for row in found[:_NAMED])
    each += f" and {more:,} more" if more > 0 else ""
    cases = "it is a case" if one else "they are cases"
    return (
        f"{count(len(found), 'row')} {LEFT_OUT}: {each}. If {cases} like the others, use "
        "--totals keep."
    )


def _described(table: Table, found: TotalRow) -> str:
    label = f" ({shown(found.label)})" if found.label else ""
    numbers = "number is the" if len(found.columns) == 1 else "numbers are the"
    word = found.what if len(found.columns) > 1 else _one(found.what)
    return f"{table.place(found.row)}{label}, whose {numbers} {word} of {_columns(found.columns)}"


def _one(what: str) -> str:
    return what.removesuffix("s")


def _columns(names: tuple[str, ...]) -> str:
    return listed(names, 3)


def _called(table: Table, found: TotalRow) -> str:
    return (
        f"The row in {table.place(found.row)} is called {shown(found.label)}, but its numbers are "
        f"not the {_statistic(found.label)} of the others: it is kept. If it is no case like them, "
        "remove it."
    )
