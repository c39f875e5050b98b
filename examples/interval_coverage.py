"""Do 90 % intervals cover 90 % of the targets? Three tables, 20 random splits each.

Each split divides a table into training rows (half), a calibration set (a quarter) and a test set (a
quarter). Five small networks with dropout are trained; the first also serves as the single network.
The intervals are

- plain              prediction of the single network, constant width (split conformal)
- dropout            mean of 200 dropout samples, width scaled by their spread, calibrated
- committee          mean of the five networks, constant width, calibrated
- committee, scaled  the same, width scaled by the spread of the five networks
- raw dropout        mean of the samples ± 1.645 standard deviations, not calibrated

    python examples/interval_coverage.py [splits]

Coverage is an average over all test rows. The columns "steady" and "unsteady" show what scaling by
the spread is for: coverage in the third of the test rows with the smallest dropout spread, and in
the third with the largest.

It prints a table for each data set and writes interval-coverage.png. Twenty splits take about two
minutes.
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

import trimtab
from trimtab import layers
from trimtab.datasets import load_concrete, load_red_wine

LEVEL = 0.9
METHODS = ("plain", "dropout", "committee", "committee, scaled", "raw dropout")


def tables():
    """Name -> features and target."""
    wine, concrete = load_red_wine(), load_concrete()
    return {
        "Red Wine": (wine.drop("quality", axis=1).to_numpy(), wine["quality"].to_numpy()),
        "Concrete": (
            concrete.drop("CompressiveStrength", axis=1).to_numpy(),
            concrete["CompressiveStrength"].to_numpy(),
        ),
        "Diabetes": load_diabetes(return_X_y=True),
    }


def network(seed):
    """Two hidden layers with batch normalization and dropout."""
    stack = []
    for _ in range(2):
        stack += [
            layers.Dense(64, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
        ]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer="adam", loss="mse")
    return model


def split(x, y, seed):
    """Training, calibration and test rows, in units of the training rows' standard deviations."""
    order = np.random.default_rng(seed).permutation(len(x))
    train, calibration, test = np.split(order, [len(x) // 2, len(x) * 3 // 4])
    x = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    y = (y - y[train].mean()) / y[train].std()
    return [(x[rows], y[rows]) for rows in (train, calibration, test)]


def one(x, y, seed):
    """Of each method on one split: coverage, also of the steady and unsteady thirds; width.

    Steady rows are those whose dropout samples spread least.
    """
    train, calibration, (x_test, y_test) = split(x, y, seed)
    seeds = [100 * seed + member for member in range(5)]
    committee = trimtab.Committee.fit(network, *train, seeds=seeds, epochs=60, batch_size=32)
    single = committee.members[0]
    intervals = {
        "plain": single.predict_interval(x_test, LEVEL, calibration, scaled=False),
        "dropout": single.predict_interval(x_test, LEVEL, calibration, samples=200, seed=seed),
        "committee": committee.predict_interval(x_test, LEVEL, calibration, scaled=False),
        "committee, scaled": committee.predict_interval(x_test, LEVEL, calibration),
    }
    inside = {name: found.contains(y_test)[:, 0] for name, found in intervals.items()}
    width = {name: found.width.mean() for name, found in intervals.items()}

    samples = single.predict_samples(x_test, samples=200, seed=seed)[..., 0]
    spread = samples.std(axis=0)
    inside["raw dropout"] = np.abs(y_test - samples.mean(axis=0)) <= 1.645 * spread
    width["raw dropout"] = 2 * 1.645 * spread.mean()

    steady, _, unsteady = np.array_split(np.argsort(spread), 3)
    return [
        (held.mean(), held[steady].mean(), held[unsteady].mean(), width[name])
        for name, held in ((name, inside[name]) for name in METHODS)
    ]


def report(name, rows, figures):
    """Prints the table of one data set; ``figures`` is ``(splits, methods, 4)``."""
    splits = len(figures)
    print(f"{name}: {rows} rows, {splits} splits; widths in standard deviations of the target")
    print(
        " " * 21 + "coverage          lowest  highest  steady  unsteady  mean width        / plain"
    )
    plain = figures[:, 0, 3].mean()
    for i, method in enumerate(METHODS):
        coverage, steady, unsteady, width = figures[:, i].T
        error = [values.std(ddof=1) / np.sqrt(splits) for values in (coverage, width)]
        print(
            f"  {method:18s} {coverage.mean():.4f} ± {error[0]:.4f}"
            f"{coverage.min():9.3f}{coverage.max():9.3f}{steady.mean():8.3f}{unsteady.mean():10.3f}"
            f"  {width.mean():.3f} ± {error[1]:.3f}{width.mean() / plain:11.3f}"
        )
    print()


def draw(found, splits):
    """Plots the coverage of all splits, and mean widths."""
    picture, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    colors = ("gray", "tab:blue", "yellowgreen", "green", "tab:red")
    jitter = np.random.default_rng(0).uniform(-0.05, 0.05, splits)
    for number, figures in enumerate(found.values()):
        for i, (method, color) in enumerate(zip(METHODS, colors, strict=True)):
            place = number + 0.16 * (i - 2)
            label = None if number else method + (", not calibrated" if i == 4 else "")
            coverage, width = figures[:, i, 0], figures[:, i, 3]
            axes[0].plot(place + jitter, coverage, "o", ms=3, alpha=0.4, color=color)
            axes[0].plot(place, coverage.mean(), "_", ms=14, mew=3, color=color)
            axes[1].bar(place, width.mean(), 0.15, color=color, label=label)
    axes[0].axhspan(0.88, 0.92, color="tab:orange", alpha=0.2, label="0.88 to 0.92")
    axes[0].axhline(LEVEL, color="tab:orange", lw=1)
    axes[0].set_title("coverage on test rows: splits and their mean")
    axes[1].set_title("mean width, in standard deviations of the target")
    for ax in axes:
        ax.set_xticks(range(len(found)), list(found))
        ax.grid(axis="y", alpha=0.3)
        ax.set_axisbelow(True)
    picture.suptitle(f"90 % intervals, {splits} random splits")
    picture.legend(loc="outside lower center", ncols=6)
    picture.savefig("interval-coverage.png", dpi=120)


def main(splits):
    """Runs all tables, prints as it goes, and draws the picture."""
    found = {}
    for name, (x, y) in tables().items():
        found[name] = np.array([one(x, y, seed) for seed in range(splits)])
        report(name, len(x), found[name])
    draw(found, splits)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
