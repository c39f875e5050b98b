"""Which runs there are: a table, a family and a way for each, by a seeded rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from benchmarks.accuracy.tables import tables
from benchmarks.coach.families import FAMILIES
from benchmarks.coach.faults import FAULTS, Fault
from benchmarks.coach.halves import HALVES, Half, dealt, order
from benchmarks.coach.rows import SHIPPED

HEALTHY = "healthy"

#: Runs of a label that are shown to be so, in each half, and how many are tried to find them.
WANTED, TRIED = 6, 18
WANTED_HEALTHY, TRIED_HEALTHY = 32, 120

#: Tables on which 700 rows teach a linear model and a forest next to nothing (errors above 0.95).
EMPTY = ("lecture_ratings", "taxi_tips", "caravan")

SIZES = (250, 400, 700, 1200, 2000)


@dataclass(frozen=True)
class Run:
    """One training: where its label comes from, and what it is trained on.

    Attributes:
        label: A code, or ``healthy``.
        way: Of the fault; empty for a healthy run.
        size: Training rows.
        number: Seeds the rows and what a fault draws.
    """

    label: str
    way: str
    table: str
    family: str
    size: int
    number: int
    half: Half

    @property
    def name(self) -> str:
        middle = f"{self.way}:" if self.way else ""
        return f"{self.label}:{middle}{self.table}:{self.family}:{self.size}:{self.number}"

    @property
    def fault(self) -> Fault | None:
        ways = FAULTS.get(self.label, [])
        return next((fault for fault in ways if fault.way == self.way), None)


def tasks() -> dict[str, str]:
    """The task of each table."""
    return {SHIPPED: "regression"} | {name: table.task for name, table in tables().items()}


def labels() -> list[str]:
    return [HEALTHY, *FAULTS]


@cache
def _halves() -> tuple[dict[str, Half], dict[str, Half]]:
    return dealt(tasks()), dealt(dict.fromkeys(FAMILIES, ""))


def tables_of(half: Half) -> list[str]:
    return [name for name, its in _halves()[0].items() if its == half and name not in EMPTY]


def families_of(half: Half) -> list[str]:
    return [name for name, its in _halves()[1].items() if its == half]


def wanted(label: str) -> int:
    return WANTED_HEALTHY if label == HEALTHY else WANTED


def candidates(label: str, half: Half) -> list[Run]:
    """Runs of a label in the order in which they are tried.

    Ways take turns; tables and families that were used least come first.
    """
    ways: list[Fault | None] = [None] if label == HEALTHY else [*FAULTS[label]]
    used: Counter[str] = Counter()
    runs = []
    for turn in range(TRIED_HEALTHY if label == HEALTHY else TRIED):
        way = ways[turn % len(ways)]
        suited = [t for t in tables_of(half) if way is None or tasks()[t] in way.tasks]
        if not suited:
            continue
        table = _least(suited, used, label, turn)
        family = _least(families_of(half), used, label, turn)
        used.update([table, family])
        size = int(order(label, turn, "size"), 16) % len(SIZES)
        runs.append(
            Run(
                label,
                way.way if way else "",
                table,
                family,
                way.size if way and way.size else SIZES[size],
                turn,
                half,
            )
        )
    return runs


def _least(names: Iterable[str], used: Counter[str], label: str, turn: int) -> str:
    return min(names, key=lambda name: (used[name], order(label, turn, name)))


__all__ = ["HALVES", "HEALTHY", "Run", "candidates", "labels", "wanted"]
