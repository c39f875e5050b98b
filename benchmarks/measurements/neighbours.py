"""What busy neighbours cost: fits and predictions beside other work, against their own quiet run.

Two kinds of crowding: a process on every core that does nothing but count, and twice as many
threads as cores in the measured process itself. Everything has the scheduling class and the
priority of this command, the counting processes too. A round measures each peer quiet and under
both loads, one after another, and a slow-down is taken within a round.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.client import Worker
from benchmarks.markdown import number, table
from benchmarks.peers import PEERS, cores
from benchmarks.session import Record, Session
from benchmarks.summary import Spread, ratio_of_cases, unique, values_by_turn

QUIET, BUSY, CROWDED = "quiet", "a busy process a core", "twice as many threads as cores"
LOADS = (QUIET, BUSY, CROWDED)
FITTING = ("trimtab", "pytorch")
PREDICTING = ("trimtab", "onnxruntime")
SMALL = {"run": "default", "rows": 8_192, "columns": 20}
#: Epochs of a fit, calls of a prediction: a tenth to a quarter of a second each, quiet.
SMALL_EPOCHS, RED_WINE_EPOCHS, CALLS, ROWS = 2, 2, 200, 1_000


@dataclass(frozen=True)
class Task:
    """What is measured: its name, the peers that can do it, the run and what is asked."""

    name: str
    peers: tuple[str, ...]
    load: dict[str, Any]
    ask: dict[str, Any]
    answer: str


def tasks(session: Session) -> Iterator[Task]:
    epochs = session.settings.epochs
    fit = {"do": "steady", "seed": 1}
    small = SMALL | {"epochs": epochs or SMALL_EPOCHS}
    yield Task("fit of 2 x 256, batches of 32", FITTING, small, fit, "seconds")
    if "red-wine" in session.settings.lessons:
        for file in session.lesson_files(["red-wine"]).values():
            wine = {"run": "red-wine", "epochs": epochs or RED_WINE_EPOCHS, "file": str(file)}
            yield Task("fit of red-wine", FITTING, wine, fit, "seconds")
    calls = {"do": "predict", "rows": ROWS, "calls": 4 if epochs else CALLS}
    name = f"predict of {ROWS:,} rows, 2 x 256"
    yield Task(name, PREDICTING, small, calls, "seconds_a_call")


def measure(session: Session) -> None:
    for task in tasks(session):
        peers = session.chosen(unique((*FITTING, *PREDICTING)))
        with session.workers([peer for peer in peers if peer in task.peers], **task.load) as found:
            for peer, worker in list(found.items()):
                first = "build" if task.ask["do"] == "predict" else "first"
                if session.ask(worker, first, seed=0) is None:
                    del found[peer]
            for turn in range(1, session.settings.repeats + 1):
                for load in LOADS:
                    measure_under(session, task, load, turn, found)


def measure_under(
    session: Session, task: Task, load: str, turn: int, workers: dict[str, Worker]
) -> None:
    threads = 2 * cores() if load == CROWDED else cores()
    for peer, worker in list(workers.items()):
        if session.ask(worker, "threads", count=threads) is None:
            del workers[peer]
            continue
        with neighbours(cores() if load == BUSY else 0):
            answer = session.ask(worker, **task.ask)
        if answer is None:
            del workers[peer]
        else:
            value = answer[task.answer]
            session.record(f"{task.name}, {load}", peer, turn, value, task=task.name, load=load)


@contextmanager
def neighbours(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes that do nothing but count."""
    counting = "print(flush=True)\nwhile True: pass"
    processes = []
    with ExitStack() as stack:
        for _ in range(count):
            process = subprocess.Popen([sys.executable, "-c", counting], stdout=subprocess.PIPE)
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert process.stdout is not None
            stack.callback(process.stdout.close)
            process.stdout.readline()  # it runs
            processes.append(process)
        yield processes


def page(records: Sequence[Record]) -> list[str]:
    """One table: each peer's quiet time, and how many times as long it takes under each load."""
    rows = [["", "", QUIET, *LOADS[1:]]]
    for task in unique(record["task"] for record in records):
        for peer in unique(record["peer"] for record in records if record["task"] == task):
            quiet = list(values_by_turn(records, f"{task}, {QUIET}", peer).values())
            cells = [in_words(Spread.of(quiet).middle) if quiet else "–"]
            for load in LOADS[1:]:
                found = ratio_of_cases(records, f"{task}, {load}", f"{task}, {QUIET}", peer)
                cells.append(slower(found))
            rows.append([task, PEERS[peer].title, *cells])
    return [
        "Quiet: the median of the rounds. Beside it how many times as long it takes under a load, "
        "the median of the rounds and their range.",
        table(rows),
    ]


def slower(found: Spread | None) -> str:
    if found is None:
        return "–"
    return f"{number(found.middle)} ({number(found.low)}–{number(found.high)})"


def in_words(seconds: float) -> str:
    return f"{number(seconds)} s" if seconds >= 0.01 else f"{number(1e6 * seconds)} µs"
