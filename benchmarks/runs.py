"""Every run by name: the lesson's three, the one whose rows are counted, and those of the sweep."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.lesson import LESSONS, spotify_layers
from benchmarks.networks import BatchNormalization, Dense, Dropout, Layer, Run

ROWS = Run("rows", spotify_layers(), "adam", 512, 1)

RUNS = {name: lesson.run for name, lesson in LESSONS.items()} | {"rows": ROWS}


def hidden_pair(width: int, batch_size: int, epochs: int) -> Run:
    """Two hidden layers of a width, with dropout and batch normalization: a cell of the sweep."""
    block: tuple[Layer, ...] = (Dense(width, relu=True), Dropout(0.3), BatchNormalization())
    return Run("sweep", (*block, *block, Dense(1)), "adam", batch_size, epochs)


def find(name: str, epochs: int = 0) -> Run:
    """A run, with its own number of epochs or another."""
    return replace(RUNS[name], epochs=epochs) if epochs else RUNS[name]
