"""Whole numbers that ``float64`` cannot hold: identifiers of 16 digits and more.

A column of whole numbers up to 2**53 with gaps is ``float64``, as pandas has it. Above that,
``float64`` makes one number of several, so such a column stays whole: ``int64`` or ``uint64``, with
gaps ``Int64`` or ``UInt64``, and text of digits where 64 bits are too few. It becomes ``float64``
only where a network reads it.
"""

from __future__ import annotations

import decimal as decimals
import math
import numbers
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["EXACT", "as_integer", "is_large", "of_integers", "of_text", "taken_apart", "with_gaps"]

#: Up to here ``float64`` holds every whole number.
EXACT = 2**53

#: Cells of text that are looked at before a column is parsed.
_PEEK = 50


def is_large(values: NDArray[Any]) -> bool:
    """Whether any number, NaN aside, is above what ``float64`` holds to the last digit.

    Example:
        >>> is_large(np.array([1, 2**53])), is_large(np.array([1, -(2**53) - 1]))
        (False, True)
    """
    if not len(values):
        return False
    if values.dtype.kind == "f":
        return bool(np.fmax.reduce(np.abs(values)) > EXACT)
    return int(values.max()) > EXACT or int(values.min()) < -EXACT


def with_gaps(values: NDArray[Any], gaps: NDArray[np.bool_] | None) -> Any:
    """Whole numbers of which some are missing, as exactly as they need to be stored.

    Args:
        values: ``int64`` or ``uint64``; anything where a number is missing.
        gaps: Which are missing.

    Example:
        >>> gaps = np.array([False, True])
        >>> with_gaps(np.array([7, 0]), gaps)
        array([ 7., nan])
        >>> with_gaps(np.array([2**53 + 1, 0]), gaps)
        <IntegerArray>
        [9007199254740993, <NA>]
        Length: 2, dtype: Int64
    """
    import pandas as pd

    if values.dtype == np.uint64 and (not len(values) or int(values.max()) < 2**63):
        values = values.astype(np.int64)
    if gaps is None or not gaps.any():
        return values
    if is_large(np.where(gaps, 0, values)):
        return pd.arrays.IntegerArray(values, gaps)
    return np.where(gaps, math.nan, values)


def taken_apart(values: Any) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """The numbers of a column (0 where missing), and which are missing; None: NumPy's numbers."""
    if isinstance(values, np.ndarray):
        return values, None
    unsigned = str(values.dtype).startswith("U")
    gaps = np.asarray(values.isna(), np.bool_)
    return values.to_numpy(np.uint64 if unsigned else np.int64, na_value=0), gaps


def as_integer(cell: Any) -> int | None:
    """A number as Python's integer, or None if it is not whole."""
    if isinstance(cell, numbers.Integral):
        return int(cell)
    if isinstance(cell, decimals.Decimal):
        whole = cell.is_finite() and cell.adjusted() < 60 and cell == cell.to_integral_value()
        return int(cell) if whole else None
    number = float(cell)
    return int(number) if number.is_integer() else None


def of_integers(present: NDArray[Any], gaps: NDArray[np.bool_]) -> Any:
    """A column of Python's integers.

    Args:
        present: The numbers that are not missing, as objects.
        gaps: Which rows are missing.

    Returns:
        Numbers; or text of digits, if 64 bits cannot hold them.

    Example:
        >>> of_integers(np.array([2**64 - 1, 5], object), np.array([False, False]))
        array([18446744073709551615,                    5], dtype=uint64)
        >>> of_integers(np.array([2**64, 5], object), np.array([False, False])).tolist()
        ['18446744073709551616', '5']
    """
    import pandas as pd

    # Compared, not tried: NumPy 1 takes -1 for an unsigned number without an error.
    low, high = min(present, default=0), max(present, default=0)
    for kind in (np.int64, np.uint64):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            filled = np.zeros(len(gaps), kind)
            filled[~gaps] = present.astype(kind)
            return with_gaps(filled, gaps)
    digits = np.empty(len(gaps), object)
    digits[~gaps] = [str(int(value)) for value in present]
    return pd.Series(digits, dtype=object)


def of_text(text: pd.Series, missing: Collection[str]) -> Any:
    """A column of large whole numbers written as digits, with or without ``.0`` behind them.

    Args:
        text: The cells.
        missing: The spellings of a missing value.

    Returns:
        Numbers; text of digits, if 64 bits cannot hold them; None if a cell is something else.

    Example:
        >>> import pandas as pd
        >>> of_text(pd.Series(["9007199254740993", "NA", "5"]), ["NA"])
        <IntegerArray>
        [9007199254740993, <NA>, 5]
        Length: 3, dtype: Int64
        >>> of_text(pd.Series(["9007199254740993", "half"]), []) is None
        True
    """
    import pandas as pd

    pattern = r"\s*[+-]?\d+(\.0*)?\s*"
    present = text.mask(text.isin([*missing])).dropna()
    if not len(present) or not present.iloc[:_PEEK].str.fullmatch(pattern).all():
        return None
    if not present.str.fullmatch(pattern).all():
        return None
    digits = present.str.strip().str.replace(r"\.0*$", "", regex=True)
    gaps = np.ones(len(text), np.bool_)
    gaps[text.index.get_indexer(present.index)] = False
    try:
        parsed = pd.to_numeric(digits, dtype_backend="numpy_nullable")
    except (ValueError, OverflowError):
        parsed = digits
    if parsed.dtype.kind not in "iu":
        return digits.str.lstrip("+").reindex(text.index)
    filled = np.zeros(len(text), np.uint64 if parsed.dtype.kind == "u" else np.int64)
    filled[~gaps] = parsed.to_numpy(filled.dtype)
    return with_gaps(filled, gaps)
