"""How many trials there is time for, and how they are divided."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trimtab.trials.halving import rounds

__all__ = ["COMBINATIONS", "Plan", "plan"]

#: Combinations of the best candidates that are tried.
COMBINATIONS = 2

#: Share of the time that trials may fill by estimate; what they take varies.
FILLED = 0.85

#: Pairs that report, pairs that choose, changes that are reported, candidates: rich to poor.
#: Six pairs are the fewest that prove anything where one of two networks always diverges.
_LADDER = (
    (16, 8, 3, 15),
    (12, 6, 3, 12),
    (10, 4, 3, 10),
    (8, 4, 3, 8),
    (8, 4, 2, 6),
    (6, 3, 2, 5),
    (6, 2, 1, 4),
    (6, 2, 1, 2),
    (4, 2, 1, 2),
    (3, 2, 1, 2),
)


@dataclass(frozen=True)
class Plan:
    """What is tried.

    Attributes:
        reporting: pairs that report.
        choosing: pairs that choose.
        reported: changes that are tested on the pairs that report, at most.
        candidates: changes that are tried, at most.
    """

    reporting: int
    choosing: int
    reported: int
    candidates: int

    def trials(self, seeds: int = 1) -> int:
        """Trials in all, at most."""
        alive, done, ran = self.candidates, 0, 0
        for end in rounds(self.candidates, self.choosing):
            ran += (end - done) * (alive + 1)
            alive, done = math.ceil(alive / 2), end
        ran += COMBINATIONS * self.choosing
        return seeds * (ran + self.reporting * (self.reported + 1))


def plan(
    candidates: int,
    *,
    trials: float = math.inf,
    seconds: float = math.inf,
    each: float = 0.0,
    jobs: int = 1,
    seeds: int = 1,
    splits: int | None = None,
) -> Plan:
    """As much as there is room for.

    Args:
        candidates: that there are.
        trials: at most.
        seconds: that are left.
        each: seconds of a trial, by estimate.
        jobs: trials at a time.
        seeds: of each split.
        splits: pairs that report; None: as many as there is time for.

    Example:
        >>> plan(12, trials=60)
        Plan(reporting=8, choosing=4, reported=3, candidates=8)
        >>> plan(12, trials=60).trials()
        60
    """
    room = min(trials, FILLED * seconds * jobs / each) if each > 0 else trials
    for reporting, choosing, reported, most in _LADDER:
        if splits is not None:
            reporting, choosing = splits, max(2, min(choosing, splits // 2))
        found = Plan(reporting, choosing, reported, min(most, max(candidates, 1)))
        if found.trials(seeds) <= room:
            break
    return found
