"""What shows that a run is sick, without the coach's rules: trainings beside the mended run.

Both share rows, seeds, first weights and orders wherever the fault leaves these alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.coach.measures import gradients, outputs
from benchmarks.coach.recipe import Recipe, Trained, fit
from trimtab import Sequential

#: A difference is clear if it is at least so large, and there with every seed.
SHARE, LEAST = 0.10, 0.02

WORST = 10.0  # errors above, and those that are not finite, count as this


@dataclass(frozen=True)
class Pair:
    """A run with a fault, and the same run without it."""

    sick: Recipe
    mended: Recipe


@dataclass(frozen=True)
class Trial:
    """A pair, trained with several seeds; ``refused``: what ``fit`` said instead."""

    pair: Pair
    sick: Sequence[Trained]
    mended: Sequence[Trained]
    refused: str = ""


Facts = dict[str, Any]
Criterion = Callable[[Trial], tuple[bool, Facts]]


def clearly(worse: Sequence[float], better: Sequence[float]) -> bool:
    """Whether paired errors differ by a clear margin, in this direction and with every seed."""
    one, two = (np.minimum(np.nan_to_num(e, nan=WORST), WORST) for e in (worse, better))
    apart = float(one.mean() - two.mean())
    return bool((one > two).all() and apart >= LEAST and apart >= SHARE * float(two.mean()))


def errors(runs: Sequence[Trained]) -> list[float]:
    return [run.error for run in runs]


def tolds(runs: Sequence[Trained]) -> list[float]:
    return [run.told for run in runs]


def worse(trial: Trial) -> tuple[bool, Facts]:
    """The mended run is clearly better on rows held out, and has learned something."""
    if trial.refused:
        return True, {}
    sick, mended = errors(trial.sick), errors(trial.mended)
    return max(mended) < 0.97 and clearly(sick, mended), {}


def not_finite(trial: Trial) -> tuple[bool, Facts]:
    """A loss or a prediction of the sick run is not finite; none of the mended run."""
    if trial.refused:
        return True, {}
    broken = [not finite(run) for run in trial.sick]
    return all(broken) and all(map(finite, trial.mended)), {"broken": sum(broken)}


def diverges(trial: Trial) -> tuple[bool, Facts]:
    """The loss of the sick run becomes non-finite, or ends above its first value; it is worse."""
    shown, facts = worse(trial)
    grown = [
        not finite(run) or run.history.history["loss"][-1] > 2 * start(run) for run in trial.sick
    ]
    return shown and all(grown), facts | {"diverged": sum(grown)}


def optimistic(trial: Trial) -> tuple[bool, Facts]:
    """What the user is told is clearly better than what new rows get; not so in the mended run."""
    sick, mended = trial.sick, trial.mended
    apart = np.mean(errors(sick)) - np.mean(tolds(sick))
    usual = np.mean(errors(mended)) - np.mean(tolds(mended))
    return clearly(errors(sick), tolds(sick)) and bool(apart > 2 * abs(usual)), {
        "told": tolds(sick)
    }


def misleading(trial: Trial) -> tuple[bool, Facts]:
    """What the user is told is far from what new rows get; not so in the mended run."""
    sick, mended = trial.sick, trial.mended
    far = clearly(errors(sick), tolds(sick)) or clearly(tolds(sick), errors(sick))
    apart = abs(np.mean(errors(sick)) - np.mean(np.minimum(tolds(sick), WORST)))
    usual = abs(np.mean(errors(mended)) - np.mean(tolds(mended)))
    return far and bool(apart > 2 * usual), {"told": tolds(sick)}


def unchanged(trial: Trial) -> tuple[bool, Facts]:
    """A whole training leaves every weight where one epoch leaves it, moving averages aside."""
    before = trial.pair.sick.model(0)
    fit(before, trial.pair.sick, epochs=1)
    pairs = zip(_trained(before), _trained(trial.sick[0].model), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs) and worse(trial)[0], {}


def made(check: Callable[[Pair], float], least: float) -> Criterion:
    """True by construction: a number that is counted on the sick run is at least so large."""

    def shown(trial: Trial) -> tuple[bool, Facts]:
        counted = check(trial.pair)
        return counted >= least, {check.__name__: round(counted, 4)}

    return shown


def both(*criteria: Criterion) -> Criterion:
    return _together(all, criteria)


def either(*criteria: Criterion) -> Criterion:
    return _together(any, criteria)


def _together(rule: Callable[[Iterable[bool]], bool], criteria: Sequence[Criterion]) -> Criterion:
    def shown(trial: Trial) -> tuple[bool, Facts]:
        found = [criterion(trial) for criterion in criteria]
        facts = {name: value for _, counted in found for name, value in counted.items()}
        return rule(good for good, _ in found), facts

    return shown


# -- curves -------------------------------------------------------------------------------------


def finite(run: Trained) -> bool:
    seen = [value for curve in run.history.history.values() for value in curve]
    return all(map(math.isfinite, seen)) and math.isfinite(run.error)


def start(run: Trained) -> float:
    return float(run.history.history["loss"][0])


def jumping(trial: Trial) -> tuple[bool, Facts]:
    """The validation loss goes up and down between epochs, twice as far as in the mended run."""
    sick, mended = (np.mean([_unrest(run) for run in runs]) for runs in (trial.sick, trial.mended))
    return bool(sick >= 0.05 and sick >= 2 * mended), {
        "unrest": round(float(sick), 3),
        "mended_unrest": round(float(mended), 3),
    }


def _unrest(run: Trained) -> float:
    """Mean rise from one epoch to the next, as a share of the median of the validation loss."""
    curve = np.minimum(np.asarray(run.history.history["val_loss"], float), 1e6)
    return float(np.maximum(np.diff(curve), 0).mean() / np.median(curve))


def flat(trial: Trial) -> tuple[bool, Facts]:
    """The training loss hardly falls in the last two thirds of the epochs; it is worse."""
    falls = []
    for run in trial.sick:
        curve = np.asarray(run.history.history["loss"], float)
        third = len(curve) // 3
        falls.append(float(curve[third : third + 3].mean() / curve[-3:].mean() - 1))
    shown, facts = worse(trial)
    return shown and max(falls) < 0.02, facts | {"falls": [round(f, 4) for f in falls]}


def dropout_lifts(trial: Trial) -> tuple[bool, Facts]:
    """The training loss is above the validation loss, and below it once dropout is off."""
    lifted = []
    for run in trial.sick:
        rows, curve = trial.pair.sick.rows, run.history.history
        quiet = rows.error(run.model.predict(rows.x.train), "train")
        lifted.append(curve["loss"][-1] > curve["val_loss"][-1] and quiet <= run.told)
    return all(lifted), {}


# -- layers ---------------------------------------------------------------------------------------


def dead(trial: Trial) -> tuple[bool, Facts]:
    """A third of a hidden layer's units, or more, are 0 for every training row; it is worse."""
    shares = [
        max((a == 0).all(axis=0).mean() for a in outputs(run.model, trial.pair.sick))
        for run in trial.sick
    ]
    shown, facts = worse(trial)
    return shown and min(shares) >= 1 / 3, facts | {"dead": float(min(shares))}


def saturated(trial: Trial) -> tuple[bool, Facts]:
    """More than half of a tanh or sigmoid layer's outputs lie at its ends; it is worse."""
    shares = []
    for run in trial.sick:
        layers = outputs(run.model, trial.pair.sick)
        shares.append(max(_at_ends(a, a.min() < -0.05) for a in layers))
    shown, facts = worse(trial)
    return shown and min(shares) > 0.5, facts | {"saturated": float(min(shares))}


def _at_ends(a: Any, signed: bool) -> float:
    unit = a if signed else 2 * a - 1
    return float((np.abs(unit) > 0.98).mean())


def exploding(trial: Trial) -> tuple[bool, Facts]:
    """New weights make the last outputs a hundred times as large as the inputs; it is worse."""
    sick = trial.pair.sick
    last = outputs(sick.model(0), sick)[-1]
    growth = float(
        np.sqrt((last.astype(float) ** 2).mean() / (sick.rows.x.train.astype(float) ** 2).mean())
    )
    shown, facts = worse(trial)
    return shown and growth >= 100, facts | {"growth": round(growth, 1)}


def vanishing(trial: Trial) -> tuple[bool, Facts]:
    """The first kernel's gradient is a hundredth of the last one's, or the mended run's; worse."""
    sick, mended = gradients(trial.pair.sick), gradients(trial.pair.mended)
    ratio = min(sick[0] / max(sick[-1], 1e-30), sick[0] / max(mended[0], 1e-30))
    shown, facts = worse(trial)
    return shown and ratio < 0.01, facts | {"gradients": round(float(ratio), 6)}


def _trained(model: Sequential) -> list[Any]:
    pairs = zip(model.weights, model.get_weights(), strict=True)
    return [value for weight, value in pairs if "moving" not in weight.name]
