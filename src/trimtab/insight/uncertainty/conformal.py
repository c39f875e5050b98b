"""Split conformal calibration: the quantile, and nothing about networks.

A *score* says how wrong a prediction was. Where the scores of ``n`` calibration rows and of a new
row are exchangeable, the new one is among the ``k`` smallest of all ``n + 1`` with probability at
least ``k / (n + 1)``; so it is at most the ``ceil((n + 1) level)``-th smallest calibration score
with probability at least ``level``, and at most ``level + 1 / (n + 1)`` where scores do not tie.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument, InvalidData

__all__ = ["check_level", "group_numbers", "quantile", "rows_needed"]


def check_level(level: Any) -> float:
    """``level`` as a float if it lies between 0 and 1, both excluded."""
    number = isinstance(level, int | float | np.number) and not isinstance(level, bool)
    if number and 0 < level < 1:
        return float(level)
    hint = " Use level=0.9 for 90 %." if number and 1 < level < 100 else ""
    raise InvalidArgument(
        f"level must be a number between 0 and 1, both excluded, received {level!r}.{hint}"
    )


def _exact(level: float) -> Fraction:
    """0.9 as 9/10, which no float is."""
    return Fraction(level).limit_denominator(10**6)


def rows_needed(level: float) -> int:
    """The fewest calibration rows (or groups) for this level: ``ceil(level / (1 - level))``.

    With fewer, ``ceil((n + 1) level)`` is above ``n``: only infinite intervals keep the promise.

    >>> rows_needed(0.9), rows_needed(0.95)
    (9, 19)
    """
    exact = _exact(check_level(level))
    return math.ceil(exact / (1 - exact))


def group_numbers(groups: Any, rows: int) -> NDArray[np.int64]:
    """Numbers 0, 1, 2, ... of the groups that rows belong to.

    Args:
        groups: one value a row; None: every row is a group by itself.
        rows: how many there are.
    """
    if groups is None:
        return np.arange(rows, dtype=np.int64)
    array = np.asarray(groups)
    if array.shape != (rows,):
        raise InvalidData(
            f"groups must hold one value a calibration row, {rows} of them, received shape "
            f"{array.shape}."
        )
    try:
        _, numbers = np.unique(array, return_inverse=True)
    except TypeError:
        raise InvalidData(
            "groups must hold values of one kind (numbers or texts), received a mixture."
        ) from None
    return numbers.astype(np.int64)


def quantile(scores: Doubles, level: float, groups: NDArray[np.int64] | None = None) -> float:
    """The score that a new one stays at or below with probability ``level`` or more.

    Formula: the ``ceil((n + 1) level)``-th smallest of ``n`` scores. With groups, the ``level``
    quantile of scores that weigh ``1 / ((K + 1) n_k)`` each (``K`` groups, ``n_k`` rows in the
    row's group), the rest of the weight lying at infinity: groups are what is exchangeable, and
    every group counts the same, however many rows it has. Groups of one row each are the first
    formula.

    Source: Vovk, Gammerman & Shafer 2005, "Algorithmic Learning in a Random World"; Lei et al.
    2018, "Distribution-Free Predictive Inference for Regression", algorithm 2. Groups: Lee, Barber
    & Willett 2023, "Distribution-free inference with hierarchical data", section 3.

    Args:
        scores: ``(n,)``, finite.
        level: between 0 and 1.
        groups: of :func:`group_numbers`.

    Raises:
        InvalidData: too few rows or groups, saying how many are needed.

    >>> quantile(np.arange(1.0, 20.0), 0.9)  # 1 to 19: the 18th smallest
    18.0
    """
    if groups is None:
        groups = group_numbers(None, len(scores))
    sizes = np.bincount(groups)
    count, needed = len(sizes), rows_needed(level)
    if count < needed:
        what = "calibration rows" if count == len(scores) else "groups of calibration rows"
        raise InvalidData(
            f"level={level:g} needs at least {needed} {what}, received {count}. "
            "Set more aside, or ask for a lower level."
        )
    order = np.argsort(scores, kind="stable")
    weight = np.cumsum(1.0 / sizes[groups[order]])
    # The slack is for sums of such numbers as 1/3, and far below any one weight.
    wanted = float(_exact(level) * (count + 1)) * (1 - 1e-12) - 1e-9
    return float(scores[order[min(int(np.searchsorted(weight, wanted)), len(order) - 1)]])
