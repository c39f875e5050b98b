"""Dates written as text: detecting their format, and parsing them.

A column of dates has one format, which is detected from all its cells: ``03/04/2020`` may be in
March or in April, but not beside ``25/12/2020``. The schema keeps the format, so that later files
are read in the same way, however short they are.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ISO", "Found", "check_format", "find_format", "parse_dates"]

#: The format of ISO 8601 in all its lengths: ``2019``, ``2019-06``, ``2019-06-14T10:30:00+02:00``.
ISO = "ISO8601"

_ISO = re.compile(
    r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?)?)?"
)
#: A column must contain this at least once: years alone and days without dashes are numbers.
_ISO_MONTH = re.compile(r"\d{4}-\d{2}")

_DAYS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y"),
    *("%d %b %Y", "%d %B %Y", "%d. %B %Y", "%d-%b-%Y", "%d-%b-%y", "%Y-%b-%d"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_FORMATS = tuple(day + time for day, time in itertools.product(_DAYS, _TIMES))

_DIRECTIVES = {
    **dict.fromkeys(("%m", "%d", "%H", "%I", "%M", "%S"), r"\d{1,2}"),
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%b": r"[A-Za-z]{3}",
    "%B": r"[A-Za-z]+",
    "%p": "[AaPp][Mm]",
}


def _shape(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(%[A-Za-z])", pattern)
    return re.compile("".join(_DIRECTIVES.get(piece, re.escape(piece)) for piece in pieces))


_SHAPES = {pattern: _shape(pattern) for pattern in _FORMATS}


class Found(NamedTuple):
    """The formats that fit every cell of a column; two if day and month are ambiguous."""

    formats: tuple[str, ...]

    @property
    def ambiguous(self) -> bool:
        """Whether day and month could be swapped."""
        return len(self.formats) > 1


def check_format(pattern: str) -> str:
    """Returns ``pattern`` if it is ISO8601 or a ``strftime`` pattern with year, month and day.

    Raises:
        InvalidArgument: It is not.

    Example:
        >>> check_format("%d/%m/%Y")
        '%d/%m/%Y'
    """
    complete = all(re.search(part, pattern) for part in ("%[Yy]", "%[mbB]|%j", "%[dj]"))
    if pattern == ISO or complete:
        return pattern
    raise InvalidArgument(
        f"the format of a date must be 'ISO8601' or contain year, month and day as in "
        f"'%d/%m/%Y', received {brief(pattern)}."
    )


def find_format(texts: pd.Series) -> Found | None:
    """Detects the format in which every cell is a date.

    Args:
        texts: The cells that are not missing; distinct ones are enough.

    Returns:
        The format, or None if there is none.

    Example:
        >>> import pandas as pd
        >>> find_format(pd.Series(["14.06.2019", "1.7.2019"])).formats
        ('%d.%m.%Y',)
        >>> find_format(pd.Series(["03/04/2020", "25/12/2020"])).formats
        ('%d/%m/%Y',)
        >>> find_format(pd.Series(["03/04/2020", "05/12/2020"])).ambiguous
        True
        >>> find_format(pd.Series(["soon", "later"])) is None
        True
    """
    if texts.empty:
        return None
    first = str(texts.iloc[0]).strip()
    likely = [pattern for pattern, shape in _SHAPES.items() if shape.fullmatch(first)]
    if not likely and not _ISO.fullmatch(first):
        return None
    cells = texts.drop_duplicates()
    if not likely:
        written = any(_ISO_MONTH.match(str(cell).strip()) for cell in cells)
        return Found((ISO,)) if written and not parse_dates(cells, ISO)[1].any() else None
    few = cells.iloc[:50]
    fitting = tuple(
        pattern
        for pattern in likely
        if not parse_dates(few, pattern)[1].any() and not parse_dates(cells, pattern)[1].any()
    )
    # "3 May 2020" fits the short and the long name of the month: the same dates, one format.
    distinct = {parse_dates(cells, pattern)[0].tobytes(): pattern for pattern in reversed(fitting)}
    return Found(tuple(reversed(distinct.values()))) if distinct else None


def parse_dates(texts: pd.Series, pattern: str) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Parses dates written as text.

    Args:
        texts: The cells.
        pattern: Their format: :data:`ISO` or a ``strftime`` pattern.

    Returns:
        ``datetime64[ns]`` in UTC, and which cells are bad. Missing cells are NaT and not bad. Dates
        that nanoseconds cannot hold (before 1677, after 2262) are bad.

    Example:
        >>> import pandas as pd
        >>> dates, bad = parse_dates(pd.Series(["2019-06-14", None, "2019-06", "June"]), ISO)
        >>> [str(date)[:10] for date in dates], bad.tolist()
        (['2019-06-14', 'NaT', '2019-06-01', 'NaT'], [False, False, False, True])
    """
    import pandas as pd

    codes, uniques = pd.factorize(texts)
    cells = pd.Series(uniques, dtype=object).astype(str).str.strip()
    if pattern == ISO:
        cells = cells.where(cells.map(lambda cell: _ISO.fullmatch(cell) is not None), None)
    read = pd.to_datetime(cells, format=pattern, errors="coerce", utc=True)
    known = nanoseconds(read)
    dates = np.append(known, np.datetime64("NaT", "ns"))[codes]
    return dates, np.isnat(dates) & (codes >= 0)


def nanoseconds(series: pd.Series) -> NDArray[np.datetime64]:
    """Dates of any unit and time zone as ``datetime64[ns]`` in UTC; out of range becomes NaT."""
    import pandas as pd

    if series.dt.tz is not None:
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    # Whole nanoseconds at both ends, in a unit that is coarse enough for any date.
    inside = (series > pd.Timestamp.min) & (series < pd.Timestamp.max)
    held: NDArray[np.datetime64] = series.where(inside, pd.NaT).astype("datetime64[ns]").to_numpy()
    return held
