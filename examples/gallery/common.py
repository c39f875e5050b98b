"""What the scripts of the gallery share: rows, a network, and the file of the picture."""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import trimtab
from trimtab import datasets, layers

BLUE, ORANGE, GREY = "#1f6fb4", "#e1701a", "#5f6368"


def epochs(number):
    """Epochs to train: the script's argument, or this number."""
    return int(sys.argv[1]) if len(sys.argv) > 1 else number


def split(table, seed=0, share=0.7):
    """Training and validation rows of a table whose last column is the target, standardized."""
    rows = table.to_numpy(np.float32)
    order = np.random.default_rng(seed).permutation(len(rows))
    train, valid = np.split(rows[order], [int(share * len(rows))])
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    train, valid = (train - mean) / deviation, (valid - mean) / deviation
    return train[:, :-1], train[:, -1], valid[:, :-1], valid[:, -1]


def wine(seed=0, share=0.7):
    return split(datasets.load_red_wine(), seed, share)


def concrete(seed=0, share=0.7):
    return split(datasets.load_concrete(), seed, share)


def network(rate=0.0, width=64, depth=2, normalized=False, seed=0, optimizer="adam", momentum=0.9):
    """Dense layers with relu, each with batch normalization before and dropout behind it if asked for."""
    stack = []
    for _ in range(depth):
        stack.append(layers.Dense(width))
        if normalized:
            stack.append(layers.BatchNormalization(momentum=momentum))
        stack += [layers.ReLU(), layers.Dropout(rate)]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer=optimizer, loss="mae")
    return model


def axes(x="", y="", title="", panels=1, **options):
    """A figure, its panel or panels, with labels."""
    figure, found = plt.subplots(1, panels, figsize=(6.4, 3.4), layout="constrained", **options)
    for panel in np.atleast_1d(found):
        panel.set(xlabel=x, ylabel=y)
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(alpha=0.3)
    figure.suptitle(title, fontsize=11)
    return figure, found


def save(figure):
    """Writes the picture under the script's name, into the current folder."""
    path = Path(sys.argv[0]).with_suffix(".png").name
    figure.savefig(path, dpi=100)
    print(path)
