"""Dropout before batch normalization: the variance shifts between training and inference.

Dropout keeps the mean of a column but raises its variance, in training only. A batch normalization
after it learns the larger variance and uses it in inference mode too, where the actual variance is
smaller:

    variance in inference / variance in training = v / ((v + c**2) / (1 - rate) - c**2)

for a column with mean c and variance v (Li et al. 2018, "Understanding the disharmony between dropout
and batch normalization by variance shift"). This script measures the ratio on Red Wine with
model.probe, and the effect of three fixes on the validation loss, with the same seeds:

    population   fit(statistics="population"): statistics of the training rows, dropout off. The
                 variance is 1 again, but part of it was dropout noise in training, so the signal
                 that the following layers get is larger than in training
    behind       each dropout after its normalization; the next normalization still sees its noise
    last         a single dropout, after the last normalization

    python examples/variance_shift.py [seeds]

It prints tables and writes variance-shift.png. Ten seeds take some minutes.
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from trimtab import keras
from trimtab.datasets import load_red_wine
from trimtab.keras import layers

RATES = (0.1, 0.3, 0.5)
CURES = ("as it is", "population", "behind", "last")
EPOCHS = 40
UNITS = 256


def rows(standardized):
    """Training and validation rows, split as in the lesson."""
    red_wine = load_red_wine()
    train = red_wine.sample(frac=0.7, random_state=0)
    valid = red_wine.drop(train.index)
    x_train, x_valid = (part.drop("quality", axis=1) for part in (train, valid))
    if standardized:
        mean, deviation = x_train.mean(), x_train.std(ddof=0)
        x_train, x_valid = (x_train - mean) / deviation, (x_valid - mean) / deviation
    return x_train, train["quality"], x_valid, valid["quality"]


def network(rate, seed, cure="as it is"):
    """The lesson's network, narrower.

    Momentum 0.9 keeps the moving averages up to date, so that only dropout distorts them. The bias of
    the output starts near the mean of the targets, which saves epochs.
    """
    stack = [keras.Input((11,))]
    for block in range(3):
        normalization = layers.BatchNormalization(momentum=0.9)
        dropout = layers.Dropout(rate if cure != "last" or block == 2 else 0.0)
        stack.append(layers.Dense(UNITS, activation="relu"))
        if cure in ("behind", "last"):
            stack += [normalization, dropout]
        else:
            stack += [dropout, normalization]
    output = layers.Dense(1, bias_initializer=keras.initializers.Constant(5.5))
    model = keras.Sequential([*stack, output], seed=seed)
    model.compile(optimizer="adam", loss="mae")
    return model


def ratios(model, x):
    """Measured variance ratio at each batch normalization."""
    return [row.variance_ratio for row in model.probe(x) if row.variance_ratio is not None]


def formula(model, x, rate):
    """The theoretical ratio at the first batch normalization, over all columns."""
    given = model.layers[0](x).astype(float)
    c, v = given.mean(axis=0), given.var(axis=0)
    return v.sum() / ((v + c**2) / (1 - rate) - c**2).sum()


def compare_with_formula(seeds):
    """Prints measured and theoretical ratios; returns the points to plot."""
    print("variance ratio at the first batch normalization, before training, mean over seeds")
    print("columns        rate   measured    formula   largest difference")
    found = {}
    for standardized in (True, False):
        x = rows(standardized)[0].to_numpy("float32")
        for rate in (0.1, 0.2, 0.3, 0.5):
            models = [network(rate, seed) for seed in range(seeds)]
            measured = np.array([ratios(model, x)[0] for model in models])
            expected = np.array([formula(model, x, rate) for model in models])
            found[standardized, rate] = measured.mean(), expected.mean()
            print(
                f"{'standardized' if standardized else 'raw':12s}   {rate:.1f}   "
                f"{measured.mean():8.3f}   {expected.mean():8.3f}   "
                f"{np.abs(measured - expected).max():18.4f}"
            )
    return found


def curves(standardized, rate, seed):
    """Fix -> validation loss of each epoch, and the final ratios."""
    x_train, y_train, x_valid, y_valid = rows(standardized)
    found = {}
    for cure in CURES:
        model = network(rate, seed, cure)
        history = model.fit(
            x_train, y_train,
            validation_data=(x_valid, y_valid),
            batch_size=256, epochs=EPOCHS, verbose=0,
            statistics="population" if cure == "population" else "moving",
        ).history
        found[cure] = history["val_loss"], ratios(model, x_train)
    return found


def main(seeds):
    points = compare_with_formula(seeds)

    print(f"\nval_loss, mean of the last {EPOCHS // 4} of {EPOCHS} epochs, mean over {seeds} seeds;")
    print("for each fix its difference to the network as it is, paired by seed, +- standard error")
    print(f"columns        rate   {CURES[0]:>8s}" + "".join(f"{c:>20s}" for c in CURES[1:]))
    mean_curves, last_ratios = {}, {}
    for standardized in (True, False):
        for rate in RATES:
            runs = [curves(standardized, rate, seed) for seed in range(seeds)]
            loss = {c: np.array([np.mean(run[c][0][-EPOCHS // 4 :]) for run in runs]) for c in CURES}
            for cure in CURES:
                mean_curves[standardized, rate, cure] = np.mean([r[cure][0] for r in runs], axis=0)
                last_ratios[standardized, rate, cure] = np.mean([r[cure][1] for r in runs], axis=0)
            line = f"{'standardized' if standardized else 'raw':12s}   {rate:.1f}   "
            line += f"{loss[CURES[0]].mean():8.4f}"
            for cure in CURES[1:]:
                difference = loss[cure] - loss[CURES[0]]
                error = difference.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else np.nan
                line += f"   {difference.mean():+8.4f} +-{error:7.4f}"
            print(line, flush=True)

    print("\nvariance ratio at the three batch normalizations after training, mean over seeds")
    print("columns        rate" + "".join(f"{c:>20s}" for c in CURES if c != "population"))
    for standardized, rate in dict.fromkeys((s, r) for s, r, _ in last_ratios):
        line = f"{'standardized' if standardized else 'raw':12s}   {rate:.1f} "
        for cure in CURES:
            if cure != "population":  # the same run
                values = last_ratios[standardized, rate, cure]
                line += "  " + "".join(f"{value:6.2f}" for value in values)
        print(line)

    draw(points, mean_curves, seeds)


def draw(points, mean_curves, seeds):
    """Plots ratios and validation losses."""
    picture, axes = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
    for standardized, color in ((True, "tab:blue"), (False, "tab:orange")):
        name = "standardized" if standardized else "raw"
        rates = [rate for s, rate in points if s == standardized]
        measured, expected = zip(*(points[standardized, rate] for rate in rates), strict=True)
        axes[0].plot(rates, expected, color=color, label=f"{name}, formula")
        axes[0].plot(rates, measured, "o", color=color, label=f"{name}, measured")
    axes[0].set_xlabel("dropout rate")
    axes[0].set_title("variance ratio, inference / training,\nbefore training")
    axes[0].set_ylim(0, 1)
    epochs = np.arange(1, EPOCHS + 1)
    for ax, standardized in zip(axes[1:], (True, False), strict=True):
        for cure, style in zip(CURES, ("-", "--", "-", "-"), strict=True):
            ax.plot(epochs, mean_curves[standardized, 0.5, cure], style, label=cure)
        settled = [mean_curves[standardized, 0.5, cure][EPOCHS // 8 :] for cure in CURES]
        low, high = np.min(settled), np.max(settled)
        ax.set_ylim(low - 0.1 * (high - low), high + 0.1 * (high - low))
        name = "standardized" if standardized else "raw"
        ax.set_title(f"val_loss, rate 0.5, {name} columns,\nmean over {seeds} seed{'s' * (seeds > 1)}")
        ax.set_xlabel("epoch")
    for ax in axes:
        ax.grid(alpha=0.3)
        ax.legend()
    picture.savefig("variance-shift.png", dpi=120)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
