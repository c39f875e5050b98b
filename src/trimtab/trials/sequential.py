"""Stopping early with an error rate that holds however often one looks.

An e-process is a wealth that stays at 1 on average while there is no difference, so it exceeds 20
at any time in at most 1 of 20 comparisons (Ville's inequality). It is a likelihood ratio of the
differences, whatever their scale: a difference of ``delta`` deviations, ``delta`` drawn from a
normal distribution of deviation ``1/c``, against none.

Formula:
    With S the sum and V the sum of squares of n independent differences,
    ``E = sqrt(c²/(n+c²)) * ((n+c²) V / ((n+c²) V - S²))^(n/2)``.

Source:
    Wang & Ramdas 2025, "Anytime-valid t-tests and confidence sequences for Gaussian means with
    unknown variance" (scale-invariant likelihood mixture, after Lai 1976). Both-sided at 5 %: by
    symmetry, a false claim to one side has a rate of at most 2.5 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trimtab.core.types import Doubles
from trimtab.trials.statistics import LEVEL

__all__ = ["Wealth", "wealth"]

#: One over the deviation of the effects that are expected, in deviations of a difference.
WIDTH = 1.0


@dataclass(frozen=True)
class Wealth:
    """What is known after so many splits.

    Attributes:
        highest: the highest value of the e-process so far.
        mean: gain.
        low, high: ends of an interval that holds at any time, 95 %.
        pairs: differences so far.
    """

    highest: float
    mean: float
    low: float
    high: float
    pairs: int

    def decided(self, variants: int) -> bool:
        """Whether a claim may be made, one of so many variants."""
        return self.highest >= variants / (2 * LEVEL)

    def p_value(self) -> float:
        """A one-sided p value that holds at any time."""
        return min(1.0, 0.5 / self.highest)


def wealth(gains: Sequence[float] | Doubles, variants: int = 1) -> Wealth:
    """The e-process over gains in their order.

    Args:
        gains: finite, of splits that share no row.
        variants: how many there are; the interval allows for all.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> wealth(rng.normal(size=16)).decided(1)
        False
        >>> wealth(rng.normal(loc=1.5, size=16)).decided(1)
        True
    """
    array = np.asarray(gains, np.float64)
    pairs = len(array)
    if pairs == 0:
        return Wealth(1.0, math.nan, -math.inf, math.inf, 0)
    sums, squares = np.cumsum(array), np.cumsum(array**2)
    values = [_value(sums[each], squares[each], each + 1) for each in range(pairs)]
    highest = max(1.0, *values)
    mean = float(array.mean())
    reach = _reach(pairs, float(((array - mean) ** 2).sum()), 2 * LEVEL / variants)
    return Wealth(highest, mean, mean - reach, mean + reach, pairs)


def _value(total: float, squares: float, pairs: int) -> float:
    if squares == 0:
        return 1.0
    prior = pairs + WIDTH**2
    rest = prior * squares - total**2
    if rest <= 0:
        return math.inf
    log = 0.5 * math.log(WIDTH**2 / prior) + pairs / 2 * math.log(prior * squares / rest)
    return math.exp(min(log, 700.0))


def _reach(pairs: int, around: float, level: float) -> float:
    """Half the width of the interval: the means whose e-process is below ``1 / level``."""
    prior = pairs + WIDTH**2
    ratio = math.exp(2 / pairs * (math.log(1 / level) + 0.5 * math.log(prior / WIDTH**2)))
    bend = ratio * pairs**2 - (ratio - 1) * pairs * prior
    if bend <= 0:
        return math.inf
    return math.sqrt((ratio - 1) * prior * around / bend)
