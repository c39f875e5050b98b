"""Stale statistics: Red Wine's first 20 epochs with moving and with population statistics.

The lesson's network takes 5 steps per epoch, and moving averages with momentum 0.99 need about 450
steps to forget that they started at mean 0 and variance 1. Until then, validation does not measure
the network that was trained; with statistics="population" it does.

    python examples/statistics_red_wine.py [seeds]

It prints a table and writes statistics-red-wine.png. Ten seeds take a few minutes.
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


def rows():
    """Training and validation rows, split as in the lesson."""
    red_wine = load_red_wine()
    train = red_wine.sample(frac=0.7, random_state=0)
    valid = red_wine.drop(train.index)
    return (
        train.drop("quality", axis=1), train["quality"],
        valid.drop("quality", axis=1), valid["quality"],
    )


def network(seed):
    """The lesson's network."""
    stack = [keras.Input((11,))]
    for _ in range(3):
        stack += [
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
        ]
    model = keras.Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer="adam", loss="mae")
    return model


def curves(seed, statistics):
    """Loss, validation loss, and distance of the moving from the true means of the three layers."""
    x_train, y_train, x_valid, y_valid = rows()
    model = network(seed)
    history = model.fit(
        x_train, y_train,
        validation_data=(x_valid, y_valid),
        batch_size=256, epochs=EPOCHS, verbose=0,
        statistics=statistics, track=["statistics"],
    ).history
    stale = [
        history[f"{layer.name}/statistics_distance"]
        for layer in model.layers
        if isinstance(layer, layers.BatchNormalization)
    ]
    return history["loss"], history["val_loss"], stale


def jumps(curve):
    """Mean absolute change per epoch."""
    return float(np.abs(np.diff(curve)).mean())


def main(seeds):
    found = {
        statistics: [curves(seed, statistics) for seed in range(seeds)]
        for statistics in ("moving", "population")
    }
    # Training does not use these statistics, so both runs train identically.
    same = all(m[0] == p[0] for m, p in zip(found["moving"], found["population"], strict=True))
    print(f"training loss the same, bit for bit: {same}\n")

    print("seed   val_loss change/epoch, moving   population    ratio")
    steps = {name: [jumps(run[1]) for run in runs] for name, runs in found.items()}
    for seed in range(seeds):
        moving, population = steps["moving"][seed], steps["population"][seed]
        print(f"{seed:4d}   {moving:29.4f}   {population:10.4f}   {population / moving:6.3f}")
    moving, population = (float(np.mean(steps[name])) for name in ("moving", "population"))
    print(f"mean   {moving:29.4f}   {population:10.4f}   {population / moving:6.3f}\n")

    print("val_loss, mean over seeds   epoch 1   epoch 5  epoch 10  epoch 20")
    for name, runs in found.items():
        values = np.mean([run[1] for run in runs], axis=0)
        print(f"{name:25s}" + "".join(f"{values[epoch - 1]:10.4f}" for epoch in (1, 5, 10, 20)))

    print("\ndistance of moving from population mean, in standard deviations, mean over seeds")
    print("layer                       epoch 1   epoch 5  epoch 10  epoch 20")
    stale = np.mean([run[2] for run in found["moving"]], axis=0)
    for number, values in enumerate(stale, start=1):
        print(
            f"batch normalization {number}    "
            + "".join(f"{values[epoch - 1]:10.4f}" for epoch in (1, 5, 10, 20))
        )

    picture, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    epochs = np.arange(1, EPOCHS + 1)
    for ax, (name, runs) in zip(axes, found.items(), strict=True):
        for number, (loss, val_loss, _) in enumerate(runs):
            ax.plot(epochs, loss, color="tab:blue", alpha=0.5, label=None if number else "loss")
            ax.plot(
                epochs, val_loss, color="tab:orange", alpha=0.7, label=None if number else "val_loss"
            )
        ax.set_title(f'statistics="{name}": mean step {np.mean(steps[name]):.3f}')
        ax.set_xlabel("epoch")
        ax.set_xticks(epochs[4::5])
        ax.set_yscale("log")
        ax.grid(alpha=0.3)
        ax.legend()
    axes[0].set_ylabel("mean absolute error")
    picture.suptitle(f"Red wine, {seeds} seeds")
    picture.savefig("statistics-red-wine.png", dpi=120)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
