"""From results to comparisons: error ratios over tables, wins, times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

import numpy as np

from benchmarks.accuracy.store import Row

TIE = 0.005  # errors closer than this are a tie
DRAWS = 10_000
ERRORS = ("rmse", "log_loss")  # of a table of numbers, of classes

PerTable = dict[str, dict[int, float]]  # table -> split -> value


@dataclass(frozen=True)
class Comparison:
    """Our error over a peer's: geometric mean over tables, with a bootstrap 95 % interval."""

    tables: int
    wins: int
    losses: int
    ratio: float
    low: float
    high: float


def values(rows: Iterable[Row], variant: str, metrics: Sequence[str]) -> PerTable:
    """A variant's value of the first of these metrics that a row has."""
    found: PerTable = {}
    for row in rows:
        if row["variant"] == variant:
            for metric in metrics:
                if metric in row:
                    found.setdefault(row["table"], {})[row["split"]] = row[metric]
                    break
    return found


def ratios(ours: PerTable, theirs: PerTable) -> dict[str, float]:
    """Ours over theirs on each table: means over the splits both met, then their ratio."""
    found = {}
    for table in ours:
        shared = sorted(ours[table].keys() & theirs.get(table, {}).keys())
        if shared:
            own = mean(ours[table][split] for split in shared)
            other = mean(theirs[table][split] for split in shared)
            found[table] = own / other
    return found


def compare(ours: PerTable, theirs: PerTable) -> Comparison | None:
    """None where they share no table.

    Raises:
        ValueError: an error is not a positive, finite number.
    """
    by_table = ratios(ours, theirs)
    if not by_table:
        return None
    found = np.array([by_table[table] for table in sorted(by_table)])
    if not (np.isfinite(found) & (found > 0)).all():
        raise ValueError(f"errors are not positive and finite: {by_table}")
    low, high = interval(found)
    return Comparison(
        tables=len(found),
        wins=int((found < 1 - TIE).sum()),
        losses=int((found > 1 + TIE).sum()),
        ratio=geometric_mean(found),
        low=low,
        high=high,
    )


def geometric_mean(found: Iterable[float]) -> float:
    return float(np.exp(np.log(np.fromiter(found, dtype=np.float64)).mean()))


def interval(found: Iterable[float]) -> tuple[float, float]:
    """Of the geometric mean: tables drawn with replacement, always the same draws."""
    logs = np.log(np.fromiter(found, dtype=np.float64))
    draws = np.random.RandomState(0).randint(len(logs), size=(DRAWS, len(logs)))
    low, high = np.exp(np.percentile(logs[draws].mean(axis=1), [2.5, 97.5]))
    return float(low), float(high)


def seconds(rows: Iterable[Row], timed: Sequence[Row], variant: str) -> dict[str, float]:
    """Seconds a table: the median of timed rounds, or else processor seconds of its first split.

    Runs share their machine with others, so their wall seconds say nothing; rounds of `time` do.
    """
    if timed:
        found: dict[str, list[float]] = {}
        for row in timed:
            if row["variant"] == variant:
                spent = row["fit_seconds"] + row["predict_seconds"]
                found.setdefault(row["table"], []).append(spent)
        return {table: median(spent) for table, spent in found.items()}
    return {
        row["table"]: row["cpu_seconds"]
        for row in rows
        if row["variant"] == variant and row["split"] == 0
    }


def time_ratio(ours: Mapping[str, float], theirs: Mapping[str, float]) -> float | None:
    """Our time over theirs, the geometric mean over tables."""
    shared = sorted(ours.keys() & theirs.keys())
    return geometric_mean(ours[table] / theirs[table] for table in shared) if shared else None
