"""Steady fits of the lesson's runs, all peers interleaved.

Every peer has its own process, alive for the whole lesson. Round 0 is each peer's first fit
(building and compiling included) and is recorded apart; rounds 1 and up are steady fits, one of
each peer in turn, so that whatever the machine is doing meets all of them alike.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.session import Session

ON_PROCESSOR = (
    "floor",
    "trimtab",
    "trimtab-jax",
    "jax-scan",
    "keras-jax",
    "pytorch",
    "keras-tensorflow",
    "keras-torch",
)
ON_ACCELERATOR = ("trimtab", "trimtab-jax", "jax-scan", "keras-jax", "pytorch", "pytorch-graphs")


def measure(session: Session) -> None:
    peers = session.chosen(ON_ACCELERATOR if session.settings.accelerator else ON_PROCESSOR)
    for lesson, file in session.lesson_files(session.settings.lessons).items():
        measure_lesson(session, lesson, file, peers)


def measure_lesson(session: Session, lesson: str, file: Path, peers: list[str]) -> None:
    settings = session.settings
    load = {"run": lesson, "epochs": settings.epochs, "file": str(file)}
    with session.workers(peers, **load) as workers:
        for turn in range(settings.repeats + 1):
            do = "first" if turn == 0 else "steady"
            for peer, worker in list(workers.items()):
                answer = session.ask(worker, do, seed=turn)
                if answer is None:
                    del workers[peer]
                else:
                    session.record(lesson, peer, turn, answer["seconds"], kind=do, **answer)
