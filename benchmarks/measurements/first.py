"""The first fit in a fresh process, from after imports: build, compile, fit."""

from __future__ import annotations

from benchmarks.session import Session

PEERS = ("trimtab", "trimtab-jax", "keras-jax")


def measure(session: Session) -> None:
    settings = session.settings
    peers = session.chosen(PEERS)
    for lesson, file in session.lesson_files(settings.lessons).items():
        load = {"run": lesson, "epochs": settings.epochs, "file": str(file)}
        for turn in range(1, settings.repeats + 1):
            for peer in peers:
                if answer := session.ask_fresh(peer, load, "first", seed=turn):
                    session.record(lesson, peer, turn, answer["seconds"], **answer)
