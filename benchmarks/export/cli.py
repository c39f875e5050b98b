"""`python -m benchmarks export`: seconds, or with `--differences` how far files are off."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import trimtab
from benchmarks.client import ROOT
from benchmarks.export import differences, latency

RESULTS = ROOT / "benchmarks" / "results" / "export"
DATA = ROOT.parent / "shared" / "data"


def main(arguments: Sequence[str] | None = None) -> int:
    ways = argparse.ArgumentParser(
        prog="python -m benchmarks export",
        description="Seconds from rows to answers of exported files; writes one Markdown page.",
    )
    ways.add_argument("--differences", action="store_true", help="how far files are off instead")
    ways.add_argument("--rows", type=int, default=10_000, help="to compare (default 10,000)")
    ways.add_argument("--rounds", type=int, default=9, help="of the timing (default 9)")
    ways.add_argument("--epochs", type=int, default=5, help="of each network (default 5)")
    ways.add_argument("--data", type=Path, default=DATA, help="folder of the CSV files")
    ways.add_argument("--out", type=Path, default=RESULTS, help="folder for the page")
    asked = ways.parse_args(arguments)
    if asked.differences:
        name, text = "differences.md", differences.page(asked.data, asked.rows, asked.epochs)
    else:
        trimtab.config.set_threads(1)
        name, text = "latency.md", latency.page(asked.rounds, epochs=asked.epochs)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / name).write_text(text)
    print(text, end="")
    return 0
