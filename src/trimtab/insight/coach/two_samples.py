"""Whether two samples come from one distribution, for many columns at a time.

Under no difference, with independent rows, :func:`different_columns` names any column with a
probability of at most its ``level``, whatever the number of columns and however they depend on
each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trimtab.core.types import Doubles

__all__ = ["different_columns", "distance", "probability"]


def distance(one: Doubles, other: Doubles) -> float:
    """The largest difference of two empirical distribution functions (Kolmogorov and Smirnov).

    Args:
        one, other: ``(n,)`` and ``(m,)``, finite.

    Example:
        >>> import numpy as np
        >>> distance(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
        0.5
    """
    one, other = np.sort(one), np.sort(other)
    both = np.concatenate([one, other])
    below = [np.searchsorted(part, both, side="right") / len(part) for part in (one, other)]
    return float(np.abs(below[0] - below[1]).max())


def probability(distance: float, one: int, other: int) -> float:
    """How often chance makes samples of these sizes differ so much, if they are of one kind.

    The limit for large samples. In smaller ones, and with ties as between whole numbers, so large
    a difference is less often seen where the probability is below 3 %.

    Source: Smirnov 1948, "Table for estimating the goodness of fit of empirical distributions".

    Example:
        >>> round(probability(0.1, 500, 500), 3)
        0.013
    """
    scaled = math.sqrt(one * other / (one + other)) * distance
    if scaled < 0.3:  # the series below needs many terms, and is 1
        return 1.0
    terms = (2.0 * (-1.0) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, math.fsum(terms)))


def different_columns(probabilities: Sequence[float], level: float) -> list[int]:
    """The columns that differ, by Holm's procedure.

    Args:
        probabilities: One for each column.
        level: Highest probability of naming any column that does not differ.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".

    Example:
        >>> different_columns([0.001, 0.5, 0.02], level=0.05)
        [0, 2]
    """
    order = sorted(range(len(probabilities)), key=lambda number: probabilities[number])
    found = []
    for place, number in enumerate(order):
        if not probabilities[number] <= level / (len(order) - place):
            break
        found.append(number)
    return sorted(found)
