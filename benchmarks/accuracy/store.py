"""Results: one JSON line a run, one file a variant, only ever appended to."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.client import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "accuracy"

Row = dict[str, Any]
Key = tuple[str, int, str, int]


def path_of(variant: str, folder: Path = RESULTS) -> Path:
    return folder / f"{variant.replace(':', '.')}.jsonl"


def key_of(row: Row) -> Key:
    """A run's place; only timed runs have rounds."""
    return row["table"], row["split"], row["variant"], row.get("round", 0)


def append(row: Row, folder: Path = RESULTS) -> None:
    """Add a row; what it says must be finite.

    Raises:
        ValueError: a number is not.
    """
    for name, value in row.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{key_of(row)}: {name} is {value}")
    path = path_of(row["variant"], folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")


def read(folder: Path = RESULTS) -> list[Row]:
    """Every run's newest row, in the order of files and lines."""
    rows: dict[Key, Row] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row: Row = json.loads(line)
            rows.pop(key_of(row), None)
            rows[key_of(row)] = row
    return list(rows.values())


def known(rows: Iterable[Row]) -> set[tuple[Any, ...]]:
    """What needs no second run: the same variant with the same options on the same rows."""
    return {(*key_of(row), _flat(row["options"]), row["sha256"]) for row in rows}


def is_known(key: Key, options: Row, sha256: str, known_runs: set[tuple[Any, ...]]) -> bool:
    return (*key, _flat(options), sha256) in known_runs


def _flat(options: Row) -> str:
    return json.dumps(options, sort_keys=True)
