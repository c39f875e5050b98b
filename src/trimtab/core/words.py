"""Numbers, counts and lists for people to read."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["count", "figure", "listed", "plain"]


def figure(value: float, fixed: bool = False) -> str:
    """A number with four digits that count; from 1,000 on whole, with commas.

    Args:
        value: the number.
        fixed: as many places below 10 for one as for the next, for numbers that change as one
            looks at them.

    >>> figure(0.527), figure(15.2649), figure(264400.0), figure(3), figure(2e-5)
    ('0.527', '15.26', '264,400', '3', '2e-05')
    >>> figure(0.527, fixed=True), figure(15.2649, fixed=True), figure(math.nan)
    ('0.5270', '15.26', 'nan')
    """
    size = abs(value)
    if not math.isfinite(value):
        return str(value)
    if size >= 1e15 or 0 < size < 1e-3:
        return f"{value:.4g}" if not fixed else f"{value:.3e}"
    if size >= 999.95:
        return f"{value:,.0f}"
    return f"{value:.4f}" if fixed and size < 10 else f"{value:.4g}"


def count(number: int, what: str) -> str:
    """``1 row``, ``1,000 rows``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def listed(names: list[str], most: int = 8) -> str:
    """Names with commas; of many, the first and how many more."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"


def plain(value: Any) -> Any:
    """Plain data of anything that an event holds."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str | int | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({f.name: getattr(value, f.name) for f in dataclasses.fields(value)})
    if hasattr(value, "item"):  # a NumPy number
        return plain(value.item())
    return str(value)
