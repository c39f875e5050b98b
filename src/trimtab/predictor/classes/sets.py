"""A set of classes as the text of one cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["SEPARATOR", "in_one_cell"]

#: Between two classes.
SEPARATOR = "|"

#: A class with one of these is put in quotes, as in a CSV file whose delimiter is the separator.
_SPECIAL = (SEPARATOR, '"', "\n", "\r")


def in_one_cell(labels: Iterable[Any]) -> str:
    """Classes separated by ``|``; ``csv.reader([cell], delimiter="|")`` takes them apart again.

    Example:
        >>> in_one_cell(["ale", "stout"]), in_one_cell([1, 2]), in_one_cell([])
        ('ale|stout', '1|2', '')
        >>> print(in_one_cell(["x|y", "z"]))
        "x|y"|z
    """
    return SEPARATOR.join(map(_quoted, map(str, labels)))


def _quoted(label: str) -> str:
    if not any(sign in label for sign in _SPECIAL):
        return label
    doubled = label.replace('"', '""')
    return f'"{doubled}"'
