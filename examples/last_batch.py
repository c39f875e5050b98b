"""A tiny last batch: what one or two rows at the end of an epoch do to batch normalization.

Concrete, batches of 64, and a number of training rows that leaves 1, 2, 4 or 16 for the last batch;
two hidden layers with batch normalization, 40 epochs. A batch of one row has variance 0 and enters
the moving averages like any other, right before validation.

    python examples/last_batch.py [seeds]

It prints, for last_batch="keep", "even" and "drop" and two values of momentum, means over the last
ten epochs: how far the moving averages are from the statistics of all rows (distance of the means
in standard deviations, and variance relative to the true one), the mean absolute change of the
validation loss per epoch, and the validation loss. It writes last-batch.png. Five seeds take a
minute or two.
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import trimtab
from trimtab import layers
from trimtab.datasets import load_concrete

BATCH, BATCHES, EPOCHS, LATE = 64, 11, 40, 10

#: Momentum -> (rows in the last batch, last_batch).
CASES = {
    0.9: [
        (1, "keep"), (1, "even"), (1, "drop"), (2, "keep"), (2, "even"), (4, "keep"), (16, "keep"),
    ],
    0.99: [(1, "keep"), (1, "even"), (1, "drop")],
}


def rows(last):
    """Training rows, with ``last`` of them in the last batch, and validation rows; standardized."""
    table = load_concrete().to_numpy()
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    table = table[np.random.default_rng(0).permutation(len(table))]
    train, valid = table[: BATCH * BATCHES + last], table[BATCH * BATCHES + 16 :]
    return train[:, :-1], train[:, -1], valid[:, :-1], valid[:, -1]


class Averages(trimtab.callbacks.Callback):
    """Compares the averages of the second normalization with the statistics of all rows."""

    def __init__(self, x):
        super().__init__()
        self.x = x
        self.distance, self.variance = [], []

    def on_epoch_end(self, epoch, logs=None):
        kernel, bias, gamma, beta, mean, variance, *second = self.model.get_weights()
        hidden = np.maximum(self.x @ kernel + bias, 0)
        hidden = (hidden - mean) / np.sqrt(variance + 1e-3) * gamma + beta
        hidden = np.maximum(hidden @ second[0] + second[1], 0)
        true = hidden.var(axis=0) + 1e-3
        self.distance.append(np.sqrt(((second[4] - hidden.mean(axis=0)) ** 2 / true).mean()))
        self.variance.append(np.median((second[5] + 1e-3) / true))


def train(last, last_batch, momentum, seed):
    """Distance, variance and validation loss of each epoch."""
    x, y, x_valid, y_valid = rows(last)
    stack = []
    for _ in range(2):
        stack += [
            layers.Dense(64, activation="relu"),
            layers.BatchNormalization(momentum=momentum),
        ]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer="adam", loss="mae")
    averages = Averages(x)
    history = model.fit(
        x, y, validation_data=(x_valid, y_valid), batch_size=BATCH, epochs=EPOCHS, verbose=0,
        callbacks=[averages], last_batch=last_batch,
    ).history
    return averages.distance, averages.variance, history["val_loss"]


def main(seeds):
    found = {
        (momentum, *case): np.array([train(*case, momentum, seed) for seed in range(seeds)])
        for momentum, cases in CASES.items()
        for case in cases
    }
    print(f"mean over {seeds} seeds and the last {LATE} of {EPOCHS} epochs; ± standard error")
    print("momentum  rows in the   last_batch   distance   variance   step of     validation loss")
    print("          last batch                 of means   by true    val_loss")
    for (momentum, last, how), figures in found.items():
        distance, variance, loss = figures[:, :, -LATE:].transpose(1, 0, 2)
        step = np.abs(np.diff(loss, axis=1)).mean()
        by_seed = loss.mean(axis=1)
        error = by_seed.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else np.nan
        print(
            f"{momentum:<10}{last:<14}{how:13s}{distance.mean():8.3f}{variance.mean():11.3f}"
            f"{step:11.4f}     {by_seed.mean():.4f} ± {error:.4f}"
        )

    picture, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    epochs = np.arange(1, EPOCHS + 1)
    for ax, part, title in zip(
        axes, (1, 2), ("moving variance by that of all rows", "validation loss"), strict=True
    ):
        for last, how, color in ((1, "keep", "tab:orange"), (1, "even", "tab:blue")):
            for number, curve in enumerate(found[0.9, last, how][:, part]):
                label = None if number else f'"{how}"'
                ax.plot(epochs, curve, color=color, alpha=0.6, lw=1, label=label)
        ax.set_title(title)
        ax.set_xlabel("epoch")
        ax.grid(alpha=0.3)
        ax.set_yscale("log")
    axes[1].legend(title="last_batch")
    picture.suptitle(f"Concrete, 705 rows in batches of 64, momentum 0.9, {seeds} seeds")
    picture.savefig("last-batch.png", dpi=100)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
