"""Whole numbers that name things: identifiers, zip codes, numbers of stations, phone numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from trimtab.tables.columns import storage
from trimtab.tables.columns.kinds import is_whole

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["identifies_rows", "looks_like_codes", "words_of"]

#: Last words of names of columns that identify rows.
_IDENTIFIER = {"id", "uuid", "guid", "rowid", "identifier", "objectid"}
#: Last words of names of columns of codes.
_CODE = {
    *("zip", "zipcode", "zipcodes", "postcode", "postal", "postalcode", "plz", "pincode", "cep"),
    *("code", "codes", "cod", "id", "ids", "uuid", "guid", "identifier"),
    *("phone", "telephone", "tel", "fax", "mobile", "fips", "geoid", "sku", "ean", "upc", "isbn"),
    *("gtin", "asin", "iban", "account", "ssn", "vin", "barcode", "station", "naics", "sic", "icd"),
    *("cusip", "wban", "wmo", "usaf"),
}
#: Endings of German words for codes.
_ENDINGS = ("nummer", "leitzahl")
#: Words for a number of something, which are codes behind another word: ``house_number``.
_NUMBER = {"no", "nr", "num", "number", "nummer", "key"}
#: Words before those with which they count or order: ``episode number``, ``week_no``.
_COUNTING = {
    *("episode", "week", "month", "day", "year", "hour", "minute", "quarter", "season", "round"),
    *("page", "line", "lap", "step", "trial", "visit", "total", "mean", "max", "min", "atomic"),
    *(
        "wave",
        "period",
        "cycle",
        "generation",
        "floor",
        "grid",
        "rank",
        "count",
        "of",
        "the",
        "child",
    ),
}
#: The fewest rows to judge by, and the fewest distinct values.
_ROWS, _DISTINCT = 20, 3
#: So many digits in every cell, first digits from 1 or 2 to 9, are those of codes.
_DIGITS, _SPREAD = 6, 100

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_of(name: str) -> list[str]:
    """The words in the name of a column, in small letters.

    Example:
        >>> words_of("houseNumber"), words_of("ZIP_code"), words_of("customerID"), words_of("Zip3")
        (['house', 'number'], ['zip', 'code'], ['customer', 'id'], ['zip'])
    """
    return [word.lower() for word in _WORD.findall(name)]


def named_like_code(name: str) -> bool:
    """Whether a name is one of codes.

    Example:
        >>> [named_like_code(name) for name in ("zip", "station_no", "week no", "number of rooms")]
        [True, True, False, False]
    """
    words = words_of(name)
    if not words:
        return False
    *before, last = words
    if last in _NUMBER:
        return bool(before) and before[-1] not in _COUNTING
    return last in _CODE or last.endswith(_ENDINGS)


def looks_like_codes(name: str, cells: pd.Series) -> str | None:
    """Why whole numbers look like codes: by their name, or by their digits; None: they do not.

    Args:
        name: The name of the column.
        cells: Its cells.

    Example:
        >>> import pandas as pd
        >>> rooms = pd.Series([1, 2, 3, 4] * 10)
        >>> looks_like_codes("zip", 10115 + rooms), looks_like_codes("rooms", rooms)
        ('by its name', None)
    """
    if storage.of(cells) != "number":
        return None
    present = cells.dropna()
    if len(present) < _ROWS or not is_whole(present):
        return None
    numbers = present.to_numpy()
    if numbers.min() < 0 or len(present.unique()) < _DISTINCT:
        return None
    if named_like_code(name):
        return "by its name"
    least, most = int(numbers.min()), int(numbers.max())
    digits = len(str(least))
    even = digits >= _DIGITS and len(str(most)) == digits and len(present.unique()) >= _SPREAD
    spread = least < 2 * 10 ** (digits - 1) and most >= 9 * 10 ** (digits - 1)
    if even and spread and not _rounded(numbers):
        return f"{digits} digits in every cell"
    return None


def _rounded(numbers: np.ndarray[tuple[int], np.dtype[np.generic]]) -> bool:
    """Whether many numbers end in zeros, as amounts do and codes do not."""
    return float((numbers % 100 == 0).mean()) > 0.1


def identifies_rows(name: str, cells: pd.Series) -> bool:
    """Whether a column called id holds a different whole number in each row.

    Example:
        >>> import pandas as pd
        >>> numbers = pd.Series(range(7, 47)) * 3
        >>> identifies_rows("house_id", numbers), identifies_rows("price", numbers)
        (True, False)
    """
    words = words_of(name)
    if not words or words[-1] not in _IDENTIFIER or len(cells) < _ROWS:
        return False
    if storage.of(cells) != "number" or cells.isna().any() or not is_whole(cells):
        return False
    return bool(cells.is_unique)
