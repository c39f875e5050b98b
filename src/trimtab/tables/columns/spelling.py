"""The same value in another spelling: ``1``, ``1.0``, ``1.00`` and ``1e0``; ``true`` and ``True``.

One missing cell makes pandas write ``1.0`` where there was ``1``, so categories that are numbers
are matched by value. ``01`` is a name made of digits and equals nothing but itself.
"""

from __future__ import annotations

import decimal as decimals
import math
import re
from collections.abc import Callable, Collection

from trimtab.tables.columns.dates import ISO, parse_dates
from trimtab.tables.files.cells import canonical
from trimtab.tables.files.numbers.whole import as_integer

__all__ = ["key_for", "number"]

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_THOUSANDS_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_NAME = re.compile(r"[+-]?0\d")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")

_TRUTH = {"true": "True", "false": "False"}
_BITS = {"True": "1", "False": "0"}


def number(text: str) -> str | None:
    """A number in its shortest spelling, all digits of whole ones kept; None: it is no number.

    Example:
        >>> number("1.00"), number("1e0"), number("-2.50"), number("1,234"), number("0,5")
        ('1', '1', '-2.5', '1234', '0.5')
        >>> number("01"), number("one")
        (None, None)
    """
    written = text.strip().replace("\N{MINUS SIGN}", "-")
    if _THOUSANDS.fullmatch(written):
        written = written.replace(",", "")
    elif _THOUSANDS_COMMA.fullmatch(written):
        written = written.replace(".", "").replace(",", ".")
    elif _COMMA.fullmatch(written):
        written = written.replace(",", ".")
    if _NAME.match(written) or not _PLAIN.fullmatch(written):
        return None
    whole = as_integer(decimals.Decimal(written))
    if whole is not None:
        return str(whole)
    value = float(written)
    return canonical(value) if math.isfinite(value) else None


def key_for(names: Collection[str], numbers: bool | None = None) -> Callable[[str], str | None]:
    """What makes two spellings the same, for a column with these names of categories.

    Args:
        names: All categories, as they are written.
        numbers: Whether the column held numbers. None: not known; it did if all names are numbers
            that differ by value. Of names of which some are numbers, whole ones match by value.

    Returns:
        A function from a spelling to what it shares with others of the same value; None for one
        that only equals itself.

    Example:
        >>> key = key_for(["1", "2", "10"])
        >>> key("1.0") == key("1"), key("01")
        (True, None)
        >>> key_for(["1", "01"])("1.0") is None
        True
    """
    if not names:
        return _only_itself
    if {*names} <= {"True", "False"}:
        return _truth
    for wanted, read in ((numbers is not False, _number_or_bit), (True, _day)):
        found = {read(name) for name in names} if wanted else set()
        if wanted and None not in found and len(found) == len(names):
            return read
    if numbers is None and not any(_NAME.match(name) for name in names):
        # Names of which some are whole numbers, such as 12 and 12a.
        known = [_whole(name) for name in names if _whole(name) is not None]
        return _whole if len({*known}) == len(known) else _only_itself
    return _only_itself


def _only_itself(text: str) -> str | None:
    return None


def _truth(text: str) -> str | None:
    word = _TRUTH.get(text.strip().lower())
    return word or {"1": "True", "0": "False"}.get(number(text) or "")


def _number_or_bit(text: str) -> str | None:
    return _BITS.get(_TRUTH.get(text.strip().lower(), "")) or number(text)


def _whole(text: str) -> str | None:
    found = number(text)
    return found if found is not None and "." not in found and "e" not in found else None


def _day(text: str) -> str | None:
    """A moment in ISO 8601."""
    import pandas as pd

    if not _DAY.fullmatch(text.strip()):
        return None
    moments, bad = parse_dates(pd.Series([text], dtype=object), ISO)
    return None if bad[0] else str(moments[0])
