"""Cells unlike the rest of their column: mistakes, outliers, rare classes."""

from __future__ import annotations

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
        cell = f"{shown(first.value)} in {table.place(first.row)}"
        if bad_column(table, name):
            yield (
                (name,),
                f"{name} holds numbers except for {count(bad, 'cell')}, first {cell}: training "
                f"refuses that. Correct {'it' if bad == 1 else 'them'}, use --missing "
                f"{quote(first.value)} if it means missing, or --type "
                f"{quote(name + '=category')} if the cells are names.",
            )
        elif not column.reason.startswith("looks like") and looks_like_numbers(table, name):
            present = int(table.frame[name].notna().sum())
            yield (
                (name,),
                f"{name} holds numbers, but {share_of(bad, present)} of its cells are no numbers, "
                f"first {cell}, so it is read as text. If that means missing, use --missing "
                f"{quote(first.value)}.",
            )


def tails(look: Look) -> Findings:
    """Finds columns of numbers with outliers."""
    far = []
    for column in look.schema.features:
        if column.kind != "numeric":
            continue
        distance, value = _farthest(look, column)
        if distance > TAIL:
            far.append((distance, column.name, value))
    if far:
        far.sort(key=lambda entry: -entry[0])
        each = [f"{name} = {figure(value)} ({distance:,.0f})" for distance, name, value in far]
        yield (
            tuple(name for _, name, _ in far),
            f"Outliers{look.seen_in}, with standard deviations from the median: "
            f"{listed(each, 5)}. Check whether they are mistakes; the default scaling (--scaling "
            "auto) keeps them from dominating.",
        )
    name = look.schema.target
    if name is not None and look.schema.task == REGRESSION:
        distance, value = _farthest(look, look.schema.column(name))
        if distance > TAIL:
            yield (
                (name,),
                f"The target {name} has outliers{look.seen_in} ({figure(value)}, {distance:,.0f} "
                "standard deviations from the median). They would dominate a squared error (--loss "
                "mse); the default, the absolute error, weighs all rows alike.",
            )


def _farthest(look: Look, column: Column) -> tuple[float, float]:
    """How far the farthest value is from the median, in standard deviations, and the value."""
    values = look.numbers(column)
    values = values[~np.isnan(values)] if values is not None else np.empty(0)
    if len(values) < FEWEST:
        return 0.0, 0.0
    low, lower, median, upper, high = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    spread = float(upper - lower) / 1.349  # the standard deviation, if the distribution is normal
    value = float(high if high - median >= median - low else low)
    return (abs(value - float(median)) / spread if spread > 0 else 0.0), value


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
