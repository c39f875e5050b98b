"""The standard error of a mean over rows that may come in groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["standard_error"]

Doubles = NDArray[np.float64]


def standard_error(deviations: Doubles, groups: NDArray[np.int64] | None = None) -> Any:
    """That of the mean of ``n`` rows, rows of a group being taken as one draw.

    Formula: ``sqrt(sum_g (sum_{i in g} d_i)^2) / n``, ``d`` being each row's distance from the
    mean; without groups ``sd / sqrt(n)``, ``sd`` having the divisor ``n``. For a statistic that is
    no mean, ``d`` is each row's influence on it (the delta method).

    Source: Liang & Zeger 1986, "Longitudinal data analysis using generalized linear models": the
    robust variance, for a mean.

    Args:
        deviations: ``(n,)`` or ``(n, statistics)``.
        groups: numbers 0, 1, 2, ... of the groups, ``(n,)``; None: every row is one.

    >>> standard_error(np.array([-1.0, -1.0, 1.0, 1.0])).item()
    0.5
    >>> standard_error(np.array([-1.0, -1.0, 1.0, 1.0]), np.array([0, 0, 1, 1])).round(3).item()
    0.707
    """
    sums = deviations
    if groups is not None:
        sums = np.zeros((int(groups.max()) + 1, *deviations.shape[1:]))
        np.add.at(sums, groups, deviations)
    return np.sqrt(np.square(sums).sum(axis=0)) / len(deviations)
