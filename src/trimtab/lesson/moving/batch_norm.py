"""Batch normalization in motion: what a layer gets while it trains, without and with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import random
from trimtab.core.pictures import QUIET, TRAINING, VALIDATION
from trimtab.core.types import Floats
from trimtab.engines.base import Rows
from trimtab.lesson.moving.picture import Motion, rounded, standardized_concrete
from trimtab.program import Builder

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    from trimtab.model.sequential import Sequential

__all__ = ["BINS", "HIDDEN", "Run", "motion", "network", "train"]

#: Width of the hidden layers, and how many there are.
WIDTH, HIDDEN = 64, 4

#: Snapshots, training steps from one to the next, rows of a batch, rows that are looked at.
SNAPSHOTS, BETWEEN, BATCH, LOOKED = 40, 5, 64, 256

#: Limits and number of the classes of the histograms; what lies outside counts in the last ones.
LOW, HIGH, BINS = -4.0, 4.0, 48

NAMES = ("without batch normalization", "with batch normalization")


@dataclass(frozen=True)
class Run:
    """A training run, as it was.

    Attributes:
        shares: of each snapshot: share of the inputs in each class of the histogram.
        mean, deviation: of the same inputs.
        val_loss: of each snapshot.
    """

    shares: list[Floats]
    mean: list[float]
    deviation: list[float]
    val_loss: list[float]


def network(normalized: bool, seed: int, engine: str = "auto") -> Sequential:
    """Hidden layers of relu, with or without batch normalization before it; compiled."""
    from trimtab import layers, optimizers
    from trimtab.model.sequential import Sequential

    stack: list[Any] = [layers.Input((8,))]
    for _ in range(HIDDEN):
        stack.append(layers.Dense(WIDTH))
        if normalized:
            stack.append(layers.BatchNormalization(momentum=0.9))
        stack.append(layers.ReLU())
    model = Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer=optimizers.SGD(0.05), loss="mae", engine=engine)
    model.runner.limit_threads(1)  # so small that threads would only wait for each other
    return model


def train(model: Sequential, snapshots: int = SNAPSHOTS) -> Run:
    """Trains, and looks at what the last relu gets before the first step and after some."""
    x, y, x_valid, y_valid = standardized_concrete()
    builder = Builder(model.built_width())
    model.emit(builder)
    source = [s for s in builder.spans if type(s.layer).__name__ == "ReLU"][-1].sources[0]
    run = Run([], [], [], [])
    order = np.empty(0, np.int64)
    for snapshot in range(snapshots):
        if snapshot:
            for _ in range(BETWEEN):
                if len(order) < BATCH:
                    step = model.runner.step
                    order = random.permutation(model.run_seed(), random.Stream.ORDER, step, len(x))
                rows, order = order[:BATCH], order[BATCH:]
                model.train_on_batch(x[rows], y[rows])
        probe = model.training_engine().probe(Rows(x[:LOOKED]), training=True)
        inputs = probe.values[source].astype(float)
        counts, _ = np.histogram(np.clip(inputs, LOW, HIGH), BINS, (LOW, HIGH))
        run.shares.append((counts / inputs.size).astype(np.float32))
        run.mean.append(float(inputs.mean()))
        run.deviation.append(float(inputs.std()))
        run.val_loss.append(float(model.evaluate(x_valid, y_valid, verbose=0)))
    return run


def motion(seed: int = 0, engine: str = "auto") -> Motion:
    """Both runs, and how they are shown."""
    runs = [train(network(normalized, seed, engine)) for normalized in (False, True)]
    plain, normal = runs
    return Motion(
        sentences=(
            f"Two networks of {HIDDEN} hidden layers of {WIDTH} units train "
            f"{(SNAPSHOTS - 1) * BETWEEN} steps on Concrete with plain SGD, from the same weights: "
            "one without batch normalization, one with it before each relu.",
            f"What the last relu gets: without it the standard deviation goes from "
            f"{plain.deviation[0]:.2f} to {plain.deviation[-1]:.2f}, with it it is "
            f"{normal.deviation[0]:.2f} and {normal.deviation[-1]:.2f}. Validation loss at the "
            f"end: {plain.val_loss[-1]:.3f} and {normal.val_loss[-1]:.3f}, in standard deviations "
            "of the target.",
        ),
        facts={
            "between": BETWEEN,
            "low": LOW,
            "high": HIGH,
            "names": NAMES,
            "runs": [
                {
                    "shares": [rounded(shares) for shares in run.shares],
                    "mean": rounded(run.mean, 3),
                    "deviation": rounded(run.deviation, 3),
                    "loss": rounded(run.val_loss),
                }
                for run in runs
            ],
        },
        frames=lambda figure: _frames(figure, runs),
    )


def _frames(figure: Figure, runs: Sequence[Run]) -> Iterator[Sequence[Artist]]:
    """Draws one snapshot after the other."""
    grid = figure.add_gridspec(2, 2, height_ratios=(3, 2))
    edges = np.linspace(LOW, HIGH, BINS + 1)
    highest = max(float(shares.max()) for run in runs for shares in run.shares[1:]) * 1.05
    panels, moving = [], []
    for column, (name, color) in enumerate(zip(NAMES, (VALIDATION, TRAINING), strict=True)):
        panel = figure.add_subplot(grid[0, column])
        panel.set(xlim=(LOW, HIGH), ylim=(0, highest), yticks=[], xlabel="input of the last relu")
        panel.set_title(name, fontsize=11)
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.axvline(0, color=QUIET, linewidth=0.8)
        area = panel.stairs(runs[column].shares[0], edges, fill=True, color=color, alpha=0.75)
        said = panel.text(0.98, 0.92, "", transform=panel.transAxes, ha="right", fontsize=9)
        panels.append((area, said))
        moving += [area, said]
    below = figure.add_subplot(grid[1, :])
    steps = np.arange(len(runs[0].val_loss)) * BETWEEN
    losses = [loss for run in runs for loss in run.val_loss]
    below.set(xlim=(0, steps[-1]), ylim=(0, max(losses) * 1.05), xlabel="step")
    below.set_ylabel("validation loss")
    below.spines[["top", "right"]].set_visible(False)
    below.grid(alpha=0.3)
    lines = [
        below.plot([], [], color=color, linewidth=1.8, label=name)[0]
        for name, color in zip(NAMES, (VALIDATION, TRAINING), strict=True)
    ]
    below.legend(lines, NAMES, loc="upper right", frameon=False, fontsize=9)
    for number in range(len(steps)):
        for run, (area, said), line in zip(runs, panels, lines, strict=True):
            area.set_data(run.shares[number])
            said.set_text(f"mean {run.mean[number]:.2f}, sd {run.deviation[number]:.2f}")
            line.set_data(steps[: number + 1], run.val_loss[: number + 1])
        yield [*moving, *lines]
