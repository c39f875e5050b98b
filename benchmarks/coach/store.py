"""Results: one JSON line a run, one file a half."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Container
from pathlib import Path
from typing import Any

import trimtab.insight.coach
from benchmarks.client import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "coach"

Row = dict[str, Any]


def path_of(half: str, folder: Path = RESULTS) -> Path:
    return folder / f"{half}.jsonl"


def read(half: str, folder: Path = RESULTS) -> dict[str, Row]:
    """Every run's newest row, by name."""
    path, rows = path_of(half, folder), {}
    if path.is_file():
        for line in path.read_text().splitlines():
            row: Row = json.loads(line)
            rows[row["name"]] = row
    return rows


def append(row: Row, folder: Path = RESULTS) -> None:
    path = path_of(row["half"], folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # several processes write
        file.write(json.dumps(row) + "\n")


def tidy(half: str, planned: Container[str], folder: Path = RESULTS) -> None:
    """One line a run that is still planned, by name; the file is replaced at once."""
    rows = {name: row for name, row in read(half, folder).items() if name in planned}
    if rows:
        path = path_of(half, folder)
        new = path.with_suffix(".new")
        new.write_text("".join(json.dumps(rows[name]) + "\n" for name in sorted(rows)))
        os.replace(new, path)


def coach() -> str:
    """Names the coach that looked: a digest of its sources."""
    folder = Path(trimtab.insight.coach.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]
