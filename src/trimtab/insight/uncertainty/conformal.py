"""Split conformal calibration: the quantile of scores.

A *score* measures how wrong a prediction was. If the scores of ``n`` calibration rows and of a new
row are exchangeable, the new one is among the ``k`` smallest of all ``n + 1`` with probability at
least ``k / (n + 1)``. So it is at most the ``ceil((n + 1) level)``-th smallest calibration score
with probability at least ``level``, and, without ties, at most ``level + 1 / (n + 1)``.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, InvalidData

__all__ = ["check_level", "group_numbers", "quantile", "rows_needed"]


def check_level(level: Any) -> float:
    """``level`` as a float if it is between 0 and 1, both excluded."""
    number = isinstance(level, int | float | np.number) and not isinstance(level, bool)
    if number and 0 < level < 1:
        return float(level)
    written = isinstance(level, str) and level.endswith("%")
    percent = written or (number and 1 < level < 100)
    hint = " Use level=0.9 for 90 %." if percent else ""
    raise InvalidArgument(
        f"level must be a number between 0 and 1, both excluded, received {brief(level)}.{hint}"
    )


def _exact(level: float) -> Fraction:
    """0.9 as 9/10, which floats cannot represent."""
    return Fraction(level).limit_denominator(10**6)


def rows_needed(level: float) -> int:
    """The fewest calibration rows (or groups) for a level: ``ceil(level / (1 - level))``.

    With fewer, ``ceil((n + 1) level)`` is above ``n``, and intervals would have to be infinite.

    Example:
        >>> rows_needed(0.9), rows_needed(0.95)
        (9, 19)
    """
    exact = _exact(check_level(level))
    return math.ceil(exact / (1 - exact))


def _step(count: int) -> str:
    """The highest level of two digits that so many rows or groups allow."""
    highest = 100 * count // (count + 1)
    more = "et more of them aside."
    return f"Use level={highest / 100:g}, or s{more}" if highest > 0 else f"S{more}"


def group_numbers(groups: Any, rows: int) -> NDArray[np.int64]:
    """Numbers 0, 1, 2, ... for the groups of the rows.

    Args:
        groups: One value per row; None: every row is its own group.
        rows: Number of rows.

    Raises:
        InvalidData: The shape is wrong, or the values are of mixed kinds.
    """
    if groups is None:
        return np.arange(rows, dtype=np.int64)
    array = np.asarray(groups)
    if array.shape != (rows,):
        raise InvalidData(
            f"groups must hold one value per row, shape {(rows,)}, received shape {array.shape}."
        )
    try:
        _, numbers = np.unique(array, return_inverse=True)
    except TypeError:
        raise InvalidData("groups must hold either numbers or texts, received both.") from None
    return numbers.astype(np.int64)


def quantile(scores: Doubles, level: float, groups: NDArray[np.int64] | None = None) -> float:
    """The value that a new score does not exceed, with probability ``level`` or more.

    Formula: The ``ceil((n + 1) level)``-th smallest of ``n`` scores. With groups, the ``level``
    quantile of scores with weights ``1 / ((K + 1) n_k)`` (``K`` groups, ``n_k`` rows in the row's
    group), with the rest of the weight at infinity: the groups are exchangeable, and each counts
    the same, whatever its size. For groups of one row this is the first formula.

    Source: Vovk, Gammerman & Shafer 2005, "Algorithmic Learning in a Random World"; Lei et al.
    2018, "Distribution-Free Predictive Inference for Regression", algorithm 2. Groups: Lee, Barber
    & Willett 2023, "Distribution-free inference with hierarchical data", section 3.

    Args:
        scores: ``(n,)``, finite.
        level: Between 0 and 1.
        groups: From :func:`group_numbers`.

    Raises:
        InvalidData: There are too few rows or groups for the level.

    Example:
        >>> quantile(np.arange(1.0, 20.0), 0.9)  # of 1 to 19, the 18th smallest
        18.0
    """
    if groups is None:
        groups = group_numbers(None, len(scores))
    sizes = np.bincount(groups)
    count, needed = len(sizes), rows_needed(level)
    if count < needed:
        what = "calibration rows" if count == len(scores) else "groups of calibration rows"
        raise InvalidData(
            f"level={level:g} needs at least {needed} {what}, received {count}. {_step(count)}"
        )
    order = np.argsort(scores, kind="stable")
    weight = np.cumsum(1.0 / sizes[groups[order]])
    # The slack allows for rounding in sums of weights, and is far below any one of them.
    wanted = float(_exact(level) * (count + 1)) * (1 - 1e-12) - 1e-9
    return float(scores[order[min(int(np.searchsorted(weight, wanted)), len(order) - 1)]])
