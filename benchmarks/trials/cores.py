"""Trials per minute: one network a core, against one core alone."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

import numpy as np

import trimtab
from trimtab import config, layers, trials
from trimtab.trials import edits


def network() -> trimtab.Sequential:
    """The lesson's Spotify network, with 14 columns as in trimtab's own lesson."""
    stack = [
        layers.Dense(128, "relu"),
        layers.Dropout(0.3),
        layers.Dense(64, "relu"),
        layers.Dropout(0.3),
        layers.Dense(1),
    ]
    model = trimtab.Sequential(stack)
    model.compile("adam", "mae")
    return model


def per_minute(jobs: int, x: Any, y: Any, epochs: int) -> tuple[float, float]:
    """Trials a minute with so many at a time, and processor seconds of one."""
    begin, cpu = time.perf_counter(), time.process_time()
    found = trials.compare(
        network(),
        edits.dropout(0.1),
        x,
        y,
        epochs=epochs,
        batch_size=512,
        splits=2 * jobs,
        design="holdout",
        jobs=jobs,
        verbose=0,
    )
    trained = len(found.outcomes)
    wall = time.perf_counter() - begin
    return 60 * trained / wall, (time.process_time() - cpu) / trained


def record(rounds: int = 5, epochs: int = 20, jobs: int | None = None) -> dict[str, Any]:
    """Rates of interleaved rounds: one core, then all."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(24_000, 14)).astype(np.float32)
    y = (x[:, 0] + rng.normal(size=len(x))).astype(np.float32)
    jobs = jobs or config.get_threads()
    per_minute(1, x[:4_000], y[:4_000], 1)
    pairs = [[per_minute(number, x, y, epochs) for number in (1, jobs)] for _ in range(rounds)]
    middle = statistics.median
    return {
        "cores": jobs,
        "rounds": rounds,
        "load before": round(os.getloadavg()[0], 1),
        "trials per minute, one core": round(middle(one[0] for one, _ in pairs), 1),
        "trials per minute, all cores": round(middle(every[0] for _, every in pairs), 1),
        "share of cores times one core": round(
            middle(every[0] / (jobs * one[0]) for one, every in pairs), 3
        ),
        "processor seconds of a trial, all cores over one": round(
            middle(every[1] / one[1] for one, every in pairs), 3
        ),
    }
