"""Folding batch normalization into Dense layers: equal predictions, and how much faster?

It trains the lesson's Red Wine network and two narrower ones for a few epochs, then times predictions
of each network and of model.fold_batch_normalization().model on a large table, alternating.

    python examples/folding.py [rounds]

It prints the largest difference between the predictions, relative to the largest prediction, and
the median CPU time of a prediction of all rows. 25 rounds take less than a minute.
"""

import sys
import time

import numpy as np

import trimtab
from trimtab import layers
from trimtab.datasets import load_red_wine

ROWS = 4_096


def network(units, x, y):
    """Three blocks, as in the lesson."""
    stack = []
    for _ in range(3):
        stack += [
            layers.Dense(units, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(momentum=0.9),
        ]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=0)
    model.compile(optimizer="adam", loss="mae")
    model.fit(x, y, batch_size=256, epochs=5, verbose=0)
    return model


def seconds(model, x):
    """CPU time of one prediction."""
    begin = time.process_time()
    model.predict(x)
    return time.process_time() - begin


def main(rounds):
    red_wine = load_red_wine()
    y = red_wine.pop("quality").to_numpy()
    x = red_wine.to_numpy()
    many = np.resize(x, (ROWS, x.shape[1])).astype("float32")
    print(f"{ROWS} rows, {rounds} rounds")
    print("units    folded   largest difference   milliseconds before      after      ratio (range)")
    for units in (1024, 64, 16):
        model = network(units, x, y)
        folded = model.fold_batch_normalization()
        expected = model.predict(many)
        away = np.abs(folded.model.predict(many) - expected).max() / np.abs(expected).max()
        times = np.array([
            (seconds(model, many), seconds(folded.model, many)) for _ in range(rounds)
        ])
        before, after = np.median(times, axis=0)
        ratios = times[:, 0] / times[:, 1]
        print(
            f"{units:5d}{len(folded.folded):7d} of {len(folded.folded) + len(folded.kept)}"
            f"{away:21.1e}{1000 * before:22.1f}{1000 * after:11.1f}"
            f"{np.median(ratios):11.2f} ({ratios.min():.2f} to {ratios.max():.2f})"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
