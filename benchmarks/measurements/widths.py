"""Widths on the processor: two hidden layers of 64 to 1024 units, batches of 512.

Dropout and batch normalization follow each layer, as in `sweep`, which is for accelerators. An
epoch has 32 steps of synthetic rows, and a fit about as many operations at every width, but not
fewer than two epochs.
"""

from __future__ import annotations

from benchmarks.client import Worker
from benchmarks.networks import step_flops
from benchmarks.runs import hidden_pair
from benchmarks.session import Session

PEERS = ("trimtab", "jax-scan", "keras-jax")
WIDTHS = (64, 128, 256, 512, 1024)
BATCH, COLUMNS, STEPS_PER_EPOCH = 512, 32, 32
FLOPS = 1.5e11  # of a fit
MOST_EPOCHS = 20


def measure(session: Session) -> None:
    settings = session.settings
    with session.workers(session.chosen(PEERS)) as workers:
        for width in WIDTHS if not settings.epochs else settings.widths:
            measure_width(session, width, dict(workers))


def measure_width(session: Session, width: int, workers: dict[str, Worker]) -> None:
    flops = step_flops(hidden_pair(width, BATCH, 1), COLUMNS)
    fitting = min(max(2, round(FLOPS / flops / STEPS_PER_EPOCH)), MOST_EPOCHS)
    epochs = session.settings.epochs or fitting
    rows = BATCH * STEPS_PER_EPOCH
    load = {"width": width, "batch": BATCH, "epochs": epochs, "rows": rows, "columns": COLUMNS}
    for peer, worker in list(workers.items()):
        if session.ask(worker, "load_pair", **load) is None:
            del workers[peer]
    for turn in range(session.settings.repeats + 1):
        for peer, worker in list(workers.items()):
            answer = session.ask(worker, "steady" if turn else "first", seed=turn)
            if answer is None:
                del workers[peer]
            elif turn:
                value = 1e6 * answer["seconds"] / (epochs * STEPS_PER_EPOCH)
                session.record(f"2 x {width}", peer, turn, value, flops=flops, **answer)
