"""Dropout in motion: units that drop out are crossed out step by step, the loss runs below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import random
from trimtab.core.pictures import QUIET, TRAINING, VALIDATION
from trimtab.core.types import Floats
from trimtab.lesson.moving.masks import kept
from trimtab.lesson.moving.picture import Motion, rounded, standardized_concrete
from trimtab.program.ops import Dropout

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    from trimtab.model.sequential import Sequential

__all__ = ["RATES", "STEPS", "WIDTHS", "Run", "motion", "network", "train"]

#: Units of the network, from the columns to the prediction.
WIDTHS = (8, 8, 8, 1)

#: Rates of the slider, and that of the GIF, which is the lesson's.
RATES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)
SHOWN = 0.3

#: Training steps, and rows of a batch.
STEPS, BATCH = 40, 64


@dataclass(frozen=True)
class Run:
    """A training run, as it was.

    Attributes:
        rate: of both dropouts.
        loss: of each step's batch.
        kept: of each step, of each dropout: which units its mask keeps, for the first row.
    """

    rate: float
    loss: list[float]
    kept: list[tuple[NDArray[np.bool_], ...]]


def network(rate: float, seed: int, engine: str = "auto") -> Sequential:
    """The network of the picture, compiled."""
    from trimtab import layers, optimizers
    from trimtab.model.sequential import Sequential

    stack: list[Any] = [layers.Input((WIDTHS[0],))]
    for width in WIDTHS[1:-1]:
        stack += [layers.Dense(width, activation="relu"), layers.Dropout(rate)]
    model = Sequential([*stack, layers.Dense(WIDTHS[-1])], seed=seed)
    model.compile(optimizer=optimizers.Adam(0.01), loss="mae", engine=engine)
    model.runner.limit_threads(1)  # so small that threads would only wait for each other
    return model


def train(
    model: Sequential, x: Floats, y: Floats, *, rate: float, steps: int = STEPS, batch: int = BATCH
) -> Run:
    """Trains some steps, and notes the mask that each of them drew for its first row."""
    drops = [op for op in model.program().ops if isinstance(op, Dropout)]
    loss, masks, order = [], [], np.empty(0, np.int64)
    for step in range(steps):
        if len(order) < batch:
            order = random.permutation(model.run_seed(), random.Stream.ORDER, step, len(x))
        rows, order = order[:batch], order[batch:]
        number = model.runner.step  # what the masks of the step depend on
        drawn = tuple(kept(op, model.run_seed(), number, 0, WIDTHS[1]) for op in drops)
        masks.append(drawn or tuple(np.ones(width, bool) for width in WIDTHS[1:-1]))
        loss.append(float(model.train_on_batch(x[rows], y[rows])))
    return Run(rate, loss, masks)


def motion(seed: int = 0, engine: str = "auto", steps: int = STEPS) -> Motion:
    """Runs of all rates, and how they are shown."""
    x, y, _, _ = standardized_concrete()
    runs = [train(network(rate, seed, engine), x, y, rate=rate, steps=steps) for rate in RATES]
    shown = runs[RATES.index(SHOWN)]
    dropped = np.mean([not unit for masks in shown.kept for mask in masks for unit in mask])
    return Motion(
        sentences=(
            f"A network of {' - '.join(map(str, WIDTHS))} units trains {steps} steps on Concrete, "
            f"with dropout of {SHOWN:g} behind both hidden layers.",
            f"In each step each row of the batch loses other units; those of the first row are "
            f"crossed out: {dropped:.0%} of all.",
        ),
        facts={
            "widths": WIDTHS,
            "rates": RATES,
            "first": RATES.index(SHOWN),
            "runs": [
                {
                    "loss": rounded(run.loss),
                    "dropped": [
                        [np.flatnonzero(~mask).tolist() for mask in masks] for masks in run.kept
                    ],
                }
                for run in runs
            ],
        },
        frames=lambda figure: _frames(figure, shown),
    )


def _frames(figure: Figure, run: Run) -> Iterator[Sequence[Artist]]:
    """Draws one step after the other."""
    from matplotlib.collections import LineCollection

    above, below = figure.subplots(2, height_ratios=(3, 1))
    above.set_axis_off()
    above.set(xlim=(-0.4, len(WIDTHS) - 0.6), ylim=(-4.6, 4.7))
    places = [
        [(column, (width - 1) / 2 - unit) for unit in range(width)]
        for column, width in enumerate(WIDTHS)
    ]
    pairs = [
        (column, a, b)
        for column in range(len(WIDTHS) - 1)
        for a in range(WIDTHS[column])
        for b in range(WIDTHS[column + 1])
    ]
    spots = [place for column in places for place in column]
    lines = [(places[c][a], places[c + 1][b]) for c, a, b in pairs]
    links = LineCollection(lines, colors=QUIET, linewidths=0.7, zorder=1)
    above.add_collection(links)
    names = ["8 columns", "relu, dropout", "relu, dropout", "prediction"]
    for column, name in enumerate(names):
        above.text(column, -4.35, name, ha="center", fontsize=10)
    units = above.scatter(*zip(*spots, strict=True), s=240, zorder=2, linewidths=1.2)
    crosses = above.scatter([], [], s=170, marker="x", color=VALIDATION, zorder=3, linewidths=2.4)
    said = above.text((len(WIDTHS) - 1) / 2, 4.2, "", ha="center", fontsize=12)
    below.set(xlim=(0.5, len(run.loss) + 0.5), xlabel="step", ylabel="loss of the batch")
    below.set_ylim(0, max(run.loss) * 1.08)
    below.spines[["top", "right"]].set_visible(False)
    below.grid(alpha=0.3)
    (curve,) = below.plot([], [], color=TRAINING, linewidth=1.6)
    (head,) = below.plot([], [], "o", color=TRAINING)
    for step, masks in enumerate(run.kept):
        alive = [np.ones(WIDTHS[0], bool), *masks, np.ones(WIDTHS[-1], bool)]
        flat = np.concatenate(alive)
        links.set_alpha([0.55 if alive[c][a] and alive[c + 1][b] else 0.0 for c, a, b in pairs])
        units.set_facecolor(["#cfe1f3" if unit else "#ffffff" for unit in flat])
        units.set_edgecolor([TRAINING if unit else "#c3c9d0" for unit in flat])
        gone = [place for place, unit in zip(spots, flat, strict=True) if not unit]
        crosses.set_offsets(gone or np.empty((0, 2)))
        said.set_text(
            f"Dropout {run.rate:g}: step {step + 1} of {len(run.loss)}, {len(gone)} of "
            f"{sum(WIDTHS[1:-1])} units dropped"
        )
        curve.set_data(range(1, step + 2), run.loss[: step + 1])
        head.set_data([step + 1], [run.loss[step]])
        yield links, units, crosses, said, curve, head
