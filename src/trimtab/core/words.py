"""Numbers, counts and lists as text."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["count", "figure", "listed", "one_line", "plain"]

#: Signs that end a line, move the cursor or turn text around, with the blanks beside them.
_CONTROL = re.compile(
    r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
    r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]*"
)


def figure(value: float, fixed: bool = False) -> str:
    """A number with four significant digits; from 1,000 on a whole number with commas.

    Args:
        value: The number.
        fixed: Keep trailing zeros, for a number that changes on the screen.

    Example:
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


def count(number: int, what: str, many: str | None = None) -> str:
    """A number and its noun.

    Args:
        number: How many.
        what: The noun in the singular.
        many: The plural, where it is not ``what`` with an s.

    Example:
        >>> count(1, "row"), count(1000, "row"), count(2, "category", "categories")
        ('1 row', '1,000 rows', '2 categories')
    """
    return f"{number:,} {what if number == 1 else many or what + 's'}"


def listed(names: Iterable[Any], most: int = 8, *, last: str = ", ") -> str:
    """Names in one line: all of them, or the first ones and how many more.

    "And 1 more" never appears: the name itself takes no more room.

    Args:
        names: What is listed; anything that is not text through ``str``.
        most: The number of entries, "3 more" being one of them.
        last: Separator of the last two names when all are shown.

    Example:
        >>> listed(["a", "b", "c"], most=3), listed("abcde", most=3)
        ('a, b, c', 'a, b and 3 more')
        >>> listed([1, 2, 3], last=" and ")
        '1, 2 and 3'
    """
    texts = [str(name) for name in names]
    if len(texts) > most:
        return f"{', '.join(texts[: most - 1])} and {len(texts) - most + 1} more"
    return last.join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def one_line(text: str) -> str:
    r"""Text without line breaks and other control signs: a blank stands for them.

    Example:
        >>> one_line("price\n(EUR)"), one_line("two  blanks"), one_line("\x1b[31mred")
        ('price (EUR)', 'two  blanks', '[31mred')
    """
    return _CONTROL.sub(" ", text).strip() if _CONTROL.search(text) else text


def plain(value: Any) -> Any:
    """``value`` as plain data for JSON; NaN and infinities become None."""
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
