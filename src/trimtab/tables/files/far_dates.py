"""Dates of any unit as nanoseconds; columns with dates that these cannot hold stay text.

Nanoseconds in 64 bits hold the years 1678 to 2261. ``9999-12-31`` often means "no end": as text it
stays what it was, so that messages can show it, and is read as missing.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.tables.files.cells import Settled

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["moment_of", "period_texts", "settle_dates"]

#: The days that are whole in nanoseconds: from the first to before the last.
_FIRST, _LAST = np.datetime64("1677-09-22"), np.datetime64("2262-04-11")
_COARSE = ("Y", "M", "W")
_MIDNIGHT = "T00:00:00"


def settle_dates(values: NDArray[Any]) -> Settled:
    """Dates as ``datetime64[ns]``, or as text in ISO 8601 if some are too far off.

    Args:
        values: ``datetime64`` of any unit; NaT is missing.

    Example:
        >>> settle_dates(np.array(["2020-02-01"], "datetime64[D]")).values.dtype
        dtype('<M8[ns]')
        >>> settle_dates(np.array(["2020-02-01", "9999-12-31"], "datetime64[D]")).values.tolist()
        ['2020-02-01', '9999-12-31']
    """
    unit = np.datetime_data(values.dtype)[0]
    if unit in _COARSE:
        values, unit = values.astype("datetime64[D]"), "D"
    if unit != "ns":
        first, last = (end.astype(f"datetime64[{unit}]") for end in (_FIRST, _LAST))
        inside = (values >= first) & (values < last)
        if not (inside | np.isnat(values)).all():
            return Settled(_texts(values))
    return Settled(values.astype("datetime64[ns]"))


def _texts(values: NDArray[Any]) -> pd.Series:
    """Dates as text: without times if all are at midnight, without fractions if there are none."""
    import pandas as pd

    ticks, places = np.unique(values.view(np.int64), return_inverse=True)
    moments = ticks.view(values.dtype)
    seconds = moments.astype("datetime64[s]")
    whole = bool((np.isnat(moments) | (seconds == moments)).all())
    words = np.datetime_as_string(seconds if whole else moments).astype(object)
    if all(word.endswith(_MIDNIGHT) or word == "NaT" for word in words):
        words = np.array([word.removesuffix(_MIDNIGHT) for word in words], object)
    words[np.isnat(moments)] = None
    return pd.Series(words[places.reshape(-1)], dtype=object)


def moment_of(cell: Any) -> np.datetime64:
    """A date or time of Python in UTC, whatever its year.

    Example:
        >>> str(moment_of(datetime.date(9999, 12, 31)))[:10]
        '9999-12-31'
    """
    if isinstance(cell, np.datetime64):
        moment: np.datetime64 = cell.astype("datetime64[us]")
        return moment
    if isinstance(cell, datetime.datetime) and cell.tzinfo is not None:
        try:
            cell = cell.astimezone(datetime.UTC).replace(tzinfo=None)
        except OverflowError:  # a few hours before the first day or after the last one
            cell = cell.replace(tzinfo=None)
    if hasattr(cell, "to_datetime64"):
        return np.datetime64(cell.to_datetime64(), "us")
    return np.datetime64(cell, "us")


def period_texts(series: pd.Series) -> pd.Series:
    """The first days of periods, such as months, as text."""
    import pandas as pd

    texts = [None if pd.isna(one) else one.strftime("%Y-%m-%d %H:%M:%S") for one in series]
    if all(text is None or text.endswith(" 00:00:00") for text in texts):
        texts = [None if text is None else text.removesuffix(" 00:00:00") for text in texts]
    return pd.Series(texts, dtype=object)
