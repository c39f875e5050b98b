"""A cell as text for CSV and JSON, without loss."""

from __future__ import annotations

import datetime
import decimal as decimals
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["NESTED", "Literal", "NoText", "Written", "is_missing", "json_of", "text_of"]


class Written(float):
    """A number that keeps the text it was written in: ``1.50``, ``1e5``, more than 17 digits.

    >>> Written("1.50"), Written("1.50").text
    (1.5, '1.50')
    """

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Written:
        number = super().__new__(cls, text)
        number.text = text
        return number


#: Cells of more than one value.
NESTED = (Mapping, list, tuple, set, frozenset, np.ndarray)


class Literal(str):
    """A number or boolean as text, because its column holds text as well; JSON has no quotes.

    >>> json_of(Literal("7")), json_of("7")
    ('7', '"7"')
    """

    __slots__ = ()


class NoText(Exception):
    """A cell holds bytes that are no text."""


def text_of(cell: Any) -> str:
    """A cell as text from which it can be restored.

    Raises:
        NoText: It holds bytes that are no text.

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
            raise NoText from None
    if isinstance(cell, NESTED):
        return json_of(cell)
    return str(cell)


def json_of(cell: Any) -> str:
    """A cell as JSON; a missing one, NaN and infinities are null.

    Example:
        >>> json_of(2**64 - 1), json_of(None), json_of(0.5), json_of([True, {"a": None}])
        ('18446744073709551615', 'null', '0.5', '[true, {"a": null}]')
    """
    if is_missing(cell):
        return "null"
    if isinstance(cell, Literal):
        return {"True": "true", "False": "false"}.get(cell, str(cell))
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, int | np.integer):
        return str(int(cell))
    if isinstance(cell, float | np.floating):
        return text_of(cell) if math.isfinite(cell) else "null"
    if isinstance(cell, decimals.Decimal) and cell.is_finite():
        return format(cell, "f")
    if isinstance(cell, Mapping):
        pairs = (f"{_quoted(text_of(key))}: {json_of(value)}" for key, value in cell.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(cell, NESTED):
        return "[" + ", ".join(map(json_of, cell)) + "]"
    return _quoted(text_of(cell))


#: Text in quotes.
_quoted = json.JSONEncoder(ensure_ascii=False).encode


def is_missing(cell: Any) -> bool:
    """Whether a cell is missing."""
    import pandas as pd

    if isinstance(cell, float | np.floating):
        return math.isnan(cell)
    return cell is None or cell is pd.NA or cell is pd.NaT
