"""How many held-out answers lie in the 90 % intervals, beside what chance allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import mean

from scipy.stats import binom

from benchmarks.accuracy.job import LEVEL
from benchmarks.accuracy.splits import HELD_OUT
from benchmarks.accuracy.store import Row
from benchmarks.accuracy.summary import values
from benchmarks.accuracy.tables import Table

CHANCE = 0.95


@dataclass(frozen=True)
class Covered:
    """A table's share inside, mean over splits, and the band of one split's held-out rows."""

    table: str
    share: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        return self.low <= self.share <= self.high


def covered(rows: Iterable[Row], variant: str, listed: Mapping[str, Table]) -> list[Covered]:
    """For each table of numbers whose predictor gave intervals."""
    found = values(rows, variant, ["coverage"])
    return [
        Covered(name, mean(by_split.values()), *band(int(listed[name].rows * HELD_OUT)))
        for name, by_split in found.items()
        if name in listed
    ]


def band(rows: int, level: float = LEVEL) -> tuple[float, float]:
    """Shares that a binomial with this level stays between 95 times in 100."""
    low, high = binom.interval(CHANCE, rows, level)
    return float(low) / rows, float(high) / rows
