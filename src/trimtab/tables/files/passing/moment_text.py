"""Moments as text, a whole column at once: ``2020-07-01 14:00:00+02:00``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["has_moments", "moment_texts"]

_CLOCK = "time64[ns]"
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def has_moments(column: pd.Series) -> bool:
    """Whether a column has a type for dates with times of day, or for nanoseconds of a day.

    Python's times of day have no nanoseconds.
    """
    import pandas as pd

    if isinstance(column.dtype, pd.ArrowDtype):
        return str(column.dtype.pyarrow_dtype).startswith(("timestamp", _CLOCK))
    return isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M"


def moment_texts(column: pd.Series) -> list[str | None]:
    """Dates with times of day as text, in their own time zone; the text Python has for each.

    A fraction of a second is there if it is not 0, so no cell depends on others.

    Example:
        >>> import pandas as pd
        >>> times = pd.Series(pd.to_datetime(["2020-07-01 12:00", None], utc=True))
        >>> moment_texts(times.dt.tz_convert("Europe/Berlin"))
        ['2020-07-01 14:00:00+02:00', None]
    """
    import pandas as pd

    moments, zone = _moments(column)
    gone = np.isnat(moments)
    known = moments[~gone]
    local = known
    if zone is not None:
        there = pd.DatetimeIndex(known).tz_localize("UTC").tz_convert(zone)
        local = there.tz_localize(None).to_numpy()
    second, rest = _seconds(local)
    words = np.datetime_as_string(second.astype("datetime64[s]")).astype(object)
    words = np.array([word.replace("T", " ") for word in words], object)
    for row in np.flatnonzero(rest).tolist():
        fine = int(rest[row])
        words[row] += f".{fine // 1000:06d}" if fine % 1000 == 0 else f".{fine:09d}"
    if zone is not None:
        offsets, place = np.unique(second - _seconds(known)[0], return_inverse=True)
        words = words + np.array([*map(_offset, offsets.tolist())], object)[place]
    texts = np.full(len(moments), None, object)
    texts[~gone] = words
    if str(column.dtype).startswith(_CLOCK):
        return [None if text is None else text.removeprefix("1970-01-01 ") for text in texts]
    return list(texts)


def _moments(column: pd.Series) -> tuple[NDArray[np.datetime64], Any]:
    """The moments in UTC, and their zone; without a zone, as they are."""
    import pandas as pd

    if not isinstance(column.dtype, pd.ArrowDtype):
        zone = getattr(column.dtype, "tz", None)
        plain = column if zone is None else column.dt.tz_convert("UTC").dt.tz_localize(None)
        return plain.to_numpy(), zone
    import pyarrow as pa

    kind = column.dtype.pyarrow_dtype
    ticks = pa.array(column).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    moments = ticks.astype(f"datetime64[{kind.unit}]")
    moments[column.isna().to_numpy()] = np.datetime64("NaT")
    return moments, getattr(kind, "tz", None)


def _seconds(moments: NDArray[np.datetime64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole seconds, and the nanoseconds beyond them."""
    per_second = _PER_SECOND[np.datetime_data(moments.dtype)[0]]
    ticks = moments.astype(np.int64)
    second = ticks // per_second
    return second, (ticks - second * per_second) * (10**9 // per_second)


def _offset(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return text + (f":{rest:02d}" if rest else "")
