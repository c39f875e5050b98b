"""Peak memory of `trimtab train` from a Parquet file, beside the limit set for it.

The largest of the table sizes, 20 columns of made-up numbers stored as float64, one epoch of the
default network, in a process of its own whose peak counts from its start: imports, reading,
preparing, training, scoring and saving are all in it. Seconds by stage stand in the records.

The limit stands as a peer of its own, "limit": four times the table's numbers as float32.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.client import ROOT, environment
from benchmarks.peers import PEERS
from benchmarks.session import Record, Session, say

COLUMNS = 20
LIMIT = 4 * 4 * COLUMNS  # bytes a row
MIB = 1024 * 1024
CHUNK = 500_000  # rows that are made at a time


def measure(session: Session) -> None:
    if find_spec("pyarrow") is None:
        session.leave_out(PEERS["trimtab"].title, "not installed: pyarrow")
        return
    rows = max(session.settings.rows)
    case = f"{rows:,} rows"
    with tempfile.TemporaryDirectory(dir=session.settings.scratch) as folder:
        file = Path(folder) / "table.parquet"
        write_table(file, rows)
        for turn in range(1, session.settings.repeats + 1):
            session.record(case, "limit", turn, LIMIT * rows / MIB)
            if record := train(session, file):
                value = record.pop("bytes") / MIB
                session.record(case, "trimtab", turn, value, **record)
                stages = ", ".join(f"{name} {s:.1f}" for name, s in record["stages"].items())
                say(f"  seconds: {stages}")


def write_table(file: Path, rows: int) -> None:
    """Numbers with a target that depends on them, made piece by piece: this process stays small."""
    import pyarrow as pa
    from pyarrow import parquet

    draws = np.random.default_rng(0)
    slopes = np.linspace(-1, 1, COLUMNS - 1)
    names = [f"x{number}" for number in range(1, COLUMNS)]
    schema = pa.schema([(name, pa.float64()) for name in [*names, "y"]])
    with parquet.ParquetWriter(file, schema) as writer:
        for start in range(0, rows, CHUNK):
            x = draws.standard_normal((min(CHUNK, rows - start), COLUMNS - 1))
            y = x @ slopes + np.sin(3 * x[:, 0]) + 0.1 * draws.standard_normal(len(x))
            writer.write_table(pa.table([*x.T, y], schema=schema))


def train(session: Session, file: Path) -> Record | None:
    """One `trimtab train`: its peak, its seconds by stage, and where it landed."""
    out = file.with_name("model.trimtab")
    command = [sys.executable, "-m", "trimtab", "train", str(file), "--target", "y", "--json"]
    command += ["--effort", "quick", "--epochs", "1", "--out", str(out), "--overwrite"]
    with tempfile.TemporaryFile("w+", dir=file.parent) as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment("trimtab", session.settings.scratch),
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().splitlines()
    if process.returncode:
        why = f"exit status {process.returncode}, {lines[-1] if lines else 'nothing said'}"
        session.leave_out(PEERS["trimtab"].title, why)
        return None
    finished = [event for event in map(json.loads, lines) if event["event"] == "finished"][-1]
    return {
        "bytes": usage.ru_maxrss * 1024,
        "stages": finished["seconds"],
        "mae": finished["scores"]["metrics"]["mae"][0],
    }
