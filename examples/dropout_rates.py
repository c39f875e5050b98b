"""How much dropout? Rates, schedules, and the gap between training and validation.

Three hidden layers of 128 units on Red Wine, each followed by dropout, no batch normalization;
columns and target standardized; 100 epochs. The training loss is computed in inference mode, with
dropout off, so it is comparable with the validation loss.

    python examples/dropout_rates.py [seeds]

It prints a table of constant rates, one of schedules, and one for layers so narrow that dropout
sometimes drops all of their units, and writes dropout-rates.png. Ten seeds take a few minutes.
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import trimtab
from trimtab import layers, schedules
from trimtab.datasets import load_red_wine

EPOCHS = 100
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
SCHEDULES = {
    "0.3 throughout": 0.3,
    "early: 0.3 until epoch 33, then 0": schedules.EarlyDropout(0.3, epochs=33),
    "late: 0 until epoch 33, then 0.3": schedules.LateDropout(0.3, epochs=33),
    "linear from 0.6 to 0": schedules.LinearDropout(0.6, 0.0, epochs=EPOCHS),
    "linear from 0 to 0.6": schedules.LinearDropout(0.0, 0.6, epochs=EPOCHS),
    "0.6 for 75 epochs, then to 0": schedules.FlatCosineDropout(0.6, epochs=EPOCHS),
}


def rows(seed):
    """Training (70 %) and validation rows, standardized; a different split for each seed."""
    table = load_red_wine().to_numpy()
    order = np.random.default_rng(seed).permutation(len(table))
    train, valid = np.split(table[order], [len(table) * 7 // 10])
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    train, valid = (train - mean) / deviation, (valid - mean) / deviation
    return train[:, :-1], train[:, -1], valid[:, :-1], valid[:, -1]


def train(rate, seed, width=128):
    """Final losses (training, validation, training as fit reports it), best loss, its epoch."""
    x, y, x_valid, y_valid = rows(seed)
    stack = []
    for _ in range(3):
        stack += [layers.Dense(width, activation="relu"), layers.Dropout(rate)]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer="adam", loss="mae")
    history = model.fit(
        x, y, validation_data=(x_valid, y_valid), batch_size=64, epochs=EPOCHS, verbose=0
    ).history
    best = int(np.argmin(history["val_loss"]))
    return [
        model.evaluate(x, y, verbose=0),
        history["val_loss"][-1],
        history["loss"][-1],
        history["val_loss"][best],
        best + 1,
    ]


def standard_error(values):
    """Standard error of the mean; nan for a single value."""
    return values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan


def report(title, found):
    """Prints the table of {name: (seeds, 5)}."""
    print(f"{title:36s}training      training  validation   standard      gap   best  best epoch")
    print(" " * 36 + " dropout    dropout on                  error            loss    (median)")
    print(" " * 36 + "     off    (from fit)")
    for name, figures in found.items():
        seen, unseen, on, best, epoch = figures.T
        error = standard_error(unseen)
        print(
            f"{name!s:34s}{seen.mean():10.3f}{on.mean():14.3f}{unseen.mean():12.3f}{error:11.4f}"
            f"{(unseen - seen).mean():9.3f}{best.mean():7.3f}{np.median(epoch):12.0f}"
        )
    print()


def paired(found, name):
    """Prints the final validation loss relative to the named row, paired by seed."""
    print(f"validation loss relative to {name}, mean ± standard error over seeds")
    for other, figures in found.items():
        if other != name:
            away = figures[:, 1] - found[name][:, 1]
            print(f"{other!s:34s}{away.mean():+10.4f} ± {standard_error(away):.4f}")
    print()


def draw(found, seeds):
    """Plots training and validation losses by rate."""
    rates = list(found)
    picture, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
    parts = ((0, "training rows, dropout off", "tab:blue"), (1, "validation rows", "tab:orange"))
    for number, label, color in parts:
        values = np.array([figures[:, number] for figures in found.values()])
        error = [standard_error(row) for row in values]
        ax.errorbar(
            rates, values.mean(axis=1), error, marker="o", capsize=3, color=color, label=label
        )
    best = np.array([figures[:, 3].mean() for figures in found.values()])
    ax.plot(rates, best, ":", color="tab:orange", label="validation rows, best epoch")
    on = np.array([figures[:, 2].mean() for figures in found.values()])
    ax.plot(rates, on, ":", color="tab:blue", label="training rows, dropout on (what fit reports)")
    ax.set_xlabel("rate of dropout")
    ax.set_ylabel("mean absolute error, in standard deviations")
    ax.set_title(f"Red Wine after {EPOCHS} epochs, {seeds} splits and seeds")
    ax.grid(alpha=0.3)
    ax.legend()
    picture.savefig("dropout-rates.png", dpi=100)


def main(seeds):
    found = {rate: np.array([train(rate, seed) for seed in range(seeds)]) for rate in RATES}
    report("rate", found)
    paired(found, 0.3)
    draw(found, seeds)

    found = {
        name: np.array([train(rate, seed) for seed in range(seeds)])
        for name, rate in SCHEDULES.items()
    }
    report("schedule", found)
    paired(found, "0.3 throughout")

    found = {
        rate: np.array([train(rate, seed, width=8) for seed in range(seeds)])
        for rate in (0.0, 0.3, 0.5, 0.7, 0.9)
    }
    report("three layers of 8 units, rate", found)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
