"""Dates written as text: detecting their format, and parsing them.

A column of dates has one format, which is detected from all its cells: ``03/04/2020`` may be in
March or in April, but not beside ``25/12/2020``. The schema keeps the format, so that later files
are read in the same way, however short they are. A few cells that are no dates count as missing.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.tables.columns.limits import MISTAKES
from trimtab.tables.columns.no_dates import odd_date
from trimtab.tables.files.cells import MISSING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ISO", "NO_DATE", "Found", "check_format", "find_format", "parse_dates"]

#: The format of ISO 8601 in all its lengths: ``2019``, ``2019-06``, ``2019-06-14T10:30:00+02:00``.
ISO = "ISO8601"

_ISO = re.compile(
    r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?)?)?"
)
#: The same with years that are too far off.
_ISO_LIKE = re.compile(rf"{_ISO.pattern}|[+-]?\d{{3,}}-\d{{2}}-\d{{2}}([T ].*)?")
#: A column must contain this at least once: years alone and days without dashes are numbers.
_ISO_MONTH = re.compile(r"[+-]?\d{3,}-\d{2}")

#: Spellings of a missing date.
NO_DATE = frozenset((*MISSING, "NaT"))
#: Cells that are looked at first, and how long dates are.
_LOOKED_AT = 50
#: So large a share of them, or of their rows, must be in the form of a date.
_LIKELY = 0.25
_LENGTHS = (6, 40)

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
    """The formats of a column; two if day and month are ambiguous.

    ``bad`` cells are no dates in any of them.
    """

    formats: tuple[str, ...]
    bad: int = 0

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


def find_format(
    texts: pd.Series, counts: NDArray[np.integer[Any]] | None = None, *, most: float = MISTAKES
) -> Found | None:
    """Detects the format in which all cells are dates, but for a few.

    Args:
        texts: The cells that are not missing; distinct ones are enough.
        counts: How often each of them occurs. None: once.
        most: The largest share of cells that may be no dates. Those that stand for a missing one,
            such as ``0000-00-00``, and dates that are too far off do not count.

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
        >>> find_format(pd.Series(["2019-06-14", "unknown"]), [99, 1])
        Found(formats=('ISO8601',), bad=1)
    """
    import pandas as pd

    often = np.ones(len(texts), np.int64) if counts is None else np.asarray(counts, np.int64)
    likely = _likely(texts, often)
    if not likely:
        return None
    words = pd.Series([str(cell) for cell in texts], dtype=object).str.strip()
    there = ~words.isin(NO_DATE).to_numpy(bool)
    words, often = words[there].reset_index(drop=True), often[there]
    found: dict[str, tuple[int, bytes]] = {}
    for pattern in likely:
        if pattern == ISO and not words.str.match(_ISO_MONTH).any():
            continue
        read, bad = parse_dates(words, pattern)
        odd = np.flatnonzero(bad)
        none = [row for row in odd if not odd_date(words[row], pattern)]
        if len(none) < len(words):
            found[pattern] = int(often[none].sum()), read.tobytes()
    fewest = min((bad for bad, _ in found.values()), default=0)
    if not found or fewest > most * often.sum():
        return None
    fitting = {pattern: read for pattern, (bad, read) in found.items() if bad == fewest}
    # "3 May 2020" fits the short and the long name of the month: the same dates, one format.
    distinct = {read: pattern for pattern, read in reversed(fitting.items())}
    return Found(tuple(reversed(distinct.values())), fewest)


def _likely(texts: pd.Series, often: NDArray[np.int64]) -> list[str]:
    """The formats in the form of which some of the cells or of the rows looked at are."""
    step = max(1, len(texts) // _LOOKED_AT)
    places = sorted({*range(min(len(texts), _LOOKED_AT)), *range(0, len(texts), step)})
    # Cells that differ in digits alone have one form: an example, cells and rows of each.
    forms: dict[str, tuple[str, NDArray[np.int64]]] = {}
    for place in places:
        word = str(texts.iloc[place]).strip()
        if word in NO_DATE:
            continue
        form = "".join("0" if sign.isdigit() else sign for sign in word)
        first, seen = forms.get(form, (word, np.zeros(2, np.int64)))
        forms[form] = first, seen + np.array([1, often[place]])
    least = _LIKELY * sum((seen for _, seen in forms.values()), np.zeros(2, np.int64))
    dated = [
        (word, seen)
        for form, (word, seen) in forms.items()
        if "0" in form and _LENGTHS[0] <= len(form) <= _LENGTHS[1]
    ]
    if not dated or (sum(seen for _, seen in dated) < least).all():
        return []
    fits = {pattern: np.zeros(2, np.int64) for pattern in (ISO, *_SHAPES)}
    for word, seen in dated:
        for pattern, shape in ((ISO, _ISO_LIKE), *_SHAPES.items()):
            if shape.fullmatch(word):
                fits[pattern] += seen
    return [pattern for pattern, seen in fits.items() if seen.any() and (seen >= least).any()]


def parse_dates(texts: pd.Series, pattern: str) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Parses dates written as text.

    Args:
        texts: The cells.
        pattern: Their format: :data:`ISO` or a ``strftime`` pattern.

    Returns:
        ``datetime64[ns]`` in UTC, and which cells are bad. Missing cells are NaT and not bad, as
        are the usual spellings of a missing value. Dates that nanoseconds cannot hold (before 1677,
        after 2262) are bad.

    Example:
        >>> import pandas as pd
        >>> dates, bad = parse_dates(pd.Series(["2019-06-14", None, "2019-06", "June"]), ISO)
        >>> [str(date)[:10] for date in dates], bad.tolist()
        (['2019-06-14', 'NaT', '2019-06-01', 'NaT'], [False, False, False, True])
    """
    import pandas as pd

    codes, uniques = pd.factorize(texts)
    cells = pd.Series(uniques, dtype=object).astype(str).str.strip()
    missing = np.append(cells.isin(NO_DATE).to_numpy(bool), True)[codes]
    if pattern == ISO:
        cells = cells.where(cells.map(lambda cell: _ISO.fullmatch(cell) is not None), None)
    read = pd.to_datetime(cells, format=pattern, errors="coerce", utc=True)
    known = nanoseconds(read)
    dates = np.append(known, np.datetime64("NaT", "ns"))[codes]
    return dates, np.isnat(dates) & ~missing


def nanoseconds(series: pd.Series) -> NDArray[np.datetime64]:
    """Dates of any unit and time zone as ``datetime64[ns]`` in UTC; out of range becomes NaT."""
    import pandas as pd

    if series.dt.tz is not None:
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    # Whole nanoseconds at both ends, in a unit that is coarse enough for any date.
    inside = (series > pd.Timestamp.min) & (series < pd.Timestamp.max)
    held: NDArray[np.datetime64] = series.where(inside, pd.NaT).astype("datetime64[ns]").to_numpy()
    return held
