"""From raw records to the numbers that are shown: medians, spreads, ratios side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest of a few values."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))


def unique(values: Iterable[str]) -> list[str]:
    """In order of first appearance."""
    return list(dict.fromkeys(values))


def steady(records: Iterable[Record]) -> list[Record]:
    """All but the first fits that `fits` records in its round 0."""
    return [record for record in records if record["turn"] > 0]


def values_by_turn(records: Iterable[Record], case: str, peer: str) -> dict[int, float]:
    return {
        record["turn"]: record["value"]
        for record in steady(records)
        if record["case"] == case and record["peer"] == peer
    }


def ratio(records: Sequence[Record], case: str, over: str, under: str) -> Spread | None:
    """The ratio within each round, then the median: a slow spell slows both sides of a round."""
    numerators = values_by_turn(records, case, over)
    denominators = values_by_turn(records, case, under)
    turns = numerators.keys() & denominators.keys()
    ratios = [numerators[turn] / denominators[turn] for turn in turns if denominators[turn] > 0]
    return Spread.of(ratios) if ratios else None


def ratio_of_cases(records: Sequence[Record], over: str, under: str, peer: str) -> Spread | None:
    """A peer's ratio of two cases within each round, then the median."""
    above, below = (values_by_turn(records, case, peer) for case in (over, under))
    turns = above.keys() & below.keys()
    ratios = [above[turn] / below[turn] for turn in turns if below[turn] > 0]
    return Spread.of(ratios) if ratios else None


def spread_over_cases(records: Sequence[Record], peer: str) -> Spread | None:
    """Slowest case over quickest within each round in which the peer did all of them."""
    cases = unique(record["case"] for record in records if record["peer"] == peer)
    series = [values_by_turn(records, case, peer) for case in cases]
    if len(series) < 2:
        return None
    turns = set.intersection(*(set(values) for values in series))
    ratios = []
    for turn in turns:
        values = [one[turn] for one in series]
        ratios.append(max(values) / min(values))
    return Spread.of(ratios) if ratios else None


def validation_losses(records: Iterable[Record], case: str, peer: str) -> list[float]:
    """Every smallest validation loss of a peer; a diverged run's is nan."""
    losses: list[float] = []
    for record in records:
        if record["case"] == case and record["peer"] == peer:
            found = record.get("val_losses", [record.get("val_loss")])
            losses += [float(loss) for loss in found if loss is not None]
    return losses


def landed(losses: Sequence[float], lands: tuple[float, float]) -> bool:
    return all(isfinite(loss) and lands[0] < loss < lands[1] for loss in losses)
