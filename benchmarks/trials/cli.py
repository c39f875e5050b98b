"""``python -m benchmarks trials [PART ...]``: measures, and writes into `results/`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.cli import DATA
from benchmarks.client import ROOT
from benchmarks.lesson import LESSONS
from benchmarks.peers import PEERS
from benchmarks.trials import cores, resplit, simulated, speed

RESULTS = ROOT / "benchmarks" / "results"

#: Name of a part -> what measures it, into `trials.json`.
PARTS: dict[str, Any] = {
    "simulated": lambda data: simulated.record(),
    "spotify in parts": lambda data: resplit.record(
        str(data / "spotify.csv"), "track_popularity", "parts"
    ),
    "red wine, overlapping": lambda data: resplit.record(
        str(data / "red-wine.csv"), "quality", "holdout"
    ),
    "cores": lambda data: cores.record(),
}


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    ways = argparse.ArgumentParser(prog="python -m benchmarks trials", description=__doc__)
    ways.add_argument(
        "parts", nargs="*", help=f"{', '.join([*PARTS, *speed.PARTS])} (default: all)"
    )
    ways.add_argument("--data", type=Path, default=DATA, help="folder of the lesson's tables")
    ways.add_argument("--out", type=Path, default=RESULTS, help="default benchmarks/results")
    ways.add_argument("--lessons", nargs="+", choices=LESSONS, default=list(LESSONS))
    ways.add_argument("--peers", nargs="+", choices=PEERS, help="of speed (default: its own)")
    ways.add_argument("--repeats", type=int, default=5, help="rounds of speed and tracking")
    ways.add_argument("--networks", type=int, default=8, help="how many each peer of speed trains")
    ways.add_argument("--epochs", type=int, default=0, help="shorten or lengthen every run")
    ways.add_argument(
        "--stand-in", action="store_true", help="made-up rows where a file is missing"
    )
    asked = ways.parse_args(given)
    if unknown := set(asked.parts) - {*PARTS, *speed.PARTS}:
        ways.error(f"no part {', '.join(sorted(unknown))}; have {', '.join(PARTS)}")
    if min(asked.repeats, asked.networks) < 1 or asked.epochs < 0:
        ways.error("--repeats and --networks must be at least 1 and --epochs at least 0")
    for part in asked.parts or [*PARTS, *speed.PARTS]:
        if part in speed.PARTS:
            speed.main(part, asked)
            continue
        found = PARTS[part](asked.data)
        print(part, json.dumps(found, indent=2), sep="\n", flush=True)
        path = asked.out / "trials.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        known[part] = found
        path.write_text(json.dumps(known, indent=2) + "\n")
    return 0
