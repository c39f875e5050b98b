"""Ghost batches: one large batch, normalized in chunks as if it were many small ones.

With all training rows in one batch, batch statistics have no noise, and that noise is part of why
small batches generalize well. virtual_batch_size restores it without taking more steps. This script
compares ghost batches with small batches and the same number of steps, on Concrete and Red Wine.

    python examples/ghost_batches.py [seeds]

It prints the training and validation loss after the last step (with population statistics in all
cases, so that nothing else differs), and writes ghost-batches.png. Ten seeds take a few minutes.
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import trimtab
from trimtab import layers
from trimtab.datasets import load_concrete, load_red_wine

STEPS = 400
ALL = 100_000  # more than any table has
TABLES = {"Concrete": load_concrete, "Red Wine": load_red_wine}

#: Name -> batch size, virtual_batch_size.
CASES = {
    "all rows": (ALL, None),
    "all rows, ghosts of 64": (ALL, 64),
    "all rows, ghosts of 16": (ALL, 16),
    "all rows, ghosts of 4": (ALL, 4),
    "batches of 64": (64, None),
    "batches of 16": (16, None),
}


def rows(load, seed):
    """Training (70 %) and validation rows, standardized; a different split for each seed."""
    table = load().to_numpy()
    order = np.random.default_rng(seed).permutation(len(table))
    train, valid = np.split(table[order], [len(table) * 7 // 10])
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    train, valid = (train - mean) / deviation, (valid - mean) / deviation
    return train[:, :-1], train[:, -1], valid[:, :-1], valid[:, -1]


def train(load, batch_size, virtual, seed):
    """Training and validation loss."""
    x, y, x_valid, y_valid = rows(load, seed)
    stack = []
    for _ in range(2):
        stack += [
            layers.Dense(128, activation="relu"),
            layers.BatchNormalization(virtual_batch_size=virtual),
        ]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer="adam", loss="mae")
    batch_size = min(batch_size, len(x))
    batches = len(x) // batch_size
    model.fit(
        x, y, batch_size=batch_size, epochs=STEPS // batches, verbose=0,
        last_batch="drop", statistics="population",
    )
    return model.evaluate(x, y, verbose=0), model.evaluate(x_valid, y_valid, verbose=0)


def report(title, found, seeds):
    """Prints the table of {name: (seeds, 2)}."""
    first = found["all rows"][:, 1]
    print(f"{title}, {STEPS} steps, {seeds} splits and seeds; error in standard deviations")
    print("                          training   validation       gap   validation, relative to")
    print("                                                            all rows (± standard error)")
    for name, figures in found.items():
        seen, unseen = figures.T
        away = unseen - first
        error = away.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else np.nan
        print(
            f"{name:25s}{seen.mean():9.4f}{unseen.mean():13.4f}{(unseen - seen).mean():10.4f}"
            f"{away.mean():+13.4f} ± {error:.4f}"
        )
    print(flush=True)


def main(seeds):
    picture, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for ax, (title, load) in zip(axes, TABLES.items(), strict=True):
        found = {
            name: np.array([train(load, *case, seed) for seed in range(seeds)])
            for name, case in CASES.items()
        }
        report(title, found, seeds)
        for part, label, color in (
            (0, "training rows", "tab:blue"),
            (1, "validation rows", "tab:orange"),
        ):
            for place, figures in enumerate(found.values()):
                ax.plot(np.full(seeds, place), figures[:, part], "o", ms=3, alpha=0.4, color=color)
                ax.plot(
                    place, figures[:, part].mean(), "_", ms=16, mew=3, color=color,
                    label=None if place else label,
                )
        names = [name.replace(", ", ",\n").replace(" of ", "\nof ") for name in found]
        ax.set_xticks(range(len(found)), names, fontsize=8)
        ax.set_title(title)
        ax.grid(axis="y", alpha=0.3)
    axes[0].set_ylabel("mean absolute error, in standard deviations")
    axes[0].legend()
    picture.suptitle(f"After {STEPS} steps, {seeds} splits and their mean")
    picture.savefig("ghost-batches.png", dpi=100)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
