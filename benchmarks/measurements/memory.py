"""Peak memory of a first fit beyond imports and data, beside the limit set for it.

Three epochs are enough: the peak is reached in the first. Nothing is said of where they land.

The limit stands as a peer of its own, "limit": five copies of the parameters and two batches of
activations, computed from the network.
"""

from __future__ import annotations

from benchmarks.networks import memory_limit
from benchmarks.runs import find
from benchmarks.session import Session, stored_columns

PEERS = ("trimtab", "keras-jax", "pytorch")
MIB = 1024 * 1024
EPOCHS = 3


def measure(session: Session) -> None:
    settings = session.settings
    peers = session.chosen(PEERS)
    for lesson, file in session.lesson_files(settings.lessons).items():
        limit = memory_limit(find(lesson), stored_columns(file)) / MIB
        load = {"run": lesson, "epochs": settings.epochs or EPOCHS, "file": str(file)}
        for turn in range(1, settings.repeats + 1):
            session.record(lesson, "limit", turn, limit)
            for peer in peers:
                if answer := session.ask_fresh(peer, load, "memory", seed=turn):
                    answer.pop("val_loss")
                    session.record(lesson, peer, turn, answer.pop("bytes") / MIB, **answer)
