"""Categories that are the same but for capitals and blanks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["ALIKE", "alike", "all_alike", "groups_alike"]

#: The format of a column of categories in which capitals and blanks do not count.
ALIKE = "alike"


def alike(text: str) -> str:
    """Text without what capitals and blanks make of it.

    Example:
        >>> alike(" New  York"), alike("NEW YORK ")
        ('new york', 'new york')
    """
    return " ".join(text.split()).casefold()


def all_alike(texts: NDArray[np.object_]) -> NDArray[np.object_]:
    """:func:`alike` of each cell; None stays None."""
    import pandas as pd

    codes, uniques = pd.factorize(texts)
    known = np.empty(len(uniques) + 1, dtype=object)  # the last one, at -1, is None
    known[:-1] = [alike(str(text)) for text in uniques]
    return known[codes]


def groups_alike(texts: Iterable[str]) -> list[list[str]]:
    """Distinct texts that differ only in capitals and blanks, in groups of two or more.

    Example:
        >>> groups_alike(["Oak", "oak", "elm", "oak "])
        [['Oak', 'oak', 'oak ']]
    """
    groups: dict[str, list[str]] = {}
    for text in texts:
        groups.setdefault(alike(text), []).append(text)
    return [group for group in groups.values() if len(group) > 1]
