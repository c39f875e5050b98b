"""The command line: which measurements, of whom, how often, and where the results go."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import devices, machine, report
from benchmarks.client import ROOT
from benchmarks.lesson import LESSONS
from benchmarks.measurements import MEASUREMENTS, ON_ACCELERATOR, ON_PROCESSOR
from benchmarks.peers import PEERS
from benchmarks.session import Session, Settings, say

RESULTS = ROOT / "benchmarks" / "results"
ACCELERATOR = "accelerator"
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
        help=f"any of {', '.join(MEASUREMENTS)} (default: all but sweep), or 'page' to write the "
        f"page anew; after 'accelerator': on a GPU or TPU (default: {', '.join(ON_ACCELERATOR)})",
    )
    ways.add_argument("--lessons", nargs="+", choices=LESSONS, default=list(LESSONS))
    ways.add_argument("--peers", nargs="+", choices=PEERS, help="default: each measurement's own")
    ways.add_argument("--repeats", type=int, default=5, help="rounds (default 5)")
    ways.add_argument("--epochs", type=int, default=0, help="shorten or lengthen every run")
    ways.add_argument(
        "--before",
        type=Path,
        metavar="SRC",
        help="src folder of another version, to be measured as the peer trimtab-before",
    )
    ways.add_argument("--widths", type=int, nargs="+", help="of the sweep's hidden layers")
    ways.add_argument("--batches", type=int, nargs="+", help="the sweep's batch sizes")
    ways.add_argument("--networks", type=int, help="how many 'many' trains")
    ways.add_argument("--data", type=Path, default=DATA, help="folder of the CSV files")
    ways.add_argument("--out", type=Path, help="folder for results (default benchmarks/results)")
    ways.add_argument(
        "--stand-in",
        action="store_true",
        help="made-up rows of the same shape where a CSV file is missing",
    )
    ways.add_argument("--quick", action="store_true", help="seconds instead of an hour; no figures")
    return ways


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["devices"]:  # nothing to time, and settings of its own
        return devices.main(given[1:])
    if given[:1] == ["accuracy"]:  # tables, peers and results of its own
        from benchmarks.accuracy.cli import main as accuracy

        return accuracy(given[1:])
    if given[:1] == ["coach"]:  # a collection of runs, and results of its own
        from benchmarks.coach.cli import main as coach

        return coach(given[1:])
    if given[:1] == ["export"]:  # files beside the models they were made of
        from benchmarks.export.cli import main as export

        return export(given[1:])
    if given[:1] == ["live"]:  # a page beside the fits
        from benchmarks.live_view import main as live

        return live(given[1:])
    if given[:1] == ["trials"]:  # what comparisons claim, and their speed
        from benchmarks.trials.cli import main as trials

        return trials(given[1:])
    if given[:1] == ["serve"]:  # load on a server, and results of its own
        from benchmarks.serving import main as serve

        return serve(given[1:])
    ways = parser()
    asked = ways.parse_args(given)
    if asked.repeats < 1 or asked.epochs < 0:
        ways.error("--repeats must be at least 1 and --epochs at least 0")
    unknown = set(asked.measurements) - {*MEASUREMENTS, "page", ACCELERATOR}
    if unknown:
        ways.error(f"no measurement {', '.join(sorted(unknown))}; have {', '.join(MEASUREMENTS)}")
    if asked.measurements == ["page"]:
        out = asked.out or RESULTS
    else:
        with tempfile.TemporaryDirectory() as scratch:
            settings = settings_of(asked, Path(scratch))
            out = settings.out
            out.mkdir(parents=True, exist_ok=True)
            default = ON_ACCELERATOR if settings.accelerator else ON_PROCESSOR
            named = [name for name in asked.measurements if name in MEASUREMENTS]
            for name in named or default:
                measure(name, settings)
    say(f"wrote {report.write_page(out)}")
    return 0


def settings_of(asked: argparse.Namespace, scratch: Path) -> Settings:
    """The command line as settings; on an accelerator, the device is asked for its name."""
    settings = Settings(
        data=asked.data,
        out=asked.out or RESULTS,
        scratch=scratch,
        lessons=asked.lessons,
        peers=asked.peers,
        repeats=asked.repeats,
        epochs=asked.epochs,
        stand_in=asked.stand_in,
        accelerator=ACCELERATOR in asked.measurements,
        before=asked.before,
    )
    if settings.accelerator:
        settings = on_accelerator(settings)
    if asked.quick:
        settings = shortened(settings)
    chosen = {name: getattr(asked, name) for name in ("out", "widths", "batches", "networks")}
    return replace(settings, **{name: value for name, value in chosen.items() if value})


def on_accelerator(settings: Settings) -> Settings:
    """A folder named after the device, and sizes that fit it."""
    device = Session(settings).device()
    folder = RESULTS / re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")
    if device == "cpu":
        say(
            "accelerator: JAX finds no GPU or TPU (it needs a JAX wheel made for the device), "
            "so everything is measured on the processor."
        )
        return replace(settings, out=folder)
    say(f"accelerator: {device}")
    return replace(
        settings,
        out=folder,
        widths=(64, 128, 256, 512, 1024, 2048, 4096),
        batches=(256, 1024, 4096, 16384),
        networks=256,
    )


def quick(out: Path, names: Sequence[str], peers: Sequence[str], lessons: Sequence[str]) -> None:
    """What a test calls: a few epochs of everything asked for; results go to `out`."""
    main([*names, "--quick", "--out", str(out), "--peers", *peers, "--lessons", *lessons])


def shortened(settings: Settings) -> Settings:
    """Small enough for a test: everything runs, nothing is measured."""
    return replace(
        settings,
        out=RESULTS / "quick",
        repeats=1,
        epochs=2,
        rows=(2_000, 8_000),
        row_visits=8_000,
        networks=2,
        widths=(8, 16),
        batches=(16,),
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
            "accelerator": settings.accelerator,
            "made_up": session.made_up,
            "load_before": load_before,
            "left_out": session.left_out,
            "records": session.records,
        }
        report.write_json(settings.out, name, result)
