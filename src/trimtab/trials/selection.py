"""From outcomes to gains, and which variant is chosen; rows that choose are not those that report.

A comparison of one variant has nothing to choose: all its pairs report. With several, a third of
the pairs choose the winner, and the other two thirds, tested on other rows, say what it is worth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from trimtab.core.types import Doubles
from trimtab.trials.trial import BASE, Outcome

__all__ = ["choosing_splits", "chosen", "gains", "split_means"]


def choosing_splits(variants: int, splits: int) -> int:
    """How many splits choose, beside those that report.

    Example:
        >>> choosing_splits(1, 16), choosing_splits(3, 16)
        (0, 8)
    """
    return 0 if variants < 2 else max(2, splits // 2)


def split_means(
    outcomes: Iterable[Outcome], metric: str, seeds: Sequence[int]
) -> dict[str, dict[int, float]]:
    """Variant -> split -> the mean of a metric over seeds, once all seeds of it are there.

    NaN where a network diverged.
    """
    found: dict[str, dict[int, dict[int, float]]] = {}
    for outcome in outcomes:
        of_split = found.setdefault(outcome.trial.variant, {}).setdefault(outcome.trial.split, {})
        of_split[outcome.trial.seed] = outcome.value(metric)
    return {
        variant: {
            split: float(np.mean([values[seed] for seed in seeds]))
            for split, values in sorted(splits.items())
            if all(seed in values for seed in seeds)
        }
        for variant, splits in found.items()
    }


def gains(
    means: Mapping[str, Mapping[int, float]], variant: str, splits: Iterable[int], *, error: bool
) -> Doubles:
    """What a variant gains on each split; above 0 is better than the base.

    Infinite where one of the two diverged, NaN where both did. Splits that one of them lacks are
    left out.
    """
    base, own = means.get(BASE, {}), means.get(variant, {})
    both = [split for split in splits if split in base and split in own]
    return np.asarray([_gain(base[split], own[split], error) for split in both], np.float64)


def _gain(base: float, own: float, error: bool) -> float:
    if math.isnan(base) or math.isnan(own):
        if math.isnan(base) and math.isnan(own):
            return math.nan
        return math.inf if math.isnan(base) else -math.inf
    return base - own if error else own - base


def chosen(found: Mapping[str, Doubles]) -> str:
    """The variant with the highest mean gain; the base where none gains anything.

    Args:
        found: gains of each variant on the splits that choose.
    """
    best, highest = BASE, 0.0
    for variant, values in found.items():
        known = values[~np.isnan(values)]
        mean = float(known.mean()) if len(known) and not _mixed(known) else -math.inf
        if mean > highest:
            best, highest = variant, mean
    return best


def _mixed(values: Doubles) -> bool:
    """Whether the base diverged on some splits and the variant on others."""
    return bool(np.isposinf(values).any() and np.isneginf(values).any())
