"""Every run by name: the lesson's three, and the one whose rows are counted."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.lesson import LESSONS, spotify_layers
from benchmarks.networks import Run

ROWS = Run("rows", spotify_layers(), "adam", 512, 1)

RUNS = {name: lesson.run for name, lesson in LESSONS.items()} | {"rows": ROWS}


def find(name: str, epochs: int = 0) -> Run:
    """A run, with its own number of epochs or another."""
    return replace(RUNS[name], epochs=epochs) if epochs else RUNS[name]
