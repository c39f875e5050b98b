"""Columns that are left out, in few sentences however many there are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trimtab.core.words import count, listed

__all__ = ["kind_of_reason", "left_out"]

#: So many columns with the same kind of reason are listed with their whole reason each.
_EACH = 3

#: The beginning of a reason -> what is said of many columns with such reasons.
_OF_MANY = {
    "constant": "are constant",
    "counts the rows": "count the rows",
    "every cell is missing": "have no values",
    "free text": "are free text",
    "identifies rows": "identify rows",
    "repeats too seldom to learn from": "repeat too seldom to learn from",
}


def left_out(columns: Iterable[tuple[str, str]], between: str = " ({})") -> list[str]:
    """A sentence for each column, or for each kind of reason where many share it.

    Args:
        columns: Names and reasons; a reason may be empty.
        between: How a single column's reason stands behind its name.

    Example:
        >>> left_out([("id", "counts the rows from 1"), ("note", "")])
        ['id (counts the rows from 1)', 'note']
        >>> left_out([(f"f{i}", f"constant: {i} in every row") for i in range(90)])
        ['90 columns are constant: f0, f1, f2, f3, f4, f5, f6 and 83 more']
        >>> left_out([(name, f"dates of two kinds; use --drop {name}") for name in "abcd"])
        ['4 columns are left out (dates of two kinds): a, b, c, d; use --drop a']
    """
    kinds: dict[str, list[tuple[str, str]]] = {}
    for name, reason in columns:
        kinds.setdefault(kind_of_reason(reason), []).append((name, reason))
    said = []
    for kind, alike in kinds.items():
        if len(alike) <= _EACH:
            said += [name + (between.format(reason) if reason else "") for name, reason in alike]
            continue
        names = listed(name for name, _ in alike)
        of_many = _OF_MANY.get(kind, f"are left out ({kind})" if kind else "are left out")
        # What to do about the first one stands for all.
        step = alike[0][1].partition("; ")[2]
        said.append(
            f"{count(len(alike), 'column')} {of_many}: {names}{f'; {step}' if step else ''}"
        )
    return said


def kind_of_reason(reason: str) -> str:
    """What reasons of one kind have in common."""
    known = next((start for start in _OF_MANY if reason.startswith(start)), None)
    return known if known is not None else re.split("[:;]", reason)[0]
