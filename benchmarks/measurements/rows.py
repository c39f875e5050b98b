"""Seconds per million rows and epoch, from a few thousand rows to ten million.

Synthetic rows of 20 columns, the Spotify network (128 and 64 units with dropout), batches of 512,
no validation. Every size sees about the same number of rows in all: the smaller the table, the more
epochs. All sizes of a peer are interleaved; only steady fits are recorded.
"""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.client import Worker
from benchmarks.session import Session

PEERS = ("trimtab", "keras-jax")
COLUMNS = 20


def measure(session: Session) -> None:
    settings = session.settings
    with ExitStack() as stack:
        ready: list[tuple[str, int, int, Worker]] = []
        for peer in session.chosen(PEERS):
            for rows in settings.rows:
                epochs = max(1, settings.row_visits // rows)
                load = {"run": "rows", "epochs": epochs, "rows": rows, "columns": COLUMNS}
                workers = stack.enter_context(session.workers([peer], **load))
                if peer in workers:
                    ready.append((peer, rows, rows * epochs, workers[peer]))
        for turn in range(settings.repeats + 1):
            for peer, rows, visits, worker in ready:
                answer = session.ask(worker, "steady" if turn else "first", seed=turn)
                if answer and turn:
                    value = answer["seconds"] / visits * 1e6
                    session.record(f"{rows:,} rows", peer, turn, value, **answer)
