"""Microseconds a training step takes on small batches: 2 x 256 units, 32 rows, Adam.

Synthetic rows of 20 columns, a steady fit, no validation of more than a few rows. Here the products
are so short that everything around them counts: the update, the meeting of the threads, dispatch.
"""

from __future__ import annotations

from benchmarks.runs import find
from benchmarks.session import Session

PEERS = ("floor", "trimtab", "trimtab-single", "jax-scan", "keras-jax", "pytorch")
ROWS, COLUMNS, EPOCHS = 8_192, 20, 10


def measure(session: Session) -> None:
    settings = session.settings
    epochs = settings.epochs or EPOCHS
    steps = epochs * ROWS // find("default").batch_size
    load = {"run": "default", "epochs": epochs, "rows": ROWS, "columns": COLUMNS}
    with session.workers(session.chosen(PEERS), **load) as workers:
        for turn in range(settings.repeats + 1):
            for peer, worker in list(workers.items()):
                answer = session.ask(worker, "steady" if turn else "first", seed=turn)
                if answer is None:
                    del workers[peer]
                elif turn:
                    value = answer["seconds"] / steps * 1e6
                    session.record("2 x 256, batches of 32", peer, turn, value, **answer)
