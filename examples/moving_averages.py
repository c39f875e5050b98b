"""Fixes for stale moving averages, on the first 20 epochs of Red Wine.

It repeats the run of statistics_red_wine.py with Keras' batch normalization, a smaller momentum,
debiased averages, and population statistics. Training is the same in all of them; only the
statistics used for validation differ. A last run freezes the statistics after ten epochs.

    python examples/moving_averages.py [seeds]

It prints a table and writes moving-averages.png. Five seeds take a few minutes.
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from trimtab import keras
from trimtab.datasets import load_red_wine
from trimtab.keras import layers

EPOCHS = 20

#: Name -> arguments of BatchNormalization, arguments of fit.
CURES = {
    "momentum=0.99": ({}, {}),
    "momentum=0.9": ({"momentum": 0.9}, {}),
    "debias=True": ({"debias": True}, {}),
    "debias=True, momentum=0.9": ({"debias": True, "momentum": 0.9}, {}),
    "population": ({}, {"statistics": "population"}),
    "population, frozen after 10": (
        {},
        {"statistics": "population", "freeze_statistics_after": 10},
    ),
}


def rows():
    """Training and validation rows, split as in the lesson."""
    red_wine = load_red_wine()
    train = red_wine.sample(frac=0.7, random_state=0)
    valid = red_wine.drop(train.index)
    return (
        train.drop("quality", axis=1), train["quality"],
        valid.drop("quality", axis=1), valid["quality"],
    )


def curve(seed, normalization, options):
    """Validation loss of each epoch."""
    x_train, y_train, x_valid, y_valid = rows()
    stack = [keras.Input((11,))]
    for _ in range(3):
        stack += [
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(**normalization),
        ]
    model = keras.Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer="adam", loss="mae")
    history = model.fit(
        x_train, y_train,
        validation_data=(x_valid, y_valid),
        batch_size=256, epochs=EPOCHS, verbose=0,
        **options,
    )
    return history.history["val_loss"]


def main(seeds):
    found = {
        name: np.array([curve(seed, *cure) for seed in range(seeds)])
        for name, cure in CURES.items()
    }
    print("val_loss, mean over seeds     epoch 1   epoch 5  epoch 10  epoch 20   mean step  steps up")
    for name, curves in found.items():
        steps = np.diff(curves, axis=1)
        print(
            f"{name:27s}"
            + "".join(f"{curves[:, epoch - 1].mean():10.3f}" for epoch in (1, 5, 10, 20))
            + f"{np.abs(steps).mean():12.3f}{(steps > 0).mean():10.2f}"
        )

    picture, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
    epochs = np.arange(1, EPOCHS + 1)
    for name, curves in found.items():
        ax.plot(epochs, np.median(curves, axis=0), label=name)
    ax.set_yscale("log")
    ax.set_xlabel("epoch")
    ax.set_xticks(epochs[4::5])
    ax.set_ylabel("validation loss (mean absolute error)")
    ax.set_title(f"Red Wine, medians of {seeds} seeds")
    ax.grid(alpha=0.3, which="both")
    ax.legend()
    picture.savefig("moving-averages.png", dpi=100)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
