"""Every run by name: the lesson's three, one for counting rows, a small one, and the sweep's."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.lesson import LESSONS, spotify_layers
from benchmarks.networks import BatchNormalization, Dense, Dropout, Layer, Run

ROWS = Run("rows", spotify_layers(), "adam", 512, 1)

#: What a network is unless told otherwise: for tracking, on the rows of Concrete.
DEFAULT = Run("default", (Dense(256, relu=True), Dense(256, relu=True), Dense(1)), "adam", 32, 100)

#: Eight of these in one network: their products are one tall matrix of eight batches.
COMMITTEE = replace(DEFAULT, name="committee", members=8)

RUNS = {name: lesson.run for name, lesson in LESSONS.items()}
RUNS |= {run.name: run for run in (ROWS, DEFAULT, COMMITTEE)}


def hidden_pair(width: int, batch_size: int, epochs: int) -> Run:
    """Two hidden layers of a width, with dropout and batch normalization: a cell of the sweep."""
    block: tuple[Layer, ...] = (Dense(width, relu=True), Dropout(0.3), BatchNormalization())
    return Run("sweep", (*block, *block, Dense(1)), "adam", batch_size, epochs)


def find(name: str, epochs: int = 0) -> Run:
    """A run, with its own number of epochs or another."""
    return replace(RUNS[name], epochs=epochs) if epochs else RUNS[name]
