"""The standard error of a mean over rows, which may come in groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles

__all__ = ["binary_exponent", "standard_error"]


def standard_error(deviations: Doubles, groups: NDArray[np.int64] | None = None) -> Any:
    """The standard error of the mean of ``n`` rows; rows of a group count as one draw.

    Formula: ``sqrt(sum_g (sum_{i in g} d_i)^2) / n``, where ``d`` is each row's deviation from the
    mean. Without groups this is ``sd / sqrt(n)``, where ``sd`` has the divisor ``n``. For another
    statistic, ``d`` is each row's influence on it (the delta method).

    Source: Liang & Zeger 1986, "Longitudinal data analysis using generalized linear models": the
    robust variance, for a mean.

    Args:
        deviations: ``(n,)`` or ``(n, statistics)``.
        groups: Group numbers 0, 1, 2, ..., ``(n,)``; None: every row is its own group.

    Example:
        >>> standard_error(np.array([-1.0, -1.0, 1.0, 1.0])).item()
        0.5
        >>> standard_error(np.array([-1.0, -1.0, 1.0, 1.0]), np.array([0, 0, 1, 1])).round(3).item()
        0.707
    """
    sums = deviations
    if groups is not None:
        sums = np.zeros((int(groups.max()) + 1, *deviations.shape[1:]))
        np.add.at(sums, groups, deviations)
    # Scaled by a power of two, which keeps all digits: squares of large numbers would overflow.
    exponent = binary_exponent(sums)
    squares = np.square(np.ldexp(sums, -exponent)).sum(axis=0)
    return np.ldexp(np.sqrt(squares), exponent) / len(deviations)


def binary_exponent(values: Doubles) -> NDArray[np.int32]:
    """The exponent of the power of two above the largest absolute value of each column.

    It is 0 for a column whose largest value is not finite.

    Example:
        >>> binary_exponent(np.array([3.0, -5.0])).item()
        3
    """
    largest = np.abs(values).max(axis=0, initial=0.0)
    return np.where(np.isfinite(largest), np.frexp(largest)[1], np.int32(0))
