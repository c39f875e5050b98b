"""``python -m benchmarks.trials [PART ...]``: measures, and writes `results/trials.json`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.trials import resplit, simulated, speed

RESULTS = Path(__file__).resolve().parent.parent / "results" / "trials.json"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

#: Name of a part -> what measures it.
PARTS: dict[str, Any] = {
    "simulated": lambda data: simulated.record(),
    "spotify in parts": lambda data: resplit.record(
        str(data / "spotify.csv"), "track_popularity", "parts"
    ),
    "red wine, overlapping": lambda data: resplit.record(
        str(data / "red-wine.csv"), "quality", "holdout"
    ),
    "speed": lambda data: speed.record(),
}


def main() -> int:
    ways = argparse.ArgumentParser(prog="python -m benchmarks.trials", description=__doc__)
    ways.add_argument("parts", nargs="*", default=list(PARTS), help=", ".join(PARTS))
    ways.add_argument("--data", type=Path, default=DATA, help="folder of the lesson's tables")
    given = ways.parse_args()
    for part in given.parts:
        found = PARTS[part](given.data)
        print(part, json.dumps(found, indent=2), sep="\n", flush=True)
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        known[part] = found
        RESULTS.write_text(json.dumps(known, indent=2) + "\n")
    return 0
