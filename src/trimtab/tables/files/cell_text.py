"""Cells as text for CSV and JSON, without loss.

The text of a cell depends on this cell alone: the form of a column is the same in every chunk.
"""

from __future__ import annotations

import datetime
import decimal as decimals
import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.errors import InvalidData

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Written", "as_json", "as_text", "text_of"]


class Written(float):
    """A number that keeps the text it was written in: ``1.50``, ``1e5``, more than 17 digits.

    >>> Written("1.50"), Written("1.50").text
    (1.5, '1.50')
    """

    __slots__ = ("text",)

    def __new__(cls, text: str) -> Written:
        number = super().__new__(cls, text)
        number.text = text
        return number


#: Cells of more than one value.
_NESTED = Mapping | list | tuple | set | frozenset | np.ndarray


class _NoText(Exception):
    """A cell has no text."""


def as_text(column: pd.Series) -> pd.Series:
    """A column as CSV writes it; columns of numbers and text are as they are.

    Raises:
        InvalidData: Cells are bytes that are no text.

    Example:
        >>> import pandas as pd
        >>> as_text(pd.Series(pd.to_datetime(["2020-07-01", "2020-07-01 12:30"]))).tolist()
        ['2020-07-01 00:00:00', '2020-07-01 12:30:00']
    """
    import pandas as pd

    if _as_it_is(column.dtype):
        return column
    return pd.Series(_each(column, text_of, None, "CSV"), index=column.index, dtype=object)


def as_json(column: pd.Series) -> list[str]:
    """The cells of a column as JSON; missing ones, NaN and infinities are null.

    Raises:
        InvalidData: Cells are bytes that are no text.

    Example:
        >>> import pandas as pd
        >>> as_json(pd.Series([2**64 - 1, None, "a", 0.5, True, [1, None]], dtype=object))
        ['18446744073709551615', 'null', '"a"', '0.5', 'true', '[1, null]']
    """
    return _each(column, _json_of, "null", "JSON")


def text_of(cell: Any) -> str:
    """A cell as text from which it can be restored.

    Example:
        >>> import datetime, decimal
        >>> text_of(decimal.Decimal("0E-3")), text_of(datetime.date(2020, 7, 1)), text_of([1, "a"])
        ('0.000', '2020-07-01', '[1, "a"]')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Written):
        return cell.text
    if isinstance(cell, decimals.Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime.datetime):  # those of pandas, with nanoseconds, as well
        return cell.isoformat(sep=" ")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        import pandas as pd

        return str(pd.Timedelta(cell))
    if isinstance(cell, bytes | bytearray | memoryview):
        try:
            return bytes(cell).decode()
        except UnicodeDecodeError:
            raise _NoText from None
    if isinstance(cell, _NESTED):
        return _json_of(cell)
    return str(cell)


def _json_of(cell: Any) -> str:
    if _is_missing(cell):
        return "null"
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, int | np.integer):
        return str(int(cell))
    if isinstance(cell, float | np.floating):
        return text_of(cell) if math.isfinite(cell) else "null"
    if isinstance(cell, decimals.Decimal) and cell.is_finite():
        return format(cell, "f")
    if isinstance(cell, Mapping):
        pairs = (f"{_quoted(text_of(key))}: {_json_of(value)}" for key, value in cell.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(cell, _NESTED):
        return "[" + ", ".join(map(_json_of, cell)) + "]"
    return _quoted(text_of(cell))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _is_missing(cell: Any) -> bool:
    import pandas as pd

    if isinstance(cell, float | np.floating):
        return math.isnan(cell)
    return cell is None or cell is pd.NA or cell is pd.NaT


def _as_it_is(dtype: Any) -> bool:
    """Whether pandas writes each cell of a column in full, and in the same form."""
    import pandas as pd

    if isinstance(dtype, np.dtype):
        return dtype.kind in "iufb"
    if isinstance(dtype, pd.StringDtype | pd.BooleanDtype):
        return True
    return not isinstance(dtype, pd.ArrowDtype) and getattr(dtype, "kind", "O") in "iu"


def _each(column: pd.Series, convert: Callable[[Any], str], missing: Any, where: str) -> list[Any]:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        # The last one, at -1, is that of missing cells.
        categories = pd.Series(column.cat.categories, name=column.name)
        named = [*_each(categories, convert, missing, where), missing]
        return [named[code] for code in column.cat.codes]
    cells: Any = column
    if getattr(column.dtype, "kind", "O") == "f":
        # Through NumPy: as a Python float, a float32 of 0.1 would be 0.10000000149011612.
        width = np.dtype(getattr(column.dtype, "numpy_dtype", column.dtype))
        cells = column.to_numpy(width, na_value=np.nan)
    converted = []
    for cell in cells:
        try:
            converted.append(missing if _is_missing(cell) else convert(cell))
        except _NoText:
            raise InvalidData(
                f"column {column.name!r} holds bytes that are no text, such as {cell!r:.40}, "
                f"which {where} cannot hold. Write Parquet, which can: --out predictions.parquet."
            ) from None
    return converted


def typed(column: pd.Series) -> pd.Series:
    """A column of objects as Arrow can hold it: text if its cells are of no common type.

    Example:
        >>> import pandas as pd
        >>> typed(pd.Series([{"a": 1}, None], dtype=object)).tolist()
        ['{"a": 1}', None]
    """
    import pandas as pd

    kinds = {type(cell) for cell in column if not _is_missing(cell)}
    bare = {float if issubclass(kind, float) else kind for kind in kinds}
    # Numbers of one width; lists and the like differ from row to row.
    if len(bare) <= 1 and not any(issubclass(kind, int | _NESTED) for kind in bare - {bool}):
        return column
    return pd.Series(_each(column, text_of, None, "Arrow"), index=column.index, dtype=object)
