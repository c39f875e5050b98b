"""Rows that repeat, rows in the order of time, and columns that only number rows."""

from __future__ import annotations

from shlex import quote

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import count
from trimtab.tables.columns import storage
from trimtab.tables.columns.copies import Copies
from trimtab.tables.columns.kinds import is_whole
from trimtab.tables.columns.suspicions.look import FEWEST, ID_NAME, Findings, Look, share_of

__all__ = ["duplicates", "identifiers", "order"]

#: Rows that repeat so many times more often than by chance do so for a reason.
TIMES_CHANCE = 3.0


def duplicates(look: Look) -> Findings:
    """Finds rows that are equal in the target and all features, if chance does not explain them.

    By chance, about n^2 / 2 times the product over columns of the share of pairs that agree there
    are equal among n rows.
    """
    columns = [column for column in look.schema.columns if column.role in ("feature", "target")]
    rows = len(look.table)
    if not columns or rows < FEWEST or len(look.rows) < 2:
        return
    copies = Copies.of(look.table, look.schema)
    if copies is None:
        return
    alike = 1.0  # the probability that two rows agree by chance, columns taken as independent
    for column in columns:
        counts = np.bincount(look.codes(column))
        alike *= float((counts * (counts - 1.0)).sum()) / (counts.sum() * (counts.sum() - 1.0))
    if copies.repeats > TIMES_CHANCE * 0.5 * rows**2 * alike:
        repeat = "repeats" if copies.repeats == 1 else "repeat"
        does = (
            "A random split treats them as different cases. If they are the same measurement more "
            "than once, --copies together keeps a row and its copies on one side."
            if copies.most
            else "A random split keeps a row and its copies on one side. If they are the same "
            "measurement more than once, remove the copies from the file."
        )
        for role in ("group", "time"):
            if look.schema.role(role):
                does = f"The split by {role} may put them on both sides."
        yield (
            (),
            f"{count(copies.repeats, 'row')} ({share_of(copies.repeats, rows)}) {repeat} an "
            f"earlier row in the target and all features. {does}",
        )


def order(look: Look) -> Findings:
    """Finds rows in the order of a date."""
    if look.schema.role("time") or len(look.rows) < FEWEST:
        return
    for column in look.schema.features:
        if column.kind != "datetime":
            continue
        dates = look.numbers(column)
        if dates is None or np.isnan(dates).any():
            continue
        steps = np.diff(dates)
        if (steps >= 0).all() or (steps <= 0).all():
            yield (
                (column.name,),
                f"Rows are in the order of {column.name}. If the model is to predict later rows, "
                f"--time {quote(column.name)} validates on the latest ones.",
            )
            return


def identifiers(look: Look) -> Findings:
    """Finds numbers that only identify rows."""
    for column in look.schema.features:
        cells = look.table.frame[column.name]
        if column.kind != "numeric" or len(cells) < FEWEST or storage.of(cells) != "number":
            continue
        if not cells.iloc[look.rows].is_unique:  # a sample often shows it
            continue
        if not is_whole(cells) or cells.isna().any():
            continue
        numbers = cells.to_numpy()
        ordered = bool((numbers[1:] > numbers[:-1]).all() or (numbers[1:] < numbers[:-1]).all())
        if ordered or (ID_NAME.search(column.name) and _all_differ(numbers)):
            order = ", in order" if ordered else ""
            time = f"; if it is the time, use --time {quote(column.name)}"
            time = time if ordered and not look.schema.role("time") else ""
            yield (
                (column.name,),
                f"{column.name} holds a different whole number in each of {len(cells):,} "
                f"rows{order}. If it only identifies rows, drop it: --drop "
                f"{quote(column.name)}{time}.",
                f"{column.name} holds a different whole number in each row{order}: --drop "
                f"{quote(column.name)} if it only identifies rows.",
            )


def _all_differ(numbers: NDArray[np.generic]) -> bool:
    placed = np.sort(numbers)  # several times faster than a hash table
    return bool((placed[1:] != placed[:-1]).all())
