"""Averaged weights need statistics of their own.

The average of the weights of several epochs is a network that was never run in training, and the
moving averages of its batch normalizations belong to other weights. This script trains three layers
of 256 units on Red Wine for 40 epochs and averages the weights of the last 20. It compares the
validation loss of the last epoch's weights with that of the averaged weights and three kinds of
statistics: those of the last epoch, the average of the epochs' statistics, and fresh ones, as
StochasticWeightAveraging computes them. The higher the learning rate, the further the weights of an
epoch are from their average.

    python examples/averaged_weights.py [seeds]

It prints a table for two learning rates. Ten seeds take about a minute.
"""

import sys

import numpy as np

import trimtab
from trimtab import callbacks, layers
from trimtab.datasets import load_red_wine

EPOCHS, START = 40, 20


def rows(seed):
    """Training (70 %) and validation rows, standardized; a different split for each seed."""
    table = load_red_wine().to_numpy()
    order = np.random.default_rng(seed).permutation(len(table))
    train, valid = np.split(table[order], [len(table) * 7 // 10])
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    train, valid = (train - mean) / deviation, (valid - mean) / deviation
    return train[:, :-1], train[:, -1], valid[:, :-1], valid[:, -1]


class Epochs(callbacks.Callback):
    """Keeps the weights after each epoch from START on."""

    def __init__(self):
        super().__init__()
        self.kept = []

    def on_epoch_end(self, epoch, logs=None):
        if epoch >= START:
            self.kept.append(self.model.get_weights())


def losses(seed, learning_rate, momentum):
    """Validation losses: the last epoch's weights, then the average with each kind of statistics."""
    x, y, x_valid, y_valid = rows(seed)
    stack = []
    for _ in range(3):
        stack += [
            layers.Dense(256, activation="relu"),
            layers.BatchNormalization(momentum=momentum),
        ]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer=trimtab.optimizers.Adam(learning_rate), loss="mae")
    epochs = Epochs()
    average = callbacks.StochasticWeightAveraging(start_epoch=START)
    model.fit(x, y, batch_size=128, epochs=EPOCHS, verbose=0, callbacks=[epochs, average])
    fresh = model.get_weights()
    is_state = ["moving" in weight.path for weight in model.weights]
    mean = [np.mean(values, axis=0) for values in zip(*epochs.kept, strict=True)]
    last = epochs.kept[-1]
    stale = [old if state else new for state, old, new in zip(is_state, last, fresh, strict=True)]
    found = []
    for weights in (last, stale, mean, fresh):
        model.set_weights(weights)
        found.append(model.evaluate(x_valid, y_valid, verbose=0))
    return found


def main(seeds):
    names = (
        "weights of the last epoch",
        "average, statistics of the last epoch",
        "average, statistics averaged too",
        "average, fresh statistics",
    )
    for learning_rate in (0.003, 0.02):
        for momentum in (0.9, 0.99):
            found = np.array([losses(seed, learning_rate, momentum) for seed in range(seeds)])
            print(f"learning rate {learning_rate}, momentum {momentum}, {seeds} splits and seeds:")
            for name, values in zip(names, found.T, strict=True):
                error = values.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else np.nan
                print(f"  {name:40s}{values.mean():.4f} ± {error:.4f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
