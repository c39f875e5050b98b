"""Successive halving: weak variants are dropped early, on rows that report nothing.

Source:
    Karnin, Koren & Somekh 2013, "Almost Optimal Exploration in Multi-Armed Bandits"; Jamieson &
    Talwalkar 2016.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

__all__ = ["kept", "rounds"]


def rounds(variants: int, splits: int) -> list[int]:
    """How many of the choosing splits have run at the end of each round.

    Each round halves the variants; the last one leaves one.

    Args:
        variants: how many there are.
        splits: that choose.

    Example:
        >>> rounds(8, 8), rounds(2, 8), rounds(5, 2)
        ([2, 4, 8], [8], [1, 1, 2])
    """
    number = max(1, math.ceil(math.log2(max(variants, 2))))
    return [max(1, math.ceil(splits * 2.0 ** (place - number))) for place in range(1, number + 1)]


def kept(gains: Mapping[str, Sequence[float]]) -> list[str]:
    """The better half of the variants by their mean gain; of an odd number, the one more.

    Args:
        gains: of each variant, on the splits so far; NaN counts as the worst.

    Example:
        >>> kept({"a": [0.1, 0.2], "b": [-0.1, 0.0], "c": [0.3, 0.3]})
        ['c', 'a']
    """

    def mean(name: str) -> float:
        values = gains[name]
        total = sum(values) / len(values) if values else math.nan
        return -math.inf if math.isnan(total) else total

    ranked = sorted(gains, key=mean, reverse=True)
    return ranked[: math.ceil(len(ranked) / 2)]
