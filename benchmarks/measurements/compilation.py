"""Compilation: what the first fit of a process takes beyond a later one.

That is tracing, compiling, and whatever is loaded at the first fit. Every round has fresh processes
with nothing compiled; each does one first fit, then steady ones, all peers in turn. Runs are short:
compilation does not depend on their length, and what varies between fits of a few epochs hides less
of the difference. `fits` times whole steady fits.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.session import Session

PEERS = ("trimtab-jax", "jax-scan", "keras-jax")
EPOCHS = 3
STEADY_FITS = 3


def measure(session: Session) -> None:
    peers = session.chosen(PEERS)
    for lesson, file in session.lesson_files(session.settings.lessons).items():
        for turn in range(1, session.settings.repeats + 1):
            measure_round(session, lesson, file, peers, turn)


def measure_round(session: Session, lesson: str, file: Path, peers: list[str], turn: int) -> None:
    load = {"run": lesson, "epochs": session.settings.epochs or EPOCHS, "file": str(file)}
    with session.workers(peers, **load) as workers:
        fits: dict[str, list[float]] = {peer: [] for peer in workers}
        for index in range(1 + STEADY_FITS):
            for peer, worker in list(workers.items()):
                answer = session.ask(worker, "steady" if index else "first", seed=turn)
                if answer is None:
                    del workers[peer]
                else:
                    fits[peer].append(answer["seconds"])
        for peer in workers:
            first, *later = fits[peer]
            steady = median(later)
            session.record(lesson, peer, turn, first - steady, first=first, steady=steady)
