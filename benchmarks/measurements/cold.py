"""Cold start: a whole process, from its start to a trained Spotify model, its end included.

One unrecorded start of each peer comes first, so that files (and compiled Python) are as warm for
the first peer as for the last.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.client import ROOT, environment
from benchmarks.peers import PEERS
from benchmarks.runs import RUNS
from benchmarks.session import Session

DEFAULT = (
    "trimtab",
    "trimtab-jax",
    "jax-scan",
    "keras-jax",
    "pytorch",
    "keras-tensorflow",
    "keras-torch",
)


def measure(session: Session) -> None:
    csv = session.csv("spotify")
    if csv is None:
        return
    peers = session.chosen(DEFAULT)
    epochs = session.settings.epochs or RUNS["spotify"].epochs
    for turn in range(session.settings.repeats + 1):
        for peer in list(peers):
            started = start_or_leave_out(session, peer, csv, epochs if turn else 1)
            if started is None:
                peers.remove(peer)
            elif turn:
                seconds, loss = started
                session.record("spotify", peer, turn, seconds, val_loss=loss)


def start_or_leave_out(
    session: Session, peer: str, source: Path, epochs: int, cache: Path | None = None
) -> tuple[float, float] | None:
    """`start`, or None after noting why it did not work."""
    try:
        return start(session, peer, source, epochs, cache)
    except (subprocess.SubprocessError, ValueError) as error:
        session.leave_out(PEERS[peer].title, reason(error))
        return None


def start(
    session: Session, peer: str, source: Path, epochs: int, cache: Path | None
) -> tuple[float, float]:
    """Seconds of one process, and the loss that it printed on its last line."""
    command = [sys.executable, "-m", "benchmarks.cold_start", peer, str(source), str(epochs)]
    begun = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(peer, session.settings.scratch, cache=cache),
        capture_output=True,
        text=True,
        check=True,
        timeout=session.settings.time_limit,
    )
    seconds = time.perf_counter() - begun
    return seconds, float(json.loads(done.stdout.splitlines()[-1]))


def reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError) and error.stderr:
        return str(error.stderr.strip().splitlines()[-1])
    return f"{type(error).__name__}: {error}"
