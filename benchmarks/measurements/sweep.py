"""Widths and batch sizes: how much of the device's peak a network reaches.

Two hidden layers with dropout and batch normalization, from widths where a step is all overhead to
widths where it is all products. Counted are the floating-point operations of the matrix products;
the share is that of what the device reaches in large products alone, at the same precision,
measured first in the same run (`peak.py`). A fit is cut to take about a second if it ran at the
peak, and not fewer than 32 steps; only steady fits are recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.client import Worker
from benchmarks.markdown import number, table
from benchmarks.networks import step_flops
from benchmarks.peers import PEERS
from benchmarks.runs import hidden_pair
from benchmarks.session import ASKED_FOR_DEVICE, Record, Session
from benchmarks.summary import Spread, unique, values_by_turn

DEFAULT = ("trimtab-jax", "trimtab-jax-bfloat16", "jax-scan", "pytorch")
PEAK = "peak"
COLUMNS = 32
STEPS_PER_EPOCH = 32
SECONDS = 1.0
MOST_EPOCHS = 64


def measure(session: Session) -> None:
    peers = session.chosen(DEFAULT)
    peak = measure_peaks(session, unique(PEERS[peer].precision for peer in peers))
    with session.workers(peers) as workers:
        for width in session.settings.widths:
            for batch in session.settings.batches:
                measure_cell(session, workers, width, batch, peak)


def measure_peaks(session: Session, precisions: Sequence[str]) -> float:
    """Records each precision's peak; returns the highest in operations per second, 0 if none."""
    highest = 0.0
    for precision in precisions:
        found = session.ask_fresh(ASKED_FOR_DEVICE, {}, "peak", precision=precision)
        if found is not None:
            session.record(PEAK, precision, 1, found["seconds"], **found)
            highest = max(highest, found["flops_per_second"])
    return highest


def measure_cell(
    session: Session, workers: dict[str, Worker], width: int, batch: int, peak: float
) -> None:
    settings = session.settings
    flops = step_flops(hidden_pair(width, batch, 1), COLUMNS)
    at_peak = round(SECONDS * peak / (flops * STEPS_PER_EPOCH))
    epochs = settings.epochs or min(max(at_peak, 1), MOST_EPOCHS)
    load = {"width": width, "batch": batch, "epochs": epochs, "columns": COLUMNS}
    rows, steps = batch * STEPS_PER_EPOCH, epochs * STEPS_PER_EPOCH
    ready = {
        peer: worker
        for peer, worker in workers.items()
        if session.ask(worker, "load_pair", rows=rows, **load) is not None
    }
    for turn in range(settings.repeats + 1):
        for peer, worker in list(ready.items()):
            answer = session.ask(worker, "steady" if turn else "first", seed=turn)
            if answer is None:
                del ready[peer]
            elif turn:
                cell = {"width": width, "batch": batch, "steps": steps, "flops": flops}
                seconds = answer["seconds"] / steps
                session.record(f"{width} x {batch}", peer, turn, seconds, **answer, **cell)
    for peer in workers.keys() - ready.keys():
        del workers[peer]


def page(records: Sequence[Record]) -> list[str]:
    """A table for each peer, widths down and batch sizes across."""
    peaks = {record["peer"]: record for record in records if record["case"] == PEAK}
    cells = [record for record in records if record["case"] != PEAK]
    parts = ["Operations of the matrix products per second; the median of the rounds."]
    for precision, found in peaks.items():
        rate, size = rate_in_words(found["flops_per_second"]), found["size"]
        parts.append(
            f"Peak of {precision} products: {rate}, at {size} x {size} by {size} x {size}."
        )
    for peer in unique(record["peer"] for record in cells):
        entry = PEERS[peer]
        peak = peaks.get(entry.precision)
        of_peer = [record for record in cells if record["peer"] == peer]
        parts += [f"### {entry.title}", grid(of_peer, peer, peak)]
    return parts


def grid(records: Sequence[Record], peer: str, peak: Record | None) -> str:
    widths = sorted({record["width"] for record in records})
    batches = sorted({record["batch"] for record in records})
    rows = [["width", *(f"batch {batch}" for batch in batches)]]
    rows += [
        [str(width), *(cell(records, peer, width, batch, peak) for batch in batches)]
        for width in widths
    ]
    return table(rows)


def cell(
    records: Sequence[Record], peer: str, width: int, batch: int, peak: dict[str, Any] | None
) -> str:
    case = f"{width} x {batch}"
    seconds = list(values_by_turn(records, case, peer).values())
    if not seconds:
        return "–"
    flops = next(record["flops"] for record in records if record["case"] == case)
    rate = flops / Spread.of(seconds).middle
    share = f" ({number(100 * rate / peak['flops_per_second'])} %)" if peak else ""
    return rate_in_words(rate) + share


def rate_in_words(flops_per_second: float) -> str:
    if flops_per_second >= 1e12:
        return f"{number(flops_per_second / 1e12)} TFLOP/s"
    return f"{number(flops_per_second / 1e9)} GFLOP/s"
