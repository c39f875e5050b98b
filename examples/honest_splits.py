"""What scores promise: folds at random and folds of whole buildings.

It divides the flats of flats.py at random and by building, and compares what each model promises
with its error on two tables of 3,000 new flats: in the same buildings, and in other ones.

    python examples/honest_splits.py

It prints the mean absolute errors with their standard errors, in thousands, and writes
honest-splits.png. It takes about twenty seconds.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from flats import flats

import trimtab

WAYS = {"at random": {}, "by building": {"group": "building"}}
UNSEEN = {
    "same buildings": flats(3_000, seed=1),
    "other buildings": flats(3_000, range(120, 320), seed=2),
}


def mistake(scores):
    """The mean absolute error and its standard error, in thousands."""
    score = scores.metrics["mae"]
    return score.value / 1e3, score.error / 1e3


def promised(scores):
    """What training expects of the average of its networks; the error is that of one of them."""
    return scores.averaged.metrics["mae"] / 1e3, mistake(scores)[1]


def main():
    table = flats(1_800)
    found = {}
    for way, options in WAYS.items():
        predictor = trimtab.train(table, "price", **options)
        # Unknown buildings are intended here: collect the notes about them, print none.
        remarks = trimtab.predictor.Remarks()
        found[way] = {"promised": promised(predictor.best_evidence)}
        for name, rows in UNSEEN.items():
            found[way][name] = mistake(predictor.evaluate(rows, remarks=remarks))

    columns = ["promised", *UNSEEN]
    print(f"{'divided':<12}" + "".join(f"{name:>17}" for name in columns))
    for way, errors in found.items():
        cells = [f"{errors[name][0]:.1f} ± {errors[name][1]:.1f}" for name in columns]
        print(f"{way:<12}" + "".join(f"{cell:>17}" for cell in cells))

    figure, axes = plt.subplots(figsize=(7, 2.4), layout="constrained")
    for place, name in enumerate(columns):
        values, errors = zip(*(found[way][name] for way in WAYS))
        rows = [row + 0.15 * (place - 1) for row in range(len(WAYS))]
        style = {"marker": "D" if name == "promised" else "o", "linestyle": "none"}
        axes.errorbar(values, rows, xerr=[2 * error for error in errors], label=name, **style)
    axes.set_yticks(range(len(WAYS)), WAYS)
    axes.set_ylim(len(WAYS) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("mean absolute error in thousands, ± two standard errors")
    axes.legend(frameon=False)
    figure.savefig("honest-splits.png", dpi=150)


if __name__ == "__main__":
    main()
