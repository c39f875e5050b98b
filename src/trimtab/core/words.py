"""Numbers, counts and lists as text."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["brief", "count", "figure", "folded", "listed", "one_line", "plain"]

#: Signs that end a line, move the cursor or turn text around, with the blanks beside them.
_CONTROL = re.compile(
    r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
    r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]*"
)

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


#: Characters of a name in a list.
_LONGEST = 60


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
    texts = [text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..." for text in map(str, names)]
    if len(texts) > most:
        return f"{', '.join(texts[: most - 1])} and {len(texts) - most + 1:,} more"
    return last.join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def one_line(text: str) -> str:
    r"""Text without line breaks and other control signs: a blank stands for them.

    Example:
        >>> one_line("price\n(EUR)"), one_line("two  blanks"), one_line("\x1b[31mred")
        ('price (EUR)', 'two  blanks', '[31mred')
    """
    return _CONTROL.sub(" ", text).strip() if _CONTROL.search(text) else text


def brief(value: Any, most: int = 100) -> str:
    """What ``repr`` shows, in one line and never long: for what a message received.

    Tables and arrays are named by their shape, long texts and collections by their beginning.

    Args:
        value: Anything.
        most: Characters of a text or collection that are shown.

    Example:
        >>> brief("relu"), brief([1, 2]), brief(0.5)
        ("'relu'", '[1, 2]', '0.5')
        >>> brief(list(range(10_000)), most=8), brief("x" * 500, most=5)
        ('[0, 1, 2, 3, ...] (10,000 items)', "'xxxxx...' (500 characters)")
        >>> import numpy as np
        >>> brief(np.zeros((300, 2)))
        'an ndarray of shape (300, 2)'
    """
    kind = type(value)
    if isinstance(value, str | bytes):
        if len(value) <= most:
            return repr(value)
        start = repr(value[:most])
        return f"{start[:-1]}...{start[-1]} ({len(value):,} {_PARTS.get(kind, 'bytes')})"
    if kind in _BRACKETS:
        return _brief_items(value, most)
    if kind is int and value.bit_length() > 4 * most:  # Python refuses to print the longest ones
        return f"an integer of {value.bit_length():,} bits"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape and not isinstance(value, type):
        article = "an" if kind.__name__.lower().startswith(_VOWELS) else "a"
        return f"{article} {kind.__name__} of shape {shape}"
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - somebody else's code
        text = f"<{kind.__name__}>"
    return text if len(text) <= most else f"{text[:most]}..."


#: Beginnings of names that are spoken with "an".
_VOWELS = ("a", "e", "i", "o", "u", "nd")

#: What long texts consist of.
_PARTS = {str: "characters"}

#: Collections that are shown item by item -> their brackets.
_BRACKETS: dict[type, str] = {
    list: "[]",
    tuple: "()",
    dict: "{}",
    set: "{}",
    frozenset: "{}",
}


def _brief_items(value: Any, most: int) -> str:
    """A collection: its first items, and how many there are."""
    if not value:
        return repr(value)
    opening, closing = tuple(_BRACKETS[type(value)])
    texts: list[str] = []
    length = 0
    for item in value:
        text = brief(item, most // 2)
        if type(value) is dict:
            text += f": {brief(value[item], most // 2)}"
        length += len(text) + 2
        if length > 1.6 * most + 2 and texts:
            return f"{opening}{', '.join(texts)}, ...{closing} ({len(value):,} items)"
        texts.append(text)
    comma = "," if type(value) is tuple and len(texts) == 1 else ""
    return f"{opening}{', '.join(texts)}{comma}{closing}"


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
