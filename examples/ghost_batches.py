"""Ghost batches: a large batch, normalized in chunks as if it were many small ones.

Concrete mixes, all training rows in one batch: a step an epoch, statistics without noise. Part of
what small batches do for unseen rows is that noise; virtual_batch_size brings it back without
taking more steps. Runs with small batches, and as many steps, stand beside it.

    python examples/ghost_batches.py [seeds]

It prints, after the last step, the loss on rows seen and unseen (population statistics, so that
nothing else differs), and writes ghost-batches.png. Ten seeds take about a minute.
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import trimtab
from trimtab import layers
from trimtab.datasets import load_concrete

STEPS = 400
ALL = 721  # rows to train on

#: Name -> rows of a batch, virtual_batch_size.
CASES = {
    "all rows": (ALL, None),
    "all rows, ghosts of 64": (ALL, 64),
    "all rows, ghosts of 16": (ALL, 16),
    "all rows, ghosts of 4": (ALL, 4),
    "batches of 64": (64, None),
    "batches of 16": (16, None),
}


def rows(seed):
    """Training and validation rows, 70 and 30 %, another split for each seed; standardized."""
    table = load_concrete().to_numpy()
    table = table[np.random.default_rng(seed).permutation(len(table))]
    mean, deviation = table[:ALL].mean(axis=0), table[:ALL].std(axis=0)
    train, valid = (table[:ALL] - mean) / deviation, (table[ALL:] - mean) / deviation
    return train[:, :-1], train[:, -1], valid[:, :-1], valid[:, -1]


def train(batch_size, virtual, seed):
    """Loss on rows seen and unseen."""
    x, y, x_valid, y_valid = rows(seed)
    stack = []
    for _ in range(2):
        stack += [
            layers.Dense(128, activation="relu"),
            layers.BatchNormalization(virtual_batch_size=virtual),
        ]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer="adam", loss="mae")
    batches = len(x) // batch_size
    model.fit(
        x, y, batch_size=batch_size, epochs=STEPS // batches, verbose=0,
        last_batch="drop", statistics="population",
    )
    return model.evaluate(x, y, verbose=0), model.evaluate(x_valid, y_valid, verbose=0)


def main(seeds):
    found = {
        name: np.array([train(*case, seed) for seed in range(seeds)])
        for name, case in CASES.items()
    }
    first = found["all rows"][:, 1]
    print(f"{STEPS} steps, {seeds} splits and seeds; mean absolute error in standard deviations")
    print("                          training   validation       gap   validation, less that of")
    print("                                                            all rows (± standard error)")
    for name, figures in found.items():
        seen, unseen = figures.T
        away = unseen - first
        error = away.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else np.nan
        print(
            f"{name:25s}{seen.mean():9.4f}{unseen.mean():13.4f}{(unseen - seen).mean():10.4f}"
            f"{away.mean():+13.4f} ± {error:.4f}"
        )

    picture, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
    places = np.arange(len(found))
    for part, label, color in ((0, "training rows", "tab:blue"), (1, "validation", "tab:orange")):
        for place, figures in zip(places, found.values(), strict=True):
            ax.plot(np.full(seeds, place), figures[:, part], "o", ms=3, alpha=0.4, color=color)
            ax.plot(
                place, figures[:, part].mean(), "_", ms=16, mew=3, color=color,
                label=None if place else label,
            )
    ax.set_xticks(places, [name.replace(", ", ",\n") for name in found], fontsize=8)
    ax.set_ylabel("mean absolute error")
    ax.set_title(f"Concrete, {STEPS} steps, {seeds} splits and their mean")
    ax.grid(axis="y", alpha=0.3)
    ax.legend()
    picture.savefig("ghost-batches.png", dpi=100)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
