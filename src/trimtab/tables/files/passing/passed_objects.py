"""Cells of sheets and of JSON that are passed through: one type for a column, whatever the chunk.

The type of a column follows from all its cells, so a chunk is told what kinds the others hold.
"""

from __future__ import annotations

import datetime
import decimal as decimals
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.tables.files.passing.cell_text import Literal, Written, text_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EXACT", "column_of", "kind_of", "kinds_of"]

#: Kinds of numbers: ``long`` ones are whole and exact in 64 bits but not as float64, ``large`` ones
#: need all 64 bits, ``written`` ones have another text than Python's, such as 1.50.
_SIGNED = {"negative", "long-negative", "whole", "long"}
_UNSIGNED = {"whole", "long", "large"}
_NUMBERS = {"negative", "whole", "float", "written"}
#: Larger whole numbers are not all exact as float64.
EXACT = 2**53
_DATES = {"day", "moment"}
_MOMENTS = "datetime64[us]"
#: Kinds that are text as soon as a column holds others as well.
_SCALAR = {"text", "boolean", "huge", "digits", *_SIGNED, *_UNSIGNED, *_NUMBERS, *_DATES, "zoned"}


def kinds_of(cells: Iterable[Any]) -> set[str]:
    """What a column holds, from all its cells; see :func:`column_of`.

    Example:
        >>> sorted(kinds_of([12, None, "a", 2**63]))
        ['large', 'text', 'whole']
    """
    return {kind_of(cell) for cell in cells if cell is not None}


def kind_of(cell: Any) -> str:
    """What one cell holds."""
    if isinstance(cell, str):
        return "text"
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int):
        return _whole(cell)
    if isinstance(cell, float):
        return _fraction(cell)
    if isinstance(cell, datetime.datetime):
        if cell.tzinfo is not None:
            return "zoned"
        return "day" if cell.time() == datetime.time.min else "moment"
    return type(cell).__name__


def _whole(cell: int) -> str:
    if abs(cell) <= EXACT:
        return "negative" if cell < 0 else "whole"
    if -(2**63) <= cell < 0:
        return "long-negative"
    return "long" if 0 < cell < 2**63 else "large" if 0 < cell < 2**64 else "huge"


def _fraction(cell: float) -> str:
    if not isinstance(cell, Written) or cell.text == repr(float(cell)):
        return "float"
    same = decimals.Decimal(cell.text) == decimals.Decimal(repr(float(cell)))
    return "written" if same else "digits"


def column_of(cells: Sequence[Any], kinds: Collection[str]) -> pd.Series:
    """Cells as a column without loss.

    Args:
        cells: some cells of a column; None is missing.
        kinds: what all cells of the column hold, from :func:`kinds_of`.

    Returns:
        Whole numbers, numbers, booleans or dates, with gaps; lists and the like as they are; else
        text. Where whole numbers and others are mixed, each keeps its text.

    Example:
        >>> column_of([2**53 + 1, None], {"long"}).tolist()
        [9007199254740993, <NA>]
    """
    import pandas as pd

    kinds = {*kinds}
    if kinds == {"boolean"}:
        return _typed(cells, "boolean")
    if kinds and kinds <= _SIGNED:
        return _typed(cells, "Int64")
    if kinds and kinds <= _UNSIGNED:
        return _typed(cells, "UInt64")
    if kinds and kinds <= _NUMBERS:
        if kinds == {"float"} or all(cell is None for cell in cells):
            numbers = [math.nan if cell is None else cell for cell in cells]
            return pd.Series(numbers, dtype="float64")
        return _objects(cells, _written)
    if kinds == {"day"}:
        return _days(cells)
    if kinds and kinds <= _DATES:
        return pd.Series([pd.NaT if cell is None else cell for cell in cells], dtype=_MOMENTS)
    if kinds <= {"text"} or not kinds & _SCALAR:
        return _objects(cells, lambda cell: cell)
    return _objects(cells, _text if "moment" in kinds else _text_of_day)


def _typed(cells: Sequence[Any], dtype: Any) -> pd.Series:
    import pandas as pd

    known: Any = [pd.NA if cell is None else cell for cell in cells]
    typed: pd.Series = pd.Series(known, dtype=dtype)
    return typed


def _objects(cells: Sequence[Any], convert: Callable[[Any], Any]) -> pd.Series:
    import pandas as pd

    found = np.empty(len(cells), object)
    for row, cell in enumerate(cells):
        found[row] = None if cell is None else convert(cell)
    return pd.Series(found, dtype=object)


def _written(cell: Any) -> Any:
    """A number that is written as it was: whole numbers among others keep their digits."""
    return cell if isinstance(cell, Written) else Written(str(cell))


def _text(cell: Any) -> str:
    return Literal(text_of(cell)) if isinstance(cell, int | float) else text_of(cell)


def _text_of_day(cell: Any) -> str:
    return _text(cell.date() if isinstance(cell, datetime.datetime) else cell)


def _days(cells: Sequence[Any]) -> pd.Series:
    import pandas as pd

    days = [None if cell is None else cell.date() for cell in cells]
    try:
        import pyarrow as pa
    except ImportError:
        return pd.Series(days, dtype=object)
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(days, pa.date32())])))
