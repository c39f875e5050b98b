"""Durations as people write them: ``90s``, ``10m``, ``1h30m``."""

from __future__ import annotations

import math
import re
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

__all__ = ["seconds_in"]

_DURATION = re.compile(
    r"\s*(?:(?P<h>\d+(?:\.\d*)?)\s*h)?\s*(?:(?P<m>\d+(?:\.\d*)?)\s*m(?:in)?)?"
    r"\s*(?:(?P<s>\d+(?:\.\d*)?)\s*s?)?\s*",
)


def seconds_in(name: str, value: Any) -> float:
    """Seconds from a number, or from a text such as ``90s``, ``10m`` or ``1h30m``.

    Args:
        name: What messages call the value.
        value: The duration.

    Raises:
        InvalidArgument: The value is not a positive duration.

    Example:
        >>> seconds_in("time_limit", "1h30m")
        5400.0
        >>> seconds_in("time_limit", "soon")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: time_limit must be a positive number of seconds or a \
duration (90s, 10m, 1h30m), received 'soon'.
    """
    seconds: Any = value
    if isinstance(value, str):
        parts = _DURATION.fullmatch(value)
        seconds = math.nan
        if parts is not None and any(parts.groups()):
            hours, minutes, rest = (float(part or 0) for part in parts.groups())
            seconds = 3600 * hours + 60 * minutes + rest
    if checks.is_number(seconds) and 0 < seconds < math.inf:
        return float(seconds)
    raise InvalidArgument(
        f"{name} must be a positive number of seconds or a duration (90s, 10m, 1h30m), "
        f"received {brief(value)}."
    )
