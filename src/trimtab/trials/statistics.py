"""What paired differences say, with the error rates they were asked for.

Differences are gains: above 0 the variant is better. There is one for each split, the mean over its
seeds; seeds tell how training varies, not how rows do, so n is the number of splits.

Formula:
    ``t = mean / (sd * sqrt(1/n + overlap))`` with ``n - 1`` degrees of freedom. Splits that share
    no row have overlap 0, the paired t test; otherwise it is the number of test rows over that of
    training rows.

Source:
    Nadeau & Bengio 2003, "Inference for the Generalization Error" (overlapping splits); Holm 1979,
    "A Simple Sequentially Rejective Multiple Test Procedure"; Schuirmann 1987 (equivalence by two
    one-sided tests).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core.types import Doubles

__all__ = [
    "LEVEL",
    "MOST_PAIRS",
    "POWER",
    "Effect",
    "effect",
    "holm",
    "in_order",
    "pairs_needed",
    "power",
]

#: One-sided rate of false claims.
LEVEL = 0.025

#: How often a difference that is there should be found, where a number of pairs is named.
POWER = 0.8

#: More pairs than this are not worth naming.
MOST_PAIRS = 10_000


@dataclass(frozen=True)
class Effect:
    """A mean gain over splits and its error.

    Attributes:
        mean: gain, in units of the metric; the median where a network diverged.
        low, high: ends of its 95 % interval.
        p_better, p_worse: one-sided p values: that so much arises where there is no difference.
        pairs: splits with a difference.
        deviation: of one difference, from split to split.
        overlap: as in :class:`~trimtab.trials.designs.Design`.
        signs: whether only signs could be tested, because a network diverged.
    """

    mean: float
    low: float
    high: float
    p_better: float
    p_worse: float
    pairs: int
    deviation: float
    overlap: float
    signs: bool = False


def effect(gains: Sequence[float] | Doubles, overlap: float = 0.0) -> Effect:
    """The mean gain, its interval and its p values.

    A gain may be infinite: one of the two networks diverged. Then signs are tested, exactly. NaN:
    both diverged; the pair says nothing.

    Args:
        gains: of each split.
        overlap: test rows over training rows, where splits share rows; else 0.

    Example:
        >>> found = effect([1.0, 2.0, 3.0])
        >>> round(found.mean, 2), round(found.low, 2), round(found.p_better, 3)
        (2.0, -0.48, 0.037)
        >>> effect([math.inf] * 8).p_better
        0.00390625
    """
    from scipy import stats

    array = np.asarray(gains, np.float64)
    array = array[~np.isnan(array)]
    pairs = len(array)
    nothing = Effect(math.nan, math.nan, math.nan, 1.0, 1.0, pairs, math.nan, overlap)
    if pairs == 0:
        return nothing
    if not np.isfinite(array).all():
        up, down = int((array > 0).sum()), int((array < 0).sum())
        return Effect(
            float(np.median(np.clip(array, -1e300, 1e300))),
            -math.inf,
            math.inf,
            float(stats.binom.sf(up - 1, up + down, 0.5)),
            float(stats.binom.sf(down - 1, up + down, 0.5)),
            pairs,
            math.inf,
            overlap,
            signs=True,
        )
    mean = float(array.mean())
    if pairs == 1:
        return Effect(mean, -math.inf, math.inf, 1.0, 1.0, 1, math.nan, overlap)
    deviation = float(array.std(ddof=1))
    if deviation == 0:
        better, worse = (0.0 if mean > 0 else 1.0), (0.0 if mean < 0 else 1.0)
        return Effect(mean, mean, mean, better, worse, pairs, 0.0, overlap)
    error = deviation * math.sqrt(1 / pairs + overlap)
    reach = error * float(stats.t.ppf(1 - LEVEL, pairs - 1))
    return Effect(
        mean,
        mean - reach,
        mean + reach,
        float(stats.t.sf(mean / error, pairs - 1)),
        float(stats.t.cdf(mean / error, pairs - 1)),
        pairs,
        deviation,
        overlap,
    )


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """P values of several variants, raised so that one false claim among all stays as rare.

    Example:
        >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
        {'a': 0.03, 'c': 0.06, 'b': 0.06}
    """
    ranked = sorted(p_values.items(), key=lambda item: item[1])
    raised: dict[str, float] = {}
    highest = 0.0
    for place, (name, p) in enumerate(ranked):
        highest = max(highest, min(1.0, (len(ranked) - place) * p))
        raised[name] = highest
    return raised


def in_order(p_values: Mapping[str, float], order: Sequence[str]) -> dict[str, float]:
    """P values of variants that are tested one after another, until one is not clear.

    The order has to come from rows that are not tested on. Then a false claim among all stays as
    rare as in a single test, and the first variant needs no more than a single test would.

    Args:
        p_values: of each variant.
        order: in which they are tested.

    Example:
        >>> in_order({"a": 0.02, "b": 0.01, "c": 0.2}, ["a", "b", "c"])
        {'a': 0.02, 'b': 0.02, 'c': 0.2}
    """
    raised: dict[str, float] = {}
    for name in order:
        raised[name] = max([p_values[name], *raised.values()])
    return raised


def power(difference: float, deviation: float, pairs: int, overlap: float = 0.0) -> float:
    """How often a true difference is found.

    Args:
        difference: in units of the metric.
        deviation: of one difference, from split to split.
        pairs: number of splits.
        overlap: as in :func:`effect`.

    Example:
        >>> round(power(1.0, 1.0, 16), 2)
        0.96
    """
    from scipy import stats

    if deviation == 0:
        return 1.0 if difference > 0 else 0.0
    error = deviation * math.sqrt(1 / pairs + overlap)
    critical = stats.t.ppf(1 - LEVEL, pairs - 1)
    with np.errstate(all="ignore"):  # SciPy before 1.15 divides by 0 on its way to a power of 1
        found: Any = stats.nct.sf(critical, pairs - 1, difference / error)
    return float(found) if math.isfinite(found) else 1.0


def pairs_needed(difference: float, deviation: float, overlap: float = 0.0) -> int | None:
    """The number of splits in which a true difference is found in 80 % of cases.

    Args:
        difference, deviation, overlap: as in :func:`power`.

    Returns:
        The number; None where no number is enough, because splits overlap, or it is above
        :data:`MOST_PAIRS`.

    Example:
        >>> pairs_needed(1.0, 1.0), pairs_needed(0.5, 1.0), pairs_needed(0.5, 1.0, overlap=0.25)
        (10, 34, None)
    """
    if not difference > 0 or not math.isfinite(deviation):
        return None
    few, many = 2, MOST_PAIRS
    if not power(difference, deviation, many, overlap) >= POWER:
        return None
    while few < many:
        middle = (few + many) // 2
        if power(difference, deviation, middle, overlap) >= POWER:
            many = middle
        else:
            few = middle + 1
    return many
