"""Warm start: a whole process that finds its compiled code in a cache, to a trained Spotify model.

One process fills the cache and is not recorded; those after it are timed as in `cold`, once from
prepared arrays and once from the CSV file, which adds pandas, scikit-learn and reading. In between
a process that stays alive does steady fits.

The limit stands as a peer of its own, "limit": the round's steady fit of trimtab's JAX engine and
three seconds.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measurements import cold
from benchmarks.runs import RUNS
from benchmarks.session import Session

DEFAULT = ("trimtab-jax", "jax-scan", "keras-jax")
LIMITED = "trimtab-jax"
SECONDS_BEYOND_STEADY = 3.0


def measure(session: Session) -> None:
    settings = session.settings
    csv = session.csv("spotify")
    if csv is None:
        return
    peers = session.chosen(DEFAULT)
    arrays = session.lesson_files(["spotify"])["spotify"]
    epochs = settings.epochs or RUNS["spotify"].epochs
    caches = {peer: Path(tempfile.mkdtemp(dir=settings.scratch)) for peer in peers}
    sources = {"arrays to trained spotify": arrays, "CSV to trained spotify": csv}
    steady_peers = [peer for peer in peers if peer == LIMITED]
    load = {"run": "spotify", "epochs": epochs, "file": str(arrays)}
    with session.workers(steady_peers, **load) as workers:
        for turn in range(settings.repeats + 1):
            for peer, worker in list(workers.items()):
                answer = session.ask(worker, "steady" if turn else "first", seed=turn)
                if answer is None:
                    del workers[peer]
                elif turn:
                    limit = answer["seconds"] + SECONDS_BEYOND_STEADY
                    for case in sources:
                        session.record(case, "limit", turn, limit, steady=answer["seconds"])
            for case, source in sources.items():
                for peer in list(peers):
                    started = cold.start_or_leave_out(
                        session, peer, source, epochs, cache=caches[peer]
                    )
                    if started is None:
                        peers.remove(peer)
                    elif turn:
                        seconds, loss = started
                        session.record(case, peer, turn, seconds, val_loss=loss)
