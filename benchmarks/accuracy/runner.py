"""`run`: tables, splits and peers, one process after another; each result is stored at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.accuracy import peers, store
from benchmarks.accuracy.fetch import FOLDER
from benchmarks.accuracy.tables import Table
from benchmarks.client import ROOT

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "TRIMTAB_NUM_THREADS",
)


class JobFailed(Exception):
    """A peer's process ended without a result."""


@dataclass(frozen=True)
class Plan:
    """What is to be run, and how."""

    tables: Sequence[Table]
    variants: Sequence[str]
    splits: Sequence[int]
    options: Mapping[str, Any] = field(default_factory=dict)
    threads: int = 2
    quiet: bool = False
    again: bool = False
    limit: float = 3600.0
    results: Path = store.RESULTS
    folder: Path = FOLDER

    def runs(self) -> Iterator[tuple[Table, int, str]]:
        """First splits and small tables first, so that a stop leaves something whole."""
        for split in self.splits:
            for table in sorted(self.tables, key=lambda table: table.rows):
                for variant in self.variants:
                    if peers.entry_of(variant).meets(table, split):
                        yield table, split, variant


def run(plan: Plan) -> int:
    """Run what has no row yet; the number of runs that failed."""
    done, failed = store.known(store.read(plan.results)), 0
    for table, split, variant in plan.runs():
        options = dict(plan.options)
        key = (table.name, split, variant, 0)
        if not plan.again and store.is_known(key, options, table.sha256, done):
            continue
        try:
            row = result(plan, table, split, variant)
            store.append(row, plan.results)
        except (JobFailed, ValueError) as failure:
            failed += 1
            print(f"{table.name} {split} {variant}: failed: {failure}", flush=True)
        else:
            print(f"{table.name} {split} {variant}: {row['fit_seconds']:.1f} s", flush=True)
    return failed


def result(plan: Plan, table: Table, split: int, variant: str) -> dict[str, Any]:
    """One run's row."""
    load = machine.load_average()
    order = {
        "table": table.name,
        "split": split,
        "variant": variant,
        "options": dict(plan.options),
    }
    found = job({**order, "folder": str(plan.folder)}, plan)
    facts = {
        "sha256": table.sha256,
        "threads": plan.threads,
        "quiet": plan.quiet,
        "load_before": load,
        "machine": machine.named(),
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    versions = machine.versions() | found.pop("versions")
    return order | found | facts | {"versions": dict(sorted(versions.items()))}


def job(orders: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """Run one process to its end; its answer with its whole seconds and its peak of memory.

    Raises:
        JobFailed: it ended without an answer, or was ended after the plan's limit.
    """
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.accuracy.job"],
            cwd=ROOT,
            env=environment(plan.threads),
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=errors,
            text=True,
        )
        assert process.stdin is not None
        with process.stdin:
            process.stdin.write(json.dumps(orders))
        watchdog = threading.Timer(plan.limit, process.kill)
        watchdog.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode:
            raise JobFailed(f"exit status {process.returncode}, {_last(errors)}")
        said.seek(0)
        answer: dict[str, Any] = json.load(said)
    return answer | {
        "process_seconds": seconds,
        "process_cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_megabytes": round(usage.ru_maxrss / 1024, 1),
    }


def environment(threads: int) -> dict[str, str]:
    """As many threads for everyone, the processor only."""
    limits = dict.fromkeys(THREAD_VARIABLES, str(threads))
    return dict(os.environ) | limits | {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}


def _last(errors: Any) -> str:
    errors.seek(0)
    lines: Iterable[str] = errors.read().strip().splitlines()
    return ([*lines] or ["nothing on standard error"])[-1][:300]
