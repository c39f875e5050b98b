"""The command line: which measurements, of whom, how often, and where the results go."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import machine, report
from benchmarks.client import ROOT
from benchmarks.lesson import LESSONS
from benchmarks.measurements import MEASUREMENTS
from benchmarks.peers import PEERS
from benchmarks.session import Session, Settings, say

RESULTS = ROOT / "benchmarks" / "results"
DATA = ROOT.parent / "shared" / "data"


def parser() -> argparse.ArgumentParser:
    ways = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Times trimtab beside its peers; writes JSON and one Markdown page.",
    )
    ways.add_argument(
        "measurements",
        nargs="*",
        metavar="MEASUREMENT",
        help=f"any of {', '.join(MEASUREMENTS)} (default: all), or 'page' to write the page anew",
    )
    ways.add_argument("--lessons", nargs="+", choices=LESSONS, default=list(LESSONS))
    ways.add_argument("--peers", nargs="+", choices=PEERS, help="default: each measurement's own")
    ways.add_argument("--repeats", type=int, default=5, help="rounds (default 5)")
    ways.add_argument("--epochs", type=int, default=0, help="shorten or lengthen every run")
    ways.add_argument("--data", type=Path, default=DATA, help="folder of the CSV files")
    ways.add_argument("--out", type=Path, help="folder for results (default benchmarks/results)")
    ways.add_argument("--quick", action="store_true", help="seconds instead of an hour; no figures")
    return ways


def main(arguments: Sequence[str] | None = None) -> int:
    ways = parser()
    asked = ways.parse_args(arguments)
    if asked.repeats < 1 or asked.epochs < 0:
        ways.error("--repeats must be at least 1 and --epochs at least 0")
    unknown = set(asked.measurements) - {*MEASUREMENTS, "page"}
    if unknown:
        ways.error(f"no measurement {', '.join(sorted(unknown))}; have {', '.join(MEASUREMENTS)}")
    out = asked.out or (RESULTS / "quick" if asked.quick else RESULTS)
    out.mkdir(parents=True, exist_ok=True)
    if asked.measurements != ["page"]:
        names = [name for name in asked.measurements if name != "page"] or list(MEASUREMENTS)
        with tempfile.TemporaryDirectory() as scratch:
            settings = Settings(
                data=asked.data,
                out=out,
                scratch=Path(scratch),
                lessons=asked.lessons,
                peers=asked.peers,
                repeats=asked.repeats,
                epochs=asked.epochs,
            )
            if asked.quick:
                settings = shortened(settings)
            for name in names:
                measure(name, settings)
    say(f"wrote {report.write_page(out).name}")
    return 0


def quick(out: Path, names: Sequence[str], peers: Sequence[str], lessons: Sequence[str]) -> None:
    """What a test calls: a few epochs of everything asked for; results go to `out`."""
    main([*names, "--quick", "--out", str(out), "--peers", *peers, "--lessons", *lessons])


def shortened(settings: Settings) -> Settings:
    """Small enough for a test: everything runs, nothing is measured."""
    return replace(
        settings,
        repeats=1,
        epochs=2,
        rows=(2_000, 8_000),
        row_visits=8_000,
        networks=2,
        time_limit=300.0,
        stand_in=True,
    )


def measure(name: str, settings: Settings) -> None:
    """Take one measurement; what it has by then is written even if it is interrupted."""
    say(f"{name}: {MEASUREMENTS[name].title}")
    session = Session(settings)
    load_before = machine.load_average()
    try:
        MEASUREMENTS[name].measure(session)
    finally:
        result = {
            "measurement": name,
            "machine": machine.describe() | session.facts,
            "versions": dict(sorted((machine.versions() | session.versions).items())),
            "repeats": settings.repeats,
            "full_length": not settings.epochs,
            "load_before": load_before,
            "left_out": session.left_out,
            "records": session.records,
        }
        report.write_json(settings.out, name, result)
