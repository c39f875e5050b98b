"""What every measurement gets: the settings, the data, workers, and a place for its records."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.client import Worker, WorkerFailed
from benchmarks.data import Data
from benchmarks.lesson import LESSONS
from benchmarks.peers import PEERS

Record = dict[str, Any]
BEFORE = "trimtab-before"
ASKED_FOR_DEVICE = "jax-scan"  # needs nothing but JAX


@dataclass(frozen=True)
class Settings:
    """The command line, checked. `epochs` 0 means each run's own number.

    `stand_in` lets made-up data of the same shape take the place of a CSV file that is not there.
    `accelerator` lets the peers see a GPU or TPU. `widths` and `batches` are the sweep's. `before`
    is the `src` folder of another version of trimtab.
    """

    data: Path
    out: Path
    scratch: Path
    lessons: Sequence[str] = tuple(LESSONS)
    peers: Sequence[str] | None = None
    repeats: int = 5
    epochs: int = 0
    rows: Sequence[int] = (25_000, 100_000, 1_000_000, 10_000_000)
    row_visits: int = 10_000_000
    networks: int = 16
    time_limit: float = 3600.0
    stand_in: bool = False
    accelerator: bool = False
    before: Path | None = None
    widths: Sequence[int] = (64, 256, 1024)
    batches: Sequence[int] = (256, 1024)


def say(text: str) -> None:
    """Progress goes to standard error, results to files."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Session:
    """One measurement under way: records as they come, and who was left out and why."""

    settings: Settings
    records: list[Record] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    made_up: list[str] = field(default_factory=list)

    def chosen(self, default: Sequence[str]) -> list[str]:
        """The peers asked for (or else the default ones) that are installed."""
        asked = default if self.settings.peers is None else self.settings.peers
        present = []
        for peer in asked:
            if peer == BEFORE and self.settings.before is None:
                if self.settings.peers is not None:
                    self.leave_out(PEERS[peer].title, "no --before")
            elif missing := PEERS[peer].missing():
                self.leave_out(PEERS[peer].title, f"not installed: {', '.join(missing)}")
            else:
                present.append(peer)
        return present

    def device(self) -> str:
        """What JAX computes on, in its own words; "cpu" where it cannot say."""
        with self.workers([ASKED_FOR_DEVICE]):
            return self.facts.get("JAX device", "cpu")

    def leave_out(self, what: str, why: str) -> None:
        self.left_out[what] = why
        say(f"  left out: {what} ({why})")

    def lesson_files(self, names: Sequence[str]) -> dict[str, Path]:
        """Prepared data of each lesson whose CSV is there, written once for all workers."""
        files = {}
        for name in names:
            lesson = LESSONS[name]
            csv = self.settings.data / lesson.file
            if csv.is_file():
                data = lesson.prepare(csv)
            elif self.settings.stand_in:
                say(f"  {name}: no {lesson.file}, made-up rows stand in")
                data = lesson.stand_in()
                self.made_up.append(name)
            else:
                self.leave_out(name, f"no {lesson.file} in the data folder (--data)")
                continue
            files[name] = self.settings.scratch / f"{name}.npz"
            data.save(files[name])
        return files

    def csv(self, name: str) -> Path | None:
        """A lesson's CSV file; it has no stand-in, because reading it is what is timed."""
        path = (self.settings.data / LESSONS[name].file).resolve()
        if path.is_file():
            return path
        self.leave_out(name, f"no {path.name} in the data folder (--data)")
        return None

    @contextmanager
    def workers(self, peers: Sequence[str], **load: Any) -> Iterator[dict[str, Worker]]:
        """A fresh process for each peer, its run loaded; one that cannot start is left out.

        Without `load` the workers wait for a run.
        """
        with ExitStack() as stack:
            ready = {}
            for peer in peers:
                settings = self.settings
                source = settings.before if peer == BEFORE else None
                worker = Worker(
                    peer,
                    settings.scratch,
                    settings.time_limit,
                    accelerator=settings.accelerator,
                    source=source,
                )
                stack.enter_context(worker)
                hello = self.ask(worker, "hello")
                if hello and source and not worker.ask("lies_in", folder=str(source))["there"]:
                    self.leave_out(PEERS[peer].title, f"Python finds no trimtab in {source.name}")
                elif hello and (not load or self.ask(worker, "load", **load)):
                    self.versions.update(hello["versions"])
                    self.facts.update(hello["facts"])
                    ready[peer] = worker
            yield ready

    def ask_fresh(
        self, peer: str, load: dict[str, Any], do: str, **arguments: Any
    ) -> dict[str, Any] | None:
        """One request to a process of its own."""
        with self.workers([peer], **load) as workers:
            return self.ask(workers[peer], do, **arguments) if peer in workers else None

    def ask(self, worker: Worker, do: str, **arguments: Any) -> dict[str, Any] | None:
        """A request's answer, or None after noting why there is none."""
        try:
            return worker.ask(do, **arguments)
        except WorkerFailed as failure:
            self.leave_out(PEERS[worker.peer].title, str(failure))
            return None

    def record(self, case: str, peer: str, turn: int, value: float, **more: Any) -> None:
        """One measured value. `turn` numbers the round that it was measured in."""
        self.records.append({"case": case, "peer": peer, "turn": turn, "value": value} | more)
        say(f"  {case:>10} round {turn} {peer:>17}: {value:.4g}")


def stored_columns(file: Path) -> int:
    return Data.load(file).columns
