"""Whether numbers give a target away: equal to it, on another scale, or in the same order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import BINARY, REGRESSION
from trimtab.core.words import count
from trimtab.tables.columns.suspicions.look import FEWEST
from trimtab.tables.columns.suspicions.purity import GROUPS, purity

__all__ = ["determines", "gives_away"]

#: Measurements do not reach such a correlation with the target.
LEAK = 0.9999
#: It must reach it without this share of rows, those farthest from the median, as well; and of two
#: classes, each must have so many rows.
EXTREME, FEWEST_OF_CLASS = 0.01, 5
#: If so many rows have a smaller rank correlation than this, all rows do not reach ``LEAK``.
PROBE, PROBED = 500, 0.9


def gives_away(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    task: str | None,
    target: str,
    equal: Callable[[], bool] = lambda: True,
) -> str | None:
    """How numbers give a target away, in words; None if they do not.

    Args:
        x: ``(rows,)``, NaN where a number is missing.
        y: ``(rows,)``, the target, or the numbers of classes.
        task: One of :data:`trimtab.core.tasks.TASKS`, or None.
        target: The name of the target.
        equal: Asked where all numbers are equal: whether they are to the last digit.

    Example:
        >>> y = np.random.default_rng(0).normal(size=50)
        >>> gives_away(3 * y + 1, y, task="regression", target="y")
        'is y on another scale (correlation 1.000000)'
    """
    both = ~np.isnan(x)
    x, z = x[both], y[both]
    if not (len(x) >= FEWEST and (x != x[0]).any() and (z != z[0]).any()):
        return None
    if np.array_equal(x, z) and equal():
        return f"equals the target {target} in every row"
    if task in (REGRESSION, BINARY):
        linear = _correlation(x, z)
        if abs(linear) > LEAK and _stands(x, z, task == BINARY):
            return f"is {target} on another scale (correlation {_near_one(linear)})"
    if task == REGRESSION and len(np.unique(z)) > GROUPS:
        some_rows = slice(None, None, max(1, len(x) // PROBE))
        ranks = _correlation(_ranks(x[some_rows]), _ranks(z[some_rows]))
        if abs(ranks) > PROBED:
            ranks = _correlation(_ranks(x), _ranks(z))
        if abs(ranks) > LEAK:
            way = "rises" if ranks > 0 else "falls"
            return f"{way} as {target} rises (rank correlation {_near_one(ranks)})"
    return None


def determines(codes: NDArray[np.int64], y: NDArray[np.float64], target: str) -> str | None:
    """How values, by number, determine a target, in words; None if they do not.

    Args:
        codes: ``(rows,)``, the number of each row's value, from 0.
        y: ``(rows,)``, the target, or the numbers of classes.
        target: The name of the target.
    """
    if 2 * (int(codes.max()) + 1) > len(codes):  # almost as many values as rows: groups
        return None
    found = purity(codes, y)
    if found is None:
        return None
    values, wrong = found
    but = f" but for {count(wrong, 'row')}" if wrong else ""
    return f"determines {target}: each of its {values:,} values goes with one{but}"


def _stands(x: NDArray[np.float64], y: NDArray[np.float64], classes: bool) -> bool:
    """Whether a correlation is not made by a few rows, far from all others or of a rare class."""
    if classes:
        return int(np.unique(y, return_counts=True)[1].min()) >= FEWEST_OF_CLASS
    apart = max(1, int(EXTREME * len(x)))
    far = np.zeros(len(x), np.bool_)
    for values in (x, y):
        distance = np.abs(values / 2 - np.median(values) / 2)  # halves do not overflow
        far[np.argsort(-distance, kind="stable")[:apart]] = True
    return abs(_correlation(x[~far], y[~far])) > LEAK


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    # Scaled first, so that squares of large numbers do not overflow.
    x, y = ((v - v.mean()) / max(float(np.abs(v - v.mean()).max()), 1e-300) for v in (x, y))
    norm = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / norm if norm > 0 else 0.0


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks without gaps, equal for equal values."""
    return np.unique(values, return_inverse=True)[1].astype(np.float64)


def _near_one(correlation: float) -> str:
    return f"{correlation:.6f}"
