"""Error rates and power on the differences of real networks, by dividing a real table anew.

Two networks that differ in nothing but their seed have no true difference. Each of 200 comparisons
divides the table with another seed, trains both on each split, and is judged as users' are. For the
power, one deviation of such differences is added to the second.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import trimtab
from trimtab import config, layers
from trimtab.trials import edits
from trimtab.trials.designs import make_design
from trimtab.trials.running import run
from trimtab.trials.selection import split_means
from trimtab.trials.sequential import wealth
from trimtab.trials.statistics import LEVEL, effect
from trimtab.trials.tasks import NetworkTask
from trimtab.trials.trial import BASE, Trial

COMPARISONS, PAIRS = 200, 16


def network() -> trimtab.Sequential:
    """A small network, so that thousands of them train in minutes."""
    stack = [layers.Dense(16, "relu"), layers.Dropout(0.1), layers.Dense(1)]
    model = trimtab.Sequential(stack)
    model.compile(trimtab.optimizers.Adam(0.01), "mae")
    return model


def rows(path: str, target: str) -> tuple[Any, Any]:
    """Numbers of a table and its target, standardized over the whole table."""
    frame = pd.read_csv(path).select_dtypes("number").dropna()
    wide = frame.drop(columns=target).to_numpy(np.float64)
    x = ((wide - wide.mean(axis=0)) / wide.std(axis=0)).astype(np.float32)
    y = frame[target].to_numpy(np.float64)
    return x, ((y - y.mean()) / y.std()).astype(np.float32)


def gains(x: Any, y: Any, kind: str, seed: int, epochs: int) -> tuple[NDArray[Any], float]:
    """The differences of one comparison, and the overlap of its splits."""
    settings = {"epochs": epochs, "batch_size": 64}
    task = NetworkTask(network(), {"-": edits.units(2)}, x, y, settings, None, None, None)
    design = make_design(task.units, kind=kind, splits=PAIRS, seed=seed)
    task.divide(design)
    pair = (2 * seed, 2 * seed + 1)
    calls = [task.call(Trial(split, each, BASE)) for split in range(PAIRS) for each in pair]
    outcomes = list(run(calls, config.get_threads()))
    first, second = (
        split_means((o for o in outcomes if o.trial.seed == each), "mae", [each])[BASE]
        for each in pair
    )
    return np.array([first[split] - second[split] for split in range(PAIRS)]), design.overlap


def record(path: str, target: str, kind: str, epochs: int = 4) -> dict[str, Any]:
    """All figures of a table."""
    x, y = rows(path, target)
    found = []
    for seed in range(COMPARISONS):
        found.append(gains(x, y, kind, seed, epochs))
        print(f"\r{path}, {kind}: {seed + 1} of {COMPARISONS}", end="", file=sys.stderr)
    overlap = found[0][1]
    differences = np.array([each for each, _ in found])
    deviation = float(differences.std())

    def claims(shift: float) -> int:
        return sum(effect(each + shift, overlap).p_better <= LEVEL for each in differences)

    figures = {
        "rows": len(x),
        "design": kind,
        "test rows over training rows": round(overlap, 3),
        "comparisons": COMPARISONS,
        "pairs": PAIRS,
        "no difference": claims(0.0),
        "one deviation": claims(deviation),
    }
    if kind == "parts":

        def decided(shift: float) -> int:
            looks = (wealth(each + shift) for each in differences)
            return sum(each.decided(1) and each.mean > 0 for each in looks)

        figures["sequential, no difference"] = decided(0.0)
        figures["sequential, one deviation"] = decided(deviation)
    return figures
