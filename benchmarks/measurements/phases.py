"""Where a training step's time goes, and what share of the cores' peak the products reach.

The lesson's networks on their own rows; 2 x 256 units with batches of 32 on all cores, on one, as
one network a core has it, and eight of them as members of one network. The engine times its
phases (`benchmarks/phases.py`); validation is not in it. The peak is that of multiply-adds on
registers, on all cores at once, its mean over a tenth of a second, taken anew before every fit.
With `--before SRC` another version is timed in turns with this one; it must have phases to time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.client import Worker
from benchmarks.markdown import number, table
from benchmarks.phases import PRODUCTS, SHOWN
from benchmarks.phases_picture import Bar, picture_of
from benchmarks.session import Record, Session
from benchmarks.summary import Spread, unique, values_by_turn

PEERS = ("trimtab-before", "trimtab")
PEAK = "peak"
TITLES = {"trimtab-before": "before", "trimtab": "now"}
#: Enough steps for about a second on two cores.
EPOCHS = {"spotify": 20, "concrete": 60, "red-wine": 15, "default": 20, "committee": 3}
ROWS = {"rows": 8_192, "columns": 20}
DEFAULT_TITLE = "2 x 256, batches of 32"
ONE_THREAD = f"{DEFAULT_TITLE}, one thread"
COMMITTEE = f"{DEFAULT_TITLE}, 8 members"


def measure(session: Session) -> None:
    peers = session.chosen(PEERS)
    with session.workers(["trimtab"]) as gauges:
        for case, run, load in loads(session):
            epochs = session.settings.epochs or EPOCHS[run]
            with session.workers(peers, run=run, epochs=epochs, **load) as workers:
                for worker in workers.values() if case == ONE_THREAD else ():
                    session.ask(worker, "threads", count=1)
                for turn in range(1, session.settings.repeats + 1):
                    for peer, worker in workers.items():
                        for gauge in gauges.values():
                            measure_one(session, case, peer, turn, gauge, worker)


def loads(session: Session) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A case's name, its run and its rows."""
    for lesson, file in session.lesson_files(session.settings.lessons).items():
        yield lesson, lesson, {"file": str(file)}
    for case in (DEFAULT_TITLE, ONE_THREAD):
        yield case, "default", ROWS
    yield COMMITTEE, "committee", ROWS


def measure_one(
    session: Session, case: str, peer: str, turn: int, gauge: Worker, worker: Worker
) -> None:
    peak = session.ask(gauge, "peak_flops", seconds=0.1)
    found = session.ask(worker, "phases", seed=turn)
    if peak is None or found is None:
        return
    steps, seconds = found["steps"], found["seconds_by_kind"]
    session.record(
        case,
        peer,
        turn,
        1e6 * sum(seconds.values()) / steps,
        microseconds={kind: 1e6 * value / steps for kind, value in seconds.items()},
        flops=found["flops"],
        peak_flops=peak["flops_per_second"] / peak["threads"],
        threads=found["threads"],
    )


# -- what is shown -----------------------------------------------------------------------------


def middle(records: Sequence[Record], case: str, peer: str) -> dict[str, float]:
    """Microseconds of a step by kind: the medians over the rounds."""
    own = [record for record in records if record["case"] == case and record["peer"] == peer]
    kinds = [kind for kind in SHOWN if any(kind in record["microseconds"] for record in own)]
    return {
        kind: Spread.of([record["microseconds"].get(kind, 0.0) for record in own]).middle
        for kind in kinds
    }


def peak(records: Sequence[Record]) -> Spread:
    """Operations a second of a core on registers while all are at it, over the whole run."""
    return Spread.of([record["peak_flops"] for record in records])


def step(records: Sequence[Record], case: str, peer: str) -> float:
    """Microseconds of a step, the median over the rounds."""
    return Spread.of(list(values_by_turn(records, case, peer).values())).middle


def shares(records: Sequence[Record], case: str, peer: str) -> dict[str, tuple[float, float]]:
    """Of each kind of product: operations a second, and their share of the run's median peak."""
    times, flops, most = middle(records, case, peer), *of_case(records, case, peer)
    rates = {kind: flops[kind] * 1e6 / times[kind] for kind in PRODUCTS if kind in times}
    return {kind: (rate, rate / most) for kind, rate in rates.items() if rate > 0}


def step_share(records: Sequence[Record], case: str, peer: str) -> float:
    """Operations of all products over those that the whole step's time would allow."""
    flops, most = of_case(records, case, peer)
    rate = sum(flops.values()) * 1e6 / step(records, case, peer)
    return float(rate / most)


def of_case(records: Sequence[Record], case: str, peer: str) -> tuple[dict[str, float], float]:
    """Operations of a step by kind of product, and those a second at the peak of its threads."""
    own = next(r for r in records if r["case"] == case and r["peer"] == peer)
    return own["flops"], own["threads"] * peak(records).middle


def page(records: Sequence[Record]) -> list[str]:
    """A table for each network: kinds of work down, versions across."""
    found = peak(records)
    low, median, high = (number(each / 1e9) for each in (found.low, found.middle, found.high))
    parts = [
        "Microseconds a step, the mean of the threads, and the median of the rounds. Of products: "
        "GFLOP/s of all threads, and their share of these cores' peak, multiply-adds on registers "
        f"on all cores at once: {median} GFLOP/s a core, the median of the run ({low} to {high}). "
        "An update that is one with its kernel gradient counts there; the share is then of both.",
        "![Microseconds of a step by kind of work](phases.svg)",
    ]
    for case in unique(record["case"] for record in records):
        parts += [f"### {case}", case_table(records, case)]
    return parts


def case_table(records: Sequence[Record], case: str) -> str:
    peers = unique(record["peer"] for record in records if record["case"] == case)
    times = {peer: middle(records, case, peer) for peer in peers}
    rates = {peer: shares(records, case, peer) for peer in peers}
    rows = [["", *(TITLES.get(peer, peer) for peer in peers)]]
    rows += [
        [kind, *(cell(kind, times[peer], rates[peer]) for peer in peers)]
        for kind in SHOWN
        if any(kind in times[peer] for peer in peers)
    ]
    whole = []
    for peer in peers:
        share = number(100 * step_share(records, case, peer))
        whole.append(f"{number(step(records, case, peer))} ({share} %)")
    return table([*rows, ["a step (products' share of the peak)", *whole]])


def cell(kind: str, times: dict[str, float], rates: dict[str, tuple[float, float]]) -> str:
    if kind not in times:
        return "–"
    text = number(times[kind])
    if kind in rates:
        rate, share = rates[kind]
        text += f" ({number(rate / 1e9)} GFLOP/s, {number(100 * share)} %)"
    return text


def picture(records: Sequence[Record]) -> str:
    """Each network's step as a bar of kinds of work, versions below each other."""
    bars = []
    for case in unique(record["case"] for record in records):
        for peer in unique(record["peer"] for record in records if record["case"] == case):
            share = {kind: part for kind, (_, part) in shares(records, case, peer).items()}
            times, whole = middle(records, case, peer), step(records, case, peer)
            bars.append(Bar(case, TITLES.get(peer, peer), times, whole, share))
    return picture_of(bars)
