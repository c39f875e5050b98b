"""Dropout as a committee: predictions of thinned networks, their mean, and the errors of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import random
from trimtab.core.pictures import QUIET, TRAINING, VALIDATION
from trimtab.core.types import Doubles, Floats
from trimtab.lesson.moving.picture import Motion, rounded

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    from trimtab.model.sequential import Sequential

__all__ = ["MEMBERS", "errors", "motion", "network", "thinned"]

#: Thinned networks, units of the two hidden layers, rate, rows to train on, epochs.
MEMBERS, WIDTH, RATE, ROWS, EPOCHS = 40, 64, 0.2, 60, 600

#: Where predictions are drawn, and errors are measured.
GRID = np.linspace(-3.0, 3.0, 121, dtype=np.float32)[:, None]

#: Standard deviation of the noise of the targets.
NOISE = 0.25


def truth(x: Floats) -> Floats:
    """What the network learns, without noise."""
    curve: Floats = np.sin(1.7 * x[:, 0]) + 0.3 * x[:, 0]
    return curve


def network(seed: int, engine: str = "auto", *, whole_columns: bool = False) -> Sequential:
    """The network, compiled.

    Args:
        seed: of weights, order and masks.
        engine: it runs on.
        whole_columns: whether one mask is for all rows of a batch, so that a step is one thinned
            network; else each row has its own, as usual.
    """
    from trimtab import layers, optimizers
    from trimtab.model.sequential import Sequential

    noise_shape = (1, None) if whole_columns else None
    stack: list[Any] = [layers.Input((1,))]
    for _ in range(2):
        stack.append(layers.Dense(WIDTH, activation="relu"))
        stack.append(layers.Dropout(RATE, noise_shape=noise_shape))
    model = Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer=optimizers.Adam(0.005), loss="mse", engine=engine)
    model.runner.limit_threads(1)  # so small that threads would only wait for each other
    return model


def thinned(model: Sequential, seed: int, engine: str = "auto") -> Doubles:
    """Predictions of thinned networks with the weights of a trained one, ``(members, grid)``."""
    shared = network(seed, engine, whole_columns=True)
    shared.set_weights(model.get_weights())
    drawn = shared.predict_samples(GRID, samples=MEMBERS, seed=seed)
    return np.asarray(drawn, float)[:, :, 0]


def errors(predictions: Doubles, target: Doubles) -> tuple[Doubles, Doubles]:
    """Root mean squared errors: of each member, and of the mean of the first 1, 2, ... members."""
    means = predictions.cumsum(axis=0) / np.arange(1, len(predictions) + 1)[:, None]
    own, joint = (np.sqrt(((each - target) ** 2).mean(axis=1)) for each in (predictions, means))
    return own, joint


def motion(seed: int = 0, engine: str = "auto") -> Motion:
    """Trains one network, draws thinned ones, and says how they are shown."""
    x = 6 * random.uniform(seed, random.Stream.SPLIT, 0, (ROWS, 1)) - 3
    y = truth(x) + NOISE * random.normal(seed, random.Stream.SPLIT, 1, (ROWS,))
    model = network(seed, engine)
    model.fit(x, y, epochs=EPOCHS, batch_size=ROWS, verbose=0)
    predictions = thinned(model, seed, engine)
    target = truth(GRID).astype(float)
    own, joint = errors(predictions, target)
    facts = {
        "x": rounded(GRID[:, 0], 3),
        "truth": rounded(target, 3),
        "rows": [rounded(x[:, 0], 3), rounded(y, 3)],
        "members": [rounded(each, 3) for each in predictions],
        "own": rounded(own),
        "joint": rounded(joint),
    }
    return Motion(
        sentences=(
            f"One network with dropout {RATE:g} is trained on {ROWS} points. Each mask of its "
            f"dropout makes a thinned network of it: {MEMBERS} of them predict here.",
            f"A thinned network is off by {own.mean():.3f} on average (root mean squared error "
            f"against the curve without noise), the mean of all {MEMBERS} by {joint[-1]:.3f}.",
        ),
        facts=facts,
        frames=lambda figure: _frames(figure, facts),
    )


def _frames(figure: Figure, facts: dict[str, Any]) -> Iterator[Sequence[Artist]]:
    """Adds one member after the other."""
    from matplotlib.collections import LineCollection

    above, below = figure.subplots(2, height_ratios=(3, 1.6))
    members, grid = np.asarray(facts["members"]), np.asarray(facts["x"])
    above.plot(grid, facts["truth"], "--", color=QUIET, label="without noise")
    above.plot(*facts["rows"], "o", color=QUIET, markersize=3.5, alpha=0.6, label="rows")
    above.set(xlim=(-3, 3), ylim=(members.min() - 0.1, members.max() + 0.6), ylabel="prediction")
    thin = LineCollection([], colors=TRAINING, linewidths=0.7, alpha=0.45)
    above.add_collection(thin, autolim=False)
    (thick,) = above.plot([], [], color=VALIDATION, linewidth=2.8, label="their mean")
    above.plot([], [], color=TRAINING, linewidth=0.9, label="thinned networks")
    above.legend(loc="upper left", ncols=4, frameon=False, fontsize=9)
    numbers = np.arange(1, len(members) + 1)
    below.set(xlim=(0, len(members) + 1), ylim=(0, max(facts["own"]) * 1.08))
    below.set(xlabel="thinned networks", ylabel="error")
    (dots,) = below.plot([], [], "o", color=TRAINING, markersize=4)
    (line,) = below.plot([], [], color=VALIDATION, linewidth=2.2)
    for panel in (above, below):
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(alpha=0.3)
    for count in numbers:
        thin.set_segments([np.column_stack([grid, each]) for each in members[:count]])
        thick.set_data(grid, members[:count].mean(axis=0))
        dots.set_data(numbers[:count], facts["own"][:count])
        line.set_data(numbers[:count], facts["joint"][:count])
        yield thin, thick, dots, line
