"""The fields of whole rows as columns: numbers if all cells are, else text.

pandas parses the numbers. The bytes tell what it does not: which spellings of a missing value
occurred, and which columns hold names such as 007.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.tables.files import cells
from trimtab.tables.files.dialect import Dialect
from trimtab.tables.files.numbers import whole
from trimtab.tables.files.row_cutter import RowBlock

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["columns_of", "texts_of"]

_LINE_FEED = 10
_ZERO = 48


def columns_of(
    piece: RowBlock,
    dialect: Dialect,
    wanted: Collection[int],
    text: Collection[int],
    told: Collection[str],
) -> dict[int, cells.Settled]:
    """Some columns of a block: numbers if all cells are, else text.

    Args:
        block: Whole rows.
        dialect: How the fields are written.
        wanted: The places of the columns.
        text: Those to keep as text.
        told: Spellings of a missing value in addition to the usual ones.

    Returns:
        The columns by their place.
    """
    if not wanted:
        return {}
    found: dict[int, cells.Settled] = {}
    typed = _parsed(piece, dialect, wanted, text, told)
    signs = np.frombuffer(piece.data, np.uint8)
    named = _zeros(piece, signs, dialect) if len(text) < len(wanted) else set()
    again = []
    for at in wanted:
        values = typed[at]
        if at in text:
            found[at] = cells.Settled(values)
        elif values.dtype in (np.int64, np.uint64, np.float64) and at not in named:
            found[at] = _number(values.to_numpy(), piece, signs, at, dialect, told)
            if values.dtype == np.float64 and whole.is_large(found[at].values):
                again.append(at)
        else:
            again.append(at)
    if again:
        texts = _parsed(piece, dialect, again, again, told)
        for at in again:
            found[at] = _exact(texts[at], found.get(at), at in named, told)
    return found


def _exact(
    text: pd.Series, number: cells.Settled | None, named: bool, told: Collection[str]
) -> cells.Settled:
    """Large whole numbers, where all are that; pandas reads them as text or ``float64``."""
    exact = None if named else whole.of_text(text, cells.spellings(told))
    if exact is None:
        return cells.Settled(text) if number is None else number
    if number is not None:
        return cells.Settled(exact, number.spelled)
    known = text.value_counts()
    spelled = {one: int(known[one]) for one in cells.spellings(told) if one and one in known.index}
    return cells.Settled(exact, Counter(spelled))


def texts_of(piece: RowBlock, dialect: Dialect, places: Collection[int]) -> dict[int, pd.Series]:
    """Some columns of a block, by their place, as they are written; empty cells are missing."""
    if not places:
        return {}
    texts = _parsed(piece, dialect, places, places, ())
    return {at: texts[at] for at in places}


def _parsed(
    piece: RowBlock,
    dialect: Dialect,
    wanted: Collection[int],
    text: Collection[int],
    told: Collection[str],
) -> pd.DataFrame:
    import pandas as pd

    spellings = list(cells.spellings(told))
    kinds: dict[Any, Any] = dict.fromkeys(text, str)
    # One list for all columns if possible: pandas is slow with one for each.
    missing: Any = spellings
    if text:
        missing = {at: ["", *told] if at in text else spellings for at in wanted}
    frame: pd.DataFrame = pd.read_csv(
        io.BytesIO(piece.data),
        header=None,
        names=range(piece.starts.shape[1]),
        usecols=sorted(wanted),
        dtype=kinds,
        na_values=missing,
        keep_default_na=False,
        index_col=False,
        skip_blank_lines=False,
        low_memory=False,
        engine="c",
        sep=dialect.delimiter,
        decimal=dialect.decimal,
        quotechar=dialect.quote or '"',
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        skipinitialspace=dialect.blank_after,
    )
    if len(frame) != len(piece):  # NumPy and pandas must see the same rows
        raise AssertionError(f"{len(frame)} rows of {len(piece)}")
    return frame


def _bounds(
    piece: RowBlock, signs: NDArray[np.uint8], rows: Any, at: int, dialect: Dialect
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the text of cells begins and ends, without quotes."""
    start, end = piece.starts[rows, at], piece.ends[rows, at]
    if dialect.blank_after:
        start = start + (signs[start] == ord(" "))
    if dialect.quote is not None:
        quoted = signs[start] == ord(dialect.quote)
        start, end = start + quoted, end - quoted
    return start, end


def _zeros(piece: RowBlock, signs: NDArray[np.uint8], dialect: Dialect) -> set[int]:
    """The places of columns with a cell like ``007``."""
    zeros = np.flatnonzero(signs[:-1] == _ZERO)
    behind = signs[zeros + 1]
    zeros = zeros[(behind >= _ZERO) & (behind <= _ZERO + 9)]
    edges = np.zeros(256, bool)
    edges[[ord(sign) for sign in f"{dialect.delimiter}{dialect.quote or ''}\n +-"]] = True
    before = np.where(zeros > 0, signs[zeros - 1], _LINE_FEED)
    zeros, before = zeros[edges[before]], before[edges[before]]
    # The exponent of 1e-05 is not a field.
    exponent = np.isin(signs[zeros - 2], [ord("e"), ord("E")])
    zeros = zeros[~(exponent & np.isin(before, [ord("+"), ord("-")]))]
    fields = np.searchsorted(piece.starts.ravel(), zeros, side="right") - 1
    return set(np.unique(fields % piece.starts.shape[1]).tolist())


def _number(
    values: NDArray[Any],
    piece: RowBlock,
    signs: NDArray[np.uint8],
    at: int,
    dialect: Dialect,
    told: Collection[str],
) -> cells.Settled:
    spelled: Counter[str] = Counter()
    infinite = 0
    if values.dtype.kind == "f":
        rows = np.flatnonzero(np.isnan(values))
        if len(rows):
            spelled = _spelled(*_bounds(piece, signs, rows, at, dialect), signs, told)
        if np.isinf(values).any():
            values = values.copy()
            infinite = cells.drop_infinite(values)
    return cells.Settled(values, spelled, infinite)


def _spelled(
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    signs: NDArray[np.uint8],
    told: Collection[str],
) -> Counter[str]:
    """How often each spelling of a missing value occurs between the bounds."""
    length = end - start
    found: Counter[str] = Counter()
    for spelling in cells.spellings(told):
        pattern = np.frombuffer(spelling.encode(), np.uint8)
        rows = start[length == len(pattern)] if len(pattern) else start[:0]
        if len(rows):
            window = signs[rows[:, None] + np.arange(len(pattern))]
            found[spelling] = int((window == pattern).all(axis=1).sum())
    return +found
