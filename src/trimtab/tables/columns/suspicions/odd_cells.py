"""Cells unlike the rest of their column: mistakes, outliers, rare classes."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote

import numpy as np

from trimtab.core.tasks import REGRESSION
from trimtab.core.words import count, figure, listed
from trimtab.tables.columns.column import ON_REQUEST, Column
from trimtab.tables.columns.mistakes import bad_column, looks_like_numbers
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.suspicions.look import FEWEST, Findings, Look, share_of

__all__ = ["mistakes", "rare", "tails"]

#: Distance of an outlier from the median, in standard deviations (estimated from quartiles).
TAIL = 30.0
#: So many outliers are named as single rows.
FEW_ROWS = 3
#: A class with a smaller share of rows is rare.
RARE = 0.02


def mistakes(look: Look) -> Findings:
    """Finds columns of numbers in which some cells are no numbers."""
    table = look.table
    for name, cells in table.bad.items():
        column = look.schema.column(name)
        asked = column.role not in ("feature", "dropped") or column.reason == ON_REQUEST
        if not cells or asked or column.kind not in ("category", "text"):
            continue
        bad, first = table.bad_counts[name], cells[0]
        if name in table.unread or bad == int(table.frame[name].notna().sum()):
            continue  # said where the column is left out; or ranges such as <18 and 65+
        known = bad_column(table, name) or column.reason.startswith("looks like")
        if not known and looks_like_numbers(table, name):
            present = int(table.frame[name].notna().sum())
            yield (
                (name,),
                f"{name} holds numbers, but {share_of(bad, present)} of its cells are no numbers, "
                f"first {shown(first.value)} in {table.place(first.row)}, so it is read as text. "
                f"If that means missing, use --missing {quote(first.value)}.",
            )


def tails(look: Look) -> Findings:
    """Finds columns of numbers with outliers."""
    far = []
    for column in look.schema.features:
        if column.kind != "numeric":
            continue
        found = _farthest(look, column)
        if found.distance > TAIL:
            far.append((found.distance, column.name, found))
    if far:
        far.sort(key=lambda entry: -entry[0])
        each = [f"{name} = {found.said(look)}" for _, name, found in far]
        yield (
            tuple(name for _, name, _ in far),
            f"Outliers{look.seen_in}, with standard deviations from the median: "
            f"{listed(each, 5)}. Check whether they are mistakes; the default scaling (--scaling "
            "auto) keeps them from dominating.",
        )
    name = look.schema.target
    if name is not None and look.schema.task == REGRESSION:
        found = _farthest(look, look.schema.column(name))
        if found.distance > TAIL:
            few = found.rows <= FEW_ROWS
            they = f"{count(found.rows, 'row')} far from all others" if few else "outliers"
            them = "It" if few and found.rows == 1 else "They"
            yield (
                (name,),
                f"The target {name} has {they}{look.seen_in} ({figure(found.value)} in "
                f"{found.place(look)}, {found.distance:,.0f} standard deviations from the median). "
                f"Check whether {'it is a mistake' if them == 'It' else 'they are mistakes'}. "
                f"{them} would dominate a squared error (--loss mse); the default, the absolute "
                "error, weighs all rows alike.",
            )


@dataclass(frozen=True)
class _Far:
    """How far the farthest value is from the median, in standard deviations, and where it is.

    ``rows`` counts the values that are as far off as an outlier.
    """

    distance: float
    value: float
    row: int = 0
    rows: int = 0

    def place(self, look: Look) -> str:
        return look.table.place(self.row)

    def said(self, look: Look) -> str:
        return f"{figure(self.value)} ({self.distance:,.0f}, {self.place(look)})"


def _farthest(look: Look, column: Column) -> _Far:
    values = look.numbers(column)
    values = np.empty(0) if values is None else values
    known = values[~np.isnan(values)]
    if len(known) < FEWEST:
        return _Far(0.0, 0.0)
    low, lower, median, upper, high = np.quantile(known, [0, 0.25, 0.5, 0.75, 1])
    spread = float(upper - lower) / 1.349  # the standard deviation, if the distribution is normal
    value = float(high if high - median >= median - low else low)
    if not spread > 0:
        return _Far(0.0, value)
    row = int(look.rows[int(np.argmax(values == value))])
    rows = int(np.count_nonzero(np.abs(known - median) > TAIL * spread))
    return _Far(abs(value - float(median)) / spread, value, row, rows)


def rare(look: Look) -> Findings:
    """Finds classes with few rows."""
    if not look.schema.classes or not len(look.rows):
        return
    counts = np.bincount(look.target.astype(np.int64), minlength=len(look.schema.classes))
    rows = int(counts.sum())
    rare = [(int(counts[k]), k) for k in range(len(counts)) if counts[k] < RARE * rows]
    if rare:
        rare.sort()
        each = [f"{shown(look.schema.classes[k])} ({share_of(n, rows)})" for n, k in rare]
        yield (
            (str(look.schema.target),),
            f"{'A rare class' if len(rare) == 1 else 'Rare classes'} of {look.schema.target}"
            f"{look.seen_in}: {listed(each, 5)}. Accuracy hardly depends on "
            f"{'it' if len(rare) == 1 else 'them'}; --class-weight balanced gives every class the "
            "same weight.",
        )
