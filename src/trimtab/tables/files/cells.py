"""Cells of text that become numbers, and what counts as missing."""

from __future__ import annotations

import datetime
import decimal as decimals
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trimtab.tables.files.numbers import whole

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["MISSING", "Settled", "Unread", "parse_numbers", "unread"]

#: Spellings of a missing value in columns of numbers. In columns of text only "" is one.
MISSING = (
    *("", "NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "None", "?", "-", "."),
    *("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"),  # of spreadsheets
)

#: The note on a column of durations; its name stands before.
IN_SECONDS = "durations are read as seconds."

#: Whole numbers from here on do not fit 64 bits: they are names made of digits.
_TOO_LONG = 2.0**63

#: With at least this share of numbers, a column of text is one of numbers with bad cells.
_MOSTLY = 0.5


def spellings(told: Collection[str] = ()) -> tuple[str, ...]:
    """All spellings of a missing value in columns of numbers, ``told`` ones included."""
    return (*MISSING, *(spelling for spelling in told if spelling not in MISSING))


def parse_numbers(
    text: pd.Series, decimal: str = ".", missing: Collection[str] = ()
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Parses numbers written as text.

    Args:
        text: The cells.
        decimal: The decimal mark.
        missing: Spellings of a missing value in addition to the usual ones.

    Returns:
        The values, and which cells are bad. Missing and infinite cells are NaN and not bad.

    Example:
        >>> import pandas as pd
        >>> from trimtab.tables.files.cells import parse_numbers
        >>> values, bad = parse_numbers(pd.Series(["1,5", "2", "NA", "x"]), decimal=",")
        >>> values.tolist()
        [1.5, 2.0, nan, nan]
        >>> bad.tolist()
        [False, False, False, True]
    """
    values, bad = _parse(text, decimal, spellings(missing))
    values[np.isinf(values)] = math.nan
    return values, bad


def _parse(
    text: pd.Series, decimal: str, missing: Collection[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """As :func:`parse_numbers`, but infinities stay."""
    import pandas as pd

    written = text
    foreign = np.zeros(len(text), dtype=bool)
    if decimal != ".":
        foreign = text.str.contains(".", regex=False).to_numpy(dtype=bool, na_value=False)
        written = text.str.replace(decimal, ".", regex=False)
    values = np.array(pd.to_numeric(written, errors="coerce").to_numpy(np.float64, na_value=np.nan))
    values[foreign] = math.nan
    bad = np.isnan(values) & text.notna().to_numpy()
    suspects = np.flatnonzero(bad)
    bad[suspects] = ~text.iloc[suspects].isin(list(missing)).to_numpy()
    if missing:
        told = [spelling for spelling in missing if spelling not in MISSING]
        if told:  # a number that means missing
            values[text.isin(told).to_numpy()] = math.nan
    return values, bad


def has_leading_zeros(text: pd.Series) -> bool:
    """Whether any cell is written like ``007``: a name made of digits, not a number."""
    return bool(text.str.match(r"\s*[+-]?0\d").fillna(False).any())


class Unread(NamedTuple):
    """Why the cells of a column are not read: what they are, and what to do about it."""

    what: str
    step: str


@dataclass
class Settled:
    """A column whose type is settled.

    Args:
        values: Numbers as an array (pandas' ``Int64`` or ``UInt64`` where whole numbers with gaps
            are too large for ``float64``), or text as a series.
        spelled: How often each spelling of a missing value occurred among numbers.
        infinite: How many numbers were infinite.
        bad: Rows of the cells that are no numbers, in a column that otherwise holds numbers.
        note: What was done to all of them, to be said behind the name of the column.
        unread: Why the cells are not read, if they are not; all values are missing then.
        plain: In a column of text, the cells that were numbers in the source; None: none.
        notes: What was decided, a sentence each.
        said: ``"category"`` or ``"text"`` if the data names that type, else ``""``.
    """

    values: Any
    spelled: Counter[str] = field(default_factory=Counter)
    infinite: int = 0
    bad: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    note: str = ""
    unread: Unread | None = None
    plain: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()
    said: str = ""

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.values.dtype.kind in "iuf"


def unread(rows: int, what: str, step: str) -> Settled:
    """A column whose cells are not read; nobody is refused a table for one nobody asked for."""
    return Settled(np.full(rows, math.nan, np.float32), unread=Unread(what, step))


def settle_text(text: pd.Series, decimal: str, told: Collection[str] = ()) -> Settled:
    """Numbers if every cell is one or missing, else the text as it is."""
    missing = spellings(told)
    values, bad = _parse(text, decimal, missing)
    found = np.isfinite(values) | np.isinf(values)
    written = int(found.sum())
    if has_leading_zeros(text):
        return Settled(missing_text(text, told))
    large = not bad.any() and whole.is_large(values)
    exact = whole.of_text(text, missing) if large else None
    if exact is None and _too_long(values):
        return Settled(missing_text(text, missing if large else told))
    if bad.any():
        mostly = written >= _MOSTLY * (written + int(bad.sum()))
        rows = np.flatnonzero(bad) if mostly else np.empty(0, np.int64)
        return Settled(missing_text(text, told), bad=rows)
    spelled: Counter[str] = Counter()
    if written < len(text):
        spelled.update(text[~found].dropna())
        spelled.pop("", None)
    if exact is not None:
        return Settled(exact, spelled)
    infinite = drop_infinite(values)
    return Settled(as_whole(values), spelled, infinite)


def _too_long(values: NDArray[np.float64]) -> bool:
    finite = values[np.isfinite(values)]
    if not finite.size or np.abs(finite).max() < _TOO_LONG:
        return False
    return bool((finite == np.floor(finite)).all())


def missing_text(text: pd.Series, told: Collection[str] = ()) -> pd.Series:
    """Text in which empty cells and the ``told`` spellings are missing."""
    gone = text.isin(["", *told])
    return text.mask(gone) if gone.any() else text


def drop_infinite(values: NDArray[Any]) -> int:
    """Replaces infinite numbers by NaN, in place, and returns how many there were."""
    if values.dtype.kind != "f":
        return 0
    infinite = np.isinf(values)
    count = int(infinite.sum())
    if count:
        values[infinite] = math.nan
    return count


def as_whole(values: NDArray[np.float64]) -> NDArray[Any]:
    """``int64`` if all values are whole numbers that float64 holds exactly, else as they are."""
    with np.errstate(invalid="ignore"):
        small = np.abs(values) <= whole.EXACT
        exact = bool(small.all()) and bool((values == np.floor(values)).all())
    return values.astype(np.int64) if exact and len(values) else values


def canonical(value: Any) -> str:
    """A cell as text, however it is stored: 3 and 3.0 are the same category.

    Example:
        >>> canonical(3), canonical(3.0), canonical(0.5), canonical(True), canonical("1.50")
        ('3', '3', '0.5', 'True', '1.50')
        >>> canonical(2.0**60), canonical(2**60)
        ('1152921504606846976', '1152921504606846976')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, decimals.Decimal):
        number = whole.as_integer(value)
        return str(value) if number is None else str(number)
    if isinstance(value, float | np.floating) and math.isfinite(value):
        # All digits of whole numbers, as columns of integers have them.
        written = value == math.floor(value) and abs(float(value)) < 2.0**64
        return str(int(value)) if written else str(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time.min and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat(" ")
    return str(value)
