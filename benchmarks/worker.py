"""A worker process: one peer, one run, timed fits on request.

One JSON object a line in, one out. Standard output is kept for the answers: whatever a framework
prints goes to standard error. Between requests the process blocks on reading, and every answer
tells how much processor time went by since the last one, so that an idle worker whose threads keep
spinning is seen. An exception ends the process; the driver reads the last line of standard error.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from math import isnan
from pathlib import Path
from typing import Any, TextIO, TypeVar

from benchmarks import peers, phases
from benchmarks.compiling import Compiling
from benchmarks.data import Data, synthetic
from benchmarks.memory_use import peak_bytes, reset_peak, resident_bytes
from benchmarks.networks import Dense, Run, product_flops
from benchmarks.peers.keras_shaped import fit as short_fit
from benchmarks.runs import find, hidden_pair

Answer = dict[str, Any]
Result = TypeVar("Result")


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # tensorflow-cpu provides tensorflow
            found[name] = str(getattr(sys.modules.get(name), "__version__", "unknown"))
    return found


def smallest(curve: list[float]) -> float | None:
    """The lesson's number, `min(val_loss)`. A run that ever diverged is nan."""
    if not curve:
        return None
    return float("nan") if any(map(isnan, curve)) else min(curve)


def narrow(run: Run) -> Run:
    """The run in miniature: every kind of layer, next to no memory."""
    layers = (
        replace(layer, units=4) if isinstance(layer, Dense) else layer for layer in run.layers
    )
    return replace(run, layers=(*layers, Dense(1)), batch_size=4, epochs=1)


class Worker:
    """The requests, one method each: `load` first, then any of the others."""

    def __init__(self, name: str) -> None:
        self.peer_class = peers.load(name)
        self.entry = peers.PEERS[name]
        self.compiling = Compiling() if "jax" in sys.modules else None

    def hello(self) -> Answer:
        return {"versions": versions(self.entry.packages), "facts": self.peer_class.facts()}

    def lies_in(self, folder: str) -> Answer:
        """Whether the peer's first package was loaded from there."""
        loaded = sys.modules[self.entry.packages[0]].__file__ or ""
        return {"there": Path(loaded).resolve().is_relative_to(Path(folder).resolve())}

    def load(
        self, run: str, epochs: int, file: str = "", rows: int = 0, columns: int = 0
    ) -> Answer:
        """Take the data from a file, or make it: `rows` and `columns` of synthetic numbers."""
        data = Data.load(Path(file)) if file else synthetic(rows, columns)
        return self._take(find(run, epochs), data)

    def load_pair(self, width: int, batch: int, epochs: int, rows: int, columns: int) -> Answer:
        """Take a network of two hidden layers and synthetic rows."""
        return self._take(hidden_pair(width, batch, epochs), synthetic(rows, columns))

    def build(self, seed: int) -> Answer:
        """A network that has not been fitted."""
        self.peer.build(seed)
        return {}

    def first(self, seed: int) -> Answer:
        """The first fit of this process: building and compiling the network is in it."""

        def build_and_fit() -> list[float]:
            self.peer.build(seed)
            return self.peer.fit()

        answer, curve = self._timed(build_and_fit)
        return answer | {"val_loss": smallest(curve)}

    def steady(self, seed: int) -> Answer:
        """A fit of a network that was built and fitted before."""
        self.peer.reset(seed)
        answer, curve = self._timed(self.peer.fit)
        return answer | {"val_loss": smallest(curve)} | self.peer.spent()

    def many(self, seeds: list[int]) -> Answer:
        answer, curves = self._timed(lambda: self.peer.many(seeds))
        return answer | {"val_losses": [smallest(curve) for curve in curves]}

    def memory(self, seed: int) -> Answer:
        """How far a fit lifts the process above imports and data.

        The same layers at a width of 4 are fitted to a few rows first, so that what a library loads
        at its first fit counts as imports.
        """
        tiny = synthetic(8, self.data.columns, 8)
        warm_up = self.peer_class(narrow(self.run), tiny)
        warm_up.build(seed)
        warm_up.fit()
        del warm_up
        gc.collect()
        before = resident_bytes()
        reset_peak()
        answer = self.first(seed)
        return answer | {"bytes": peak_bytes() - before, "before": before}

    def peak(self, precision: str) -> Answer:
        """What the device reaches in products alone; asked of a peer that runs on JAX."""
        from benchmarks import peak

        return asdict(peak.measure(precision))

    def peak_flops(self, seconds: float) -> Answer:
        """What all cores reach together in multiply-adds on registers; asked of trimtab."""
        from trimtab.core import _native

        threads = peers.cores()
        return {"flops_per_second": _native.peak_flops(seconds, threads), "threads": threads}

    def phases(self, seed: int) -> Answer:
        """Where the time of a fit's training steps goes; asked of trimtab."""
        peer: Any = self.peer
        peer.reset(seed)
        short_fit(peer.model, replace(self.run, epochs=1), self.data)  # lowers the network
        found = phases.timed(peer.model, peer.fit)
        rows, steps = len(self.data.x_train), -(-len(self.data.x_train) // self.run.batch_size)
        flops = asdict(product_flops(self.run, self.data.columns))
        return {
            "seconds_by_kind": phases.seconds_by_kind(found),
            "steps": steps * self.run.epochs,
            "flops": {
                kind: each * rows / steps
                for kind, each in zip(phases.PRODUCTS, flops.values(), strict=True)
            },
            "threads": len(found[0][1]),
        }

    def threads(self, count: int) -> Answer:
        """Let the peer use so many threads from now on."""
        self.peer.set_threads(count)
        return {}

    def predict(self, rows: int, calls: int) -> Answer:
        """Seconds that one of many calls takes, rows as they are given to `fit`."""
        x = synthetic(rows, self.data.columns).x_train
        self.peer.predict(x)

        def predict() -> None:
            for _ in range(calls):
                self.peer.predict(x)

        answer, _ = self._timed(predict)
        return answer | {"seconds_a_call": answer["seconds"] / calls}

    def _take(self, run: Run, data: Data) -> Answer:
        self.run, self.data = run, data
        self.peer = self.peer_class(run, data)
        return {}

    def _timed(self, work: Callable[[], Result]) -> tuple[Answer, Result]:
        gc.collect()
        if self.compiling is not None:
            self.compiling.taken()
        processor, start = time.process_time(), time.perf_counter()
        result = work()
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
        answer = {"seconds": seconds, "cpu_seconds": processor}
        if self.compiling is not None:
            answer["compile_seconds"] = self.compiling.taken()
        return answer, result


def serve(worker: Worker, requests: TextIO, answers: TextIO) -> None:
    idle_since = None
    for line in requests:
        request = json.loads(line)
        idle = 0.0 if idle_since is None else time.process_time() - idle_since
        answer = getattr(worker, request.pop("do"))(**request)
        answers.write(json.dumps(answer | {"idle_cpu_seconds": idle}) + "\n")
        answers.flush()
        idle_since = time.process_time()


def main(name: str) -> None:
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        serve(Worker(name), sys.stdin, answers)


if __name__ == "__main__":
    main(sys.argv[1])
