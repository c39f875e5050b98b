"""`run`: candidates of each label until enough are shown; what has a row is not run again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.accuracy import fetch
from benchmarks.coach import job, plan, store
from benchmarks.coach.halves import HALVES, Half
from benchmarks.coach.rows import frame_of
from benchmarks.coach.store import RESULTS, Row
from trimtab import config


@dataclass(frozen=True)
class Asked:
    """What is to be run.

    Attributes:
        jobs: Processes, each with one thread.
        again: Train and look anew what has a row.
        look: Train no new run; put those there are to the coach.
        wanted: Runs of each label and half that count; None: as many as the plan says.
    """

    labels: Sequence[str]
    halves: Sequence[Half] = HALVES
    folder: Path = fetch.FOLDER
    results: Path = RESULTS
    jobs: int = 1
    again: bool = False
    look: bool = False
    wanted: int | None = None


def run(asked: Asked) -> None:
    """Run what is missing; rows are kept as they come, and sorted at the end."""
    known = {half: store.read(half, asked.results) for half in asked.halves}
    places = [(label, half, known[half], asked) for half in asked.halves for label in asked.labels]
    if asked.jobs == 1:
        for place in places:
            keep_all(*place)
    else:
        for half in asked.halves:  # read once: processes share what is there when they begin
            for table in plan.tables_of(half):
                frame_of(table, asked.folder)
        with ProcessPoolExecutor(asked.jobs, mp_context=get_context("fork")) as pool:
            for done in as_completed([pool.submit(keep_all, *place) for place in places]):
                done.result()
    for half in asked.halves:
        planned = {r.name for label in plan.labels() for r in plan.candidates(label, half)}
        store.tidy(half, planned, asked.results)


def keep_all(label: str, half: Half, known: dict[str, Row], asked: Asked) -> None:
    for row in rows_of(label, half, known, asked):
        keep(row, asked)


def rows_of(label: str, half: Half, known: dict[str, Row], asked: Asked) -> Iterator[Row]:
    """New rows of a label: candidates in their order until enough count."""
    config.set_threads(1)
    coach, shown = store.coach(), 0
    for run in plan.candidates(label, half):
        if shown >= (asked.wanted or plan.wanted(label)):
            return
        begun, row, new = time.process_time(), known.get(run.name), False
        if asked.look and row is None:
            continue
        if row is None or asked.again:
            row, new = job.verified(run, asked.folder), True
        if row["shown"] and (asked.look or row.get("coach") != coach):
            row, new = row | {"coach": coach, "found": job.looked_at(run, asked.folder)}, True
        shown += row["shown"]
        if new:
            yield row | {"seconds": round(time.process_time() - begun, 2)}


def keep(row: Row, asked: Asked) -> None:
    store.append(row, asked.results)
    told = "shown" if row["shown"] else "not shown"
    print(f"{row['half']} {row['name']}: {told}, {row['seconds']} s", flush=True)
