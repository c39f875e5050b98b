"""From stored cells to numbers, booleans, dates and canonical text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.tables.columns.clocks import (
    MISTAKES,
    is_duration,
    moments_of,
    parse_clocks,
    parse_durations,
)
from trimtab.tables.columns.dates import nanoseconds, parse_dates
from trimtab.tables.columns.spelling import number
from trimtab.tables.columns.yes_no import BOOLEANS, TRUTH
from trimtab.tables.files.cells import MISSING, canonical, parse_numbers

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BOOLEANS",
    "booleans",
    "canonical",
    "clocks",
    "moments",
    "numbers",
    "of",
    "plain_labels",
    "shown",
    "texts",
]

Bad = NDArray[np.bool_]


def of(cells: pd.Series) -> str:
    """How cells are stored: ``"number"``, ``"boolean"``, ``"datetime"`` or ``"text"``.

    Example:
        >>> import pandas as pd
        >>> of(pd.Series([1, 2])), of(pd.Series(["a", None]))
        ('number', 'text')
    """
    kinds = {"i": "number", "u": "number", "f": "number", "b": "boolean", "M": "datetime"}
    return kinds.get(getattr(cells.dtype, "kind", "O"), "text")


def shown(value: Any) -> str:
    """A value for messages: text in quotes, long text shortened."""
    text = canonical(value)
    text = text if len(text) <= 40 else text[:37] + "..."
    return repr(text) if isinstance(value, str) else text


def plain_labels(labels: Iterable[Any]) -> list[str]:
    """Labels of classes for a list of them: in quotes only if the list were unclear without.

    Example:
        >>> plain_labels(["oak", "ash"]), plain_labels(["oak", "oak "])
        (['oak', 'ash'], ["'oak'", "'oak '"])
    """
    every = list(labels)
    unclear = any(
        isinstance(each, str) and (each != each.strip() or not each or set(each) & set(",()"))
        for each in every
    )
    return [shown(each) if unclear else str(each) for each in every]


def texts(cells: pd.Series) -> NDArray[np.object_]:
    """The canonical text of each cell (None: missing)."""
    import pandas as pd

    codes, uniques = pd.factorize(cells)
    known = np.empty(len(uniques) + 1, dtype=object)  # the last one, at -1, is None
    # Through NumPy: pandas widens float32, and 0.1 must not become 0.10000000149.
    known[:-1] = [
        canonical(value) for value in (np.asarray(uniques) if of(cells) == "number" else uniques)
    ]
    return known[codes]


def numbers(cells: pd.Series, decimal: str) -> tuple[NDArray[np.float64], Bad | None]:
    """The cells as float64 (NaN: missing), and which are no numbers."""
    stored = of(cells)
    if stored == "text":
        found, bad = parse_numbers(cells, decimal)
        if bad.any() and any(map(is_duration, cells[bad].iloc[:2])):
            seconds, wrong = parse_durations(cells)
            if wrong.sum() <= MISTAKES * len(cells):
                return seconds, wrong
        return found, bad
    if stored == "datetime":
        missing = cells.isna().to_numpy(dtype=np.bool_)
        return np.full(len(cells), np.nan), ~missing
    found = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    return found, None


def booleans(cells: pd.Series, decimal: str) -> tuple[NDArray[np.float64], Bad | None]:
    """The cells as 0 and 1 (NaN: missing), and which are neither."""
    import pandas as pd

    if of(cells) != "text":
        found, bad = numbers(cells, decimal)
        wrong = ~np.isin(found, (0.0, 1.0)) & ~np.isnan(found)
        return np.where(wrong, np.nan, found), wrong if bad is None else bad
    codes, uniques = pd.factorize(cells)
    words = [canonical(value).strip() for value in uniques]
    truths = [TRUTH.get((number(word) or word).lower(), np.nan) for word in words]
    found = np.array([*truths, np.nan], dtype=np.float64)[codes]
    # As in columns of numbers, the usual spellings of a missing value are missing.
    missing = np.array([*(word in MISSING for word in words), True])[codes]
    return found, np.isnan(found) & ~missing


def moments(cells: pd.Series, pattern: str) -> tuple[NDArray[np.datetime64], Bad | None]:
    """The cells as ``datetime64[ns]`` in UTC (NaT: missing), and which are no dates."""
    import pandas as pd

    if of(cells) == "datetime":
        found = nanoseconds(cells)
        return found, np.isnat(found) & cells.notna().to_numpy(dtype=np.bool_)
    if of(cells) == "number":  # 2019, or 20190614 with a format for it
        cells = pd.Series(texts(cells))
    return parse_dates(cells, pattern)


def clocks(cells: pd.Series) -> tuple[NDArray[np.datetime64], Bad | None]:
    """The times of day as ``datetime64[ns]`` on one day (NaT: missing), and which are none."""
    stored = of(cells)
    if stored == "text":
        return parse_clocks(cells)
    if stored == "datetime":
        moments = nanoseconds(cells)
        return moments - moments.astype("datetime64[D]") + np.datetime64(0, "ns"), None
    # A sheet holds a time of day as a part of one.
    days = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = (days < 0) | (days >= 1)
    return moments_of(np.where(bad, np.nan, days) * 86400.0), bad
