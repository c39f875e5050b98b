"""Cells in the form of a date that stand for none: ``0000-00-00``, ``9999-12-31``."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["FAR", "ZERO", "odd_date"]

#: A date outside the years that nanoseconds in 64 bits hold.
FAR = "a date before 1678 or after 2261"
#: A date whose year, month or day is 0.
ZERO = "a date with a zero for year, month or day"

_ISO = re.compile(r"(?P<Y>[+-]?\d{3,})-(?P<m>\d{2})(-(?P<d>\d{2})([T ].*)?)?")
_GROUPS = {
    "%Y": r"(?P<Y>\d{4})",
    "%m": r"(?P<m>\d{1,2})",
    "%d": r"(?P<d>\d{1,2})",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]+",
    "%p": "[AaPp][Mm]",
    **dict.fromkeys(("%H", "%I", "%M", "%S", "%y"), r"\d{1,2}"),
    "%j": r"\d{1,3}",
}
_NEAR = (1678, 2261)


def odd_date(cell: str, pattern: str) -> str:
    """What a cell that cannot be read as a date is: :data:`FAR`, :data:`ZERO`, or ``""``: no date.

    Args:
        cell: The cell.
        pattern: The format of the column.

    Example:
        >>> odd_date("9999-12-31", "ISO8601"), odd_date("00.00.0000", "%d.%m.%Y")
        ('a date before 1678 or after 2261', 'a date with a zero for year, month or day')
        >>> odd_date("2020-02-30", "ISO8601"), odd_date("unknown", "ISO8601")
        ('', '')
    """
    match = _pattern(pattern).fullmatch(cell.strip())
    if match is None:
        return ""
    found = {name: int(text) for name, text in match.groupdict().items() if text is not None}
    if 0 in found.values():
        return ZERO
    return FAR if "Y" in found and not _NEAR[0] <= found["Y"] <= _NEAR[1] else ""


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    if pattern == "ISO8601":
        return _ISO
    seen: set[str] = set()
    pieces = []
    for piece in re.split(r"(%[A-Za-z])", pattern):
        group = _GROUPS.get(piece, re.escape(piece))
        pieces.append("\\d{1,4}" if piece in seen and "(?P" in group else group)
        seen.add(piece)
    return re.compile("".join(pieces))
