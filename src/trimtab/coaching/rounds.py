"""The trials of a coaching: candidates, combinations of the best, then pairs that report.

What is chosen is chosen on rows that report nothing; the effects come from fresh rows.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trimtab.coaching.budget import COMBINATIONS, Plan
from trimtab.coaching.prescribing import Candidate
from trimtab.trials.comparing import Session
from trimtab.trials.designs import Design, make_design
from trimtab.trials.halving import kept, rounds
from trimtab.trials.results import Comparison
from trimtab.trials.stream import Stream
from trimtab.trials.tasks import Task
from trimtab.trials.trial import BASE
from trimtab.trials.watching import watcher

__all__ = ["Rounds", "Tried", "run_rounds"]

#: Share of the time after which nothing more is chosen, so that there is time to report.
CHOOSE = 0.5

#: Pairs that report, at least, before more than one change is reported: the fewest that prove
#: anything where one of two networks always diverges.
LEAST = 6

#: What people ask about: reported even where it lost, if there is room.
ASKED = ("batch_norm", "dropout")

#: The name of what is compared -> a task that compares it.
MakeTask = Callable[[dict[str, tuple[object, ...]]], Task]


@dataclass(frozen=True)
class Tried:
    """A candidate and what the pairs that choose say of it.

    Attributes:
        candidate: what was tried.
        gain: the mean gain on these pairs; NaN where there is none.
        reported: whether it was tested on the pairs that report.
    """

    candidate: Candidate
    gain: float
    reported: bool


@dataclass(frozen=True, eq=False)
class Rounds:
    """What came of the trials.

    Attributes:
        comparison: of all that was tried; those that were not reported are "dropped".
        tried: the best first.
        task: that ran them.
        design: its splits.
    """

    comparison: Comparison
    tried: tuple[Tried, ...]
    task: Task
    design: Design


def run_rounds(
    make: MakeTask,
    found: Sequence[Candidate],
    combine: Callable[[Sequence[Candidate], int], list[Candidate]],
    wanted: Plan,
    *,
    seeds: Sequence[int],
    design: str,
    test: float,
    seed: int,
    jobs: int,
    seconds: float,
    smallest: float | None,
    drawn: bool,
) -> Rounds:
    """Runs the trials of a plan.

    Args:
        make: from candidates by name to the task that compares them with the base.
        found: the candidates, the most promising first.
        combine: from the best candidates to combinations of them, so many at most.
        wanted: how many pairs and candidates.
        seeds: of each split.
        design, test, seed: as in :func:`trimtab.trials.compare`.
        jobs: trials at a time.
        seconds: for all.
        smallest: difference that matters.
        drawn: whether a table is drawn meanwhile.
    """
    begin = time.monotonic()
    first = list(found[: wanted.candidates])
    task = make({each.name: each.edits for each in first})
    divided = make_design(
        task.units,
        kind=design,
        splits=wanted.reporting,
        choosing=wanted.choosing,
        test=test,
        seed=seed,
    )
    choosing = divided.choosing
    session = _session(task, divided, seeds, jobs, seconds)
    session.end = begin + CHOOSE * seconds
    alive = [each.name for each in first]
    with watcher(alive, task.metric, "Trials that choose", drawn=drawn) as session.watching:
        for end in rounds(len(alive), len(choosing)):
            if not session.run(alive, choosing[:end], False, len(choosing) - end):
                break
            best = kept({name: list(session.gains(name, choosing)) for name in alive})
            session.dropped += [name for name in alive if name not in best]
            alive = best
    stopped = session.unfinished == "interrupted"
    ranked = _ranked(session, first, choosing)
    together = [] if stopped else combine([each for each, gain in ranked if gain > 0], COMBINATIONS)
    everything = [*first, *together]
    if together:
        earlier = session
        task = make({each.name: each.edits for each in everything})
        session = _session(task, divided, seeds, jobs, seconds)
        session.outcomes |= earlier.outcomes
        session.end = begin + CHOOSE * seconds
        names = [each.name for each in together]
        with watcher(names, task.metric, "Combinations", drawn=drawn) as session.watching:
            session.run(names, choosing, False, 0)
        stopped = session.unfinished == "interrupted"
        ranked = _ranked(session, everything, choosing)
    passed = time.monotonic() - begin
    room = (seconds - passed) / passed * len(session.outcomes)
    most = _most_reported(wanted.reported, len(divided.reporting), len(seeds), room)
    reported = _reported(ranked, most)
    session.unfinished = "interrupted" if stopped else ""
    session.end = begin + seconds
    session.dropped = [each.name for each in everything if each.name not in reported]
    if not stopped:
        with watcher(reported, task.metric, "Trials that report", drawn=drawn) as session.watching:
            session.run(reported, divided.reporting, False, 0)
    names = [each.name for each, _ in ranked]
    comparison = session.comparison(names, smallest, None, in_order=True)
    comparison = replace(
        comparison, best=ranked[0][0].name, seconds=round(time.monotonic() - begin, 3)
    )
    tried = tuple(Tried(each, gain, each.name in reported) for each, gain in ranked)
    return Rounds(comparison, tried, task, divided)


def _session(
    task: Task, design: Design, seeds: Sequence[int], jobs: int, seconds: float
) -> Session:
    task.divide(design)
    others = {name: found for name, found in task.digests.items() if name != BASE}
    return Session(task, design, list(seeds), Stream(None, {}, others), jobs, seconds)


def _ranked(
    session: Session, found: Sequence[Candidate], choosing: Sequence[int]
) -> list[tuple[Candidate, float]]:
    """Candidates with their mean gains on the pairs that choose, the best first.

    What was tried on more pairs comes before what was dropped after fewer: of two that differ in
    that, halving has preferred the one. What changed nothing at all comes last.
    """
    gains = {each.name: np.asarray(session.gains(each.name, choosing)) for each in found}

    def mean(each: Candidate) -> float:
        known = gains[each.name][~np.isnan(gains[each.name])]
        if not len(known) or (np.isposinf(known).any() and np.isneginf(known).any()):
            return math.nan
        return float(known.mean())

    def place(each: Candidate) -> tuple[bool, bool, int, float]:
        gain = mean(each)
        unknown = math.isnan(gain)
        same = len(gains[each.name]) > 0 and not gains[each.name].any()  # options that held anyway
        return same, unknown, -len(gains[each.name]), 0.0 if unknown else -gain

    return [(each, mean(each)) for each in sorted(found, key=place)]


def _most_reported(most: int, pairs: int, seeds: int, room: float) -> int:
    """Changes that are reported: fewer where time is short, so that each has enough pairs.

    Args:
        most: as planned.
        pairs: that report, as planned.
        seeds: of each.
        room: trials that there is time for, at the pace so far.
    """
    least = min(pairs, LEAST) * seeds
    while most > 1 and (most + 1) * least > room:
        most -= 1
    return most


def _reported(ranked: Sequence[tuple[Candidate, float]], most: int) -> list[str]:
    """The best ones, and what people ask about."""
    best = [each.name for each, _ in ranked[:most]]
    if most < 3:
        return best
    for edit in ASKED:
        about = [each.name for each, _ in ranked if [e.name for e in each.edits] == [edit]]
        if about and not any(name in best for name in about):
            return [*best[: most - 1], about[0]]
    return best
