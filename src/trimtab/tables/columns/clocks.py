"""Clock times and durations written as text: ``07:35``, ``7:35:10 pm``, ``1 days 02:00:00``.

A clock time is the time of a day; networks read it as a point on a circle. A duration is a number
of seconds. Times of day of other containers become such text when they are read, so that a column
is of one kind whatever file it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.tables.files.cells import MISSING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MISTAKES", "find", "is_duration", "moments_of", "parse_clocks", "parse_durations"]

_CLOCK = re.compile(
    r"(?P<hours>\d{1,2}):(?P<minutes>[0-5]\d)(:(?P<seconds>[0-5]\d([.,]\d{1,9})?))?"
    r"( ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
#: As pandas and Python write a duration, and hours beyond a day.
_DURATION = re.compile(
    r"((?P<days>-?\d+) days?,? ?)?"
    r"((?P<sign>[+-])?(?P<hours>\d+):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d([.,]\d{1,9})?))?"
)
#: As ISO 8601 writes one; polars does in CSV.
_ISO = re.compile(
    r"(?P<sign>-)?P(?=\d|T)((?P<days>\d+)D)?"
    r"(T(?=\d)((?P<hours>\d+)H)?((?P<minutes>\d+)M)?((?P<seconds>\d+([.,]\d{1,9})?)S)?)?"
)

_NANOSECONDS = 1e9

#: Up to this share of cells may be no times in a column of times.
MISTAKES = 0.05


def find(values: Iterable[object], counts: Iterable[int] | None = None) -> str | None:
    """What distinct cells of text are: ``"time"``, ``"duration"``, or None.

    A few cells (see :data:`MISTAKES`) may be something else.

    Args:
        values: The distinct cells.
        counts: How often each occurs. None: once.

    Example:
        >>> find(["07:35", "19:05:10", "-"]), find(["07:35:00", "26:00:00"])
        ('time', 'duration')
        >>> find(["3:2", "1:0"]) is None, find(["07:35", "noon"], [99, 1])
        (True, 'time')
    """
    cells = [*values]
    often = [1] * len(cells) if counts is None else [*counts]
    most = MISTAKES * sum(often)
    seen = clocks = durations = 0
    for cell, times in zip(cells, often, strict=True):
        text = str(cell).strip()
        if text in MISSING:
            continue
        seen += times
        duration = _duration(text) is not None  # a time of day is one as well
        durations += times * duration
        clocks += times * (duration and _clock(text) is not None)
        if seen - durations > most:
            return None
    if not durations:
        return None
    return "time" if seen - clocks <= most and durations - clocks == 0 else "duration"


def is_duration(cell: object) -> bool:
    """Whether a cell is a duration or a time of day."""
    return _duration(str(cell).strip()) is not None


def parse_clocks(texts: pd.Series) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Parses times of day.

    Args:
        texts: The cells.

    Returns:
        ``datetime64[ns]``, the time on the first of January 1970, and which cells are no times.
        Missing cells are NaT and not bad.

    Example:
        >>> import pandas as pd
        >>> times, bad = parse_clocks(pd.Series(["7:35 pm", None, "noon"]))
        >>> str(times[0])[:19], bad.tolist()
        ('1970-01-01T19:35:00', [False, False, True])
    """
    seconds, bad = _parsed(texts, _clock)
    return moments_of(seconds), bad


def moments_of(seconds: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Seconds of a day as ``datetime64[ns]`` on the first of January 1970; NaN as NaT."""
    found = np.full(len(seconds), np.datetime64("NaT", "ns"))
    there = ~np.isnan(seconds)
    found[there] = np.round(seconds[there] * _NANOSECONDS).astype("int64").view("datetime64[ns]")
    return found


def parse_durations(texts: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Parses durations, and times of day as the time since midnight.

    Args:
        texts: The cells.

    Returns:
        Seconds (NaN: missing), and which cells are no durations.

    Example:
        >>> import pandas as pd
        >>> parse_durations(pd.Series(["0:01:30", "1 days 00:00:01", "PT2M"]))[0].tolist()
        [90.0, 86401.0, 120.0]
    """
    return _parsed(texts, _duration)


def _parsed(
    texts: pd.Series, parse: Callable[[str], float | None]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    import pandas as pd

    codes, uniques = pd.factorize(texts)
    words = [str(value).strip() for value in uniques]
    found = [parse(word) for word in words]
    seconds = np.array([*(np.nan if each is None else each for each in found), np.nan])[codes]
    missing = np.array([*(word in MISSING for word in words), True])[codes]
    return seconds, np.isnan(seconds) & ~missing


def _clock(cell: str) -> float | None:
    """Seconds since midnight; None for anything but a time of day."""
    match = _CLOCK.fullmatch(cell)
    if match is None:
        return None
    hours, half = int(match["hours"]), match["half"]
    if half is not None:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + 12 * (half in "Pp")
    seconds = _in_seconds(hours, match["minutes"], match["seconds"])
    return seconds % 86400.0 if seconds <= 86400.0 else None  # 24:00 ends a day


def _duration(cell: str) -> float | None:
    clock = _clock(cell)
    if clock is not None:
        return clock
    match = _DURATION.fullmatch(cell) or _ISO.fullmatch(cell)
    if match is None or not any(match[name] for name in ("days", "hours", "minutes", "seconds")):
        return None
    seconds = _in_seconds(int(match["hours"] or 0), match["minutes"], match["seconds"])
    days = 86400.0 * int(match["days"] or 0)
    if match.re is _ISO:
        return -(days + seconds) if match["sign"] else days + seconds
    return days - seconds if match["sign"] == "-" else days + seconds


def _in_seconds(hours: int, minutes: str | None, seconds: str | None) -> float:
    return 3600.0 * hours + 60.0 * int(minutes or 0) + float((seconds or "0").replace(",", "."))
