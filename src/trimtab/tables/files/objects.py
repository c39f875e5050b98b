"""Columns of Python objects: numbers, booleans, dates or text."""

from __future__ import annotations

import datetime
import decimal as decimals
import math
import numbers
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.words import count
from trimtab.tables.files.cells import (
    IN_SECONDS,
    Settled,
    canonical,
    drop_infinite,
    missing_text,
    settle_text,
    unread,
)
from trimtab.tables.files.far_dates import moment_of, settle_dates
from trimtab.tables.files.numbers import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SPREAD", "numbers_among", "settle_booleans", "settle_objects"]

_MOMENT = (datetime.datetime, datetime.date, np.datetime64)
#: Cells that are more than one value, or none that a network could read.
_NESTED = {
    list: "lists",
    tuple: "lists",
    np.ndarray: "lists",
    set: "sets",
    frozenset: "sets",
    dict: "structs",
    bytes: "bytes",
    bytearray: "bytes",
    complex: "complex numbers",
}

#: What to do about lists and the like.
SPREAD = "spread it over several columns to use it"


def settle_objects(
    objects: Sequence[Any],
    column: str,
    table: str,
    *,
    told: Collection[str] = (),
    written: bool = False,
) -> Settled:
    """A column of Python objects as numbers, booleans, dates or text.

    Args:
        objects: The cells; None and NaN are missing.
        column: The name of the column, for messages.
        table: The name of the table, for messages.
        told: Spellings of a missing value in addition to the usual ones.
        written: Whether text that reads as a number is one, as in a sheet.

    Returns:
        The column; unread if most of its cells are lists or the like.
    """
    import pandas as pd

    cells = np.empty(len(objects), dtype=object)
    for row, cell in enumerate(objects):  # a slice would take lists of one length apart
        cells[row] = cell
    gone = np.asarray(pd.isna(cells))
    present = cells[~gone]
    kinds = {type(cell) for cell in present}
    if (nested := _nested(present, kinds)) is not None:
        return unread(len(cells), nested, SPREAD)
    if kinds and all(issubclass(kind, bool | np.bool_) for kind in kinds):
        return settle_booleans(cells, gone)
    if kinds and all(issubclass(kind, _MOMENT) for kind in kinds):
        return _objects_to_moments(cells, gone, column)
    if kinds and all(issubclass(kind, datetime.timedelta | np.timedelta64) for kind in kinds):
        seconds = pd.to_timedelta(pd.Series(cells).mask(gone)).dt.total_seconds().to_numpy()
        return Settled(seconds, note=IN_SECONDS)
    if all(_is_number(kind) for kind in kinds):
        return _settle_numbers(present, gone, kinds)
    numeric = any(_is_number(kind) for kind in kinds)
    text = pd.Series(
        [None if empty else canonical(cell) for cell, empty in zip(cells, gone, strict=True)],
        dtype=object,
    )
    if not (numeric or written):
        words = all(issubclass(kind, str) for kind in kinds)
        return Settled(missing_text(text, told), said="text" if words else "")
    settled = settle_text(text, ".", told)
    if numeric and not settled.numeric:
        settled.plain = numbers_among(cells)
    return settled


def numbers_among(objects: Collection[Any]) -> NDArray[np.bool_]:
    """Which cells are numbers, not text that reads as one."""
    return np.fromiter((_is_number(type(cell)) for cell in objects), np.bool_, len(objects))


def _nested(present: NDArray[Any], kinds: set[type]) -> str | None:
    """What cells are that hold more than one value, if most do; single ones are mistakes."""
    words = {
        kind: word for base, word in _NESTED.items() for kind in kinds if issubclass(kind, base)
    }
    if not words:
        return None
    found = [type(cell) for cell in present if type(cell) in words]
    return words[found[0]] if 2 * len(found) > len(present) else None


def _is_number(kind: type) -> bool:
    return issubclass(kind, numbers.Real | decimals.Decimal) and not issubclass(
        kind, bool | np.bool_
    )


def _as_float(cell: Any) -> float:
    """A number as float64, infinite if it is too large."""
    try:
        return float(cell)
    except OverflowError:
        return math.inf if cell > 0 else -math.inf


def _settle_numbers(
    present: NDArray[Any], gone: NDArray[np.bool_], kinds: Collection[type]
) -> Settled:
    """Numbers; whole ones stay exact."""
    if kinds and all(issubclass(kind, numbers.Integral) for kind in kinds):
        return Settled(whole.of_integers(present, gone))
    values = np.full(len(gone), math.nan)
    values[~gone] = [_as_float(cell) for cell in present]
    if whole.is_large(values):
        found = [whole.as_integer(cell) for cell in present]
        if None not in found:
            return Settled(whole.of_integers(np.array(found, object), gone))
    return Settled(values, infinite=drop_infinite(values))


def settle_booleans(cells: NDArray[Any], gone: NDArray[np.bool_]) -> Settled:
    """Booleans; of pandas' own type if some are missing, which ``bool`` cannot be."""
    import pandas as pd

    if not gone.any():
        return Settled(pd.Series(cells.astype(bool)))
    truths = np.zeros(len(cells), bool)
    truths[~gone] = cells[~gone].astype(bool)
    return Settled(pd.Series(pd.arrays.BooleanArray(truths, np.array(gone, bool))))


def _objects_to_moments(cells: NDArray[Any], gone: NDArray[np.bool_], column: str) -> Settled:
    import pandas as pd

    try:
        parsed = pd.to_datetime(pd.Series(cells).mask(gone), utc=True)
        values = parsed.dt.tz_localize(None).to_numpy()
    except (ValueError, OverflowError):  # too far off for this version of pandas
        values = np.full(len(cells), np.datetime64("NaT", "us"))
        values[~gone] = [moment_of(cell) for cell in cells[~gone]]
    settled = settle_dates(values)
    times = [cell for cell in cells[~gone] if isinstance(cell, datetime.datetime)]
    aware = sum(cell.tzinfo is not None for cell in times)
    if 0 < aware < len(times):
        bare = len(times) - aware
        settled.notes = (
            f"Column {column!r}: {count(bare, 'time has', 'times have')} no time zone and "
            f"{'is' if bare == 1 else 'are'} taken to be in UTC, unlike the others.",
        )
    return settled
