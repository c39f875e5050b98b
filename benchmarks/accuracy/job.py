"""One table, one split, one peer, in a process of its own.

`python -m benchmarks.accuracy.job` reads its orders as one JSON object from standard input and
writes the result as one to standard output; what a peer prints goes to standard error. `fit` and
`predict` are timed, with whatever a package still imports then.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.accuracy import fetch, options, peers, scores, splits
from benchmarks.accuracy.peers.base import Peer
from benchmarks.accuracy.tables import Table, find
from benchmarks.memory_use import peak_bytes, reset_peak, resident_bytes
from benchmarks.worker import versions

LEVEL = 0.9  # of intervals
IMPORTS = {"scikit-learn": "sklearn"}
Result = TypeVar("Result")


def run(
    table: Table, split: int, variant: str, given: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """What a row of the results holds of a peer's work."""
    rows, answers = splits.divide(fetch.kept(table, folder), table, split)
    kind, entry = peers.load(variant), peers.entry_of(variant)
    for package in (*entry.packages, variant.partition(":")[0]):
        with suppress(ModuleNotFoundError):
            importlib.import_module(IMPORTS.get(package, package).replace("-", "_"))
    peer = kind(rows, split, options.applied(given, table))
    before = resident_bytes()
    reset_peak()
    (_, fit_seconds, fit_cpu) = timed(peer.fit)
    (predicted, predict_seconds, predict_cpu) = timed(peer.predict)
    found: dict[str, Any] = {
        "fit_seconds": fit_seconds,
        "predict_seconds": predict_seconds,
        "cpu_seconds": fit_cpu + predict_cpu,
        "fit_megabytes": round((peak_bytes() - before) / 2**20, 1),
        "versions": versions(entry.packages),
    }
    if table.classes:
        return found | scores.of_classes(answers, predicted, rows.labels)
    return found | scores.of_numbers(answers, predicted) | covered(peer, answers)


def covered(peer: Peer, answers: Any) -> dict[str, float]:
    ends = peer.intervals(LEVEL)
    return {} if ends is None else {"coverage": scores.coverage(answers, *ends)}


def timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """The result, wall seconds, and processor seconds of this process and its ended children."""
    start, processor = time.perf_counter(), cpu_seconds()
    result = work()
    return result, time.perf_counter() - start, cpu_seconds() - processor


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def main() -> None:
    orders = json.loads(sys.stdin.read())
    with os.fdopen(os.dup(1), "w") as answer:
        os.dup2(2, 1)
        found = run(
            find(orders["table"]),
            orders["split"],
            orders["variant"],
            orders["options"],
            Path(orders["folder"]),
        )
        answer.write(json.dumps(found))


if __name__ == "__main__":
    main()
