"""Cells with a number about which something is said: ``<5``, ``approx 5``, ``100+``, ``3*``."""

from __future__ import annotations

import re

from trimtab.tables.files.numbers.written_cells import plain_signs, take_apart

__all__ = ["is_near_number"]

_AROUND = re.compile(
    r"\s*(?:(?:[<>]=?|[\u2264\u2265=~\u2248\u00b1]|(?:approx(?:imately)?|about|around|roughly|circa|"
    r"ca|c|est|estimated|over|above|under|below|up to|less than|more than|at least|at most|min|max)"
    r"\b\.?)\s*)*(?P<number>.*?)\s*(?:[+*\u2020\u2021?]|\((?:est|e|approx|prov|p)\.?\))?\s*",
    re.IGNORECASE,
)


def is_near_number(text: str) -> bool:
    """Whether a cell is no number, but would be one without what is said about it.

    Example:
        >>> [is_near_number(cell) for cell in ("<5", "approx. 1,200 km", "100+", "3 *")]
        [True, True, True, True]
        >>> [is_near_number(cell) for cell in ("5", "A/5 21171", "10-20", "agent 3", "+5")]
        [False, False, False, False, False]
    """
    if take_apart(text) is not None:
        return False
    found = _AROUND.fullmatch(plain_signs(text))
    number = found["number"] if found is not None else ""
    return bool(number) and take_apart(number) is not None
