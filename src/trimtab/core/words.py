"""Numbers, counts and lists as text."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["count", "figure", "folded", "listed", "plain"]

#: What differs between alike sentences: a text in quotes, a number.
_VARIABLE = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d,.]*\d|\d")


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


def folded(sentences: Iterable[str], most: int = 4) -> list[str]:
    """Sentences of which many say the same of different columns, in few lines.

    Sentences are alike if they differ in quoted texts and numbers alone. Of each kind the first
    ones stay; then stands how many more there are, and what the next ones are about.

    Args:
        sentences: What there is to say.
        most: So many alike sentences are all kept.

    Example:
        >>> said = folded([f"Column 'c{i}' is constant: {i}." for i in range(40)] + ["Done."])
        >>> for sentence in said:
        ...     print(sentence)
        Column 'c0' is constant: 0.
        Column 'c1' is constant: 1.
        The same of 38 more: 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8' and 31 more.
        Done.
    """
    kinds: dict[str, list[str]] = {}
    for sentence in sentences:
        kinds.setdefault(_VARIABLE.sub("#", sentence), []).append(sentence)
    said: list[str] = []
    for alike in kinds.values():
        if len(alike) <= most:
            said += alike
            continue
        rest = alike[most // 2 :]
        names = [found[0] if (found := _VARIABLE.search(each)) else "" for each in rest]
        about = f": {listed(names)}" if all(names) else ""
        said += [*alike[: most // 2], f"The same of {len(rest):,} more{about}."]
    return said


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
