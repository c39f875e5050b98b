"""Gradient boosting on the pairs that report: a network that it beats should be known at once."""

from __future__ import annotations

import importlib.util
import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.coaching.asking import BOOSTED, Asked
from trimtab.coaching.rounds import Rounds
from trimtab.core.physical_cores import remember_physical_cores
from trimtab.core.words import figure
from trimtab.trials.designs import Design
from trimtab.trials.measures import is_error, measured
from trimtab.trials.selection import split_means
from trimtab.trials.statistics import LEVEL, Effect, effect
from trimtab.trials.trial import BASE

__all__ = ["Boosting", "beside", "boosted", "compared", "of_arrays"]

#: Predicts numbers or probabilities ``(n, outputs)`` of rows to test on from rows to train on.
Predict = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Boosting:
    """scikit-learn's gradient boosting beside the best network, on the same rows.

    Attributes:
        effect: its gain over that network, in units of the metric; above 0: boosting is better.
        value: its metric, the mean over splits.
        beside: what it is compared with.
        seconds: it took.
    """

    effect: Effect
    value: float
    beside: str
    seconds: float

    @property
    def word(self) -> str:
        """``better``, ``worse`` or ``unclear``, at 2.5 % to each side."""
        if self.effect.p_better <= LEVEL:
            return "better"
        return "worse" if self.effect.p_worse <= LEVEL else "unclear"

    def sentence(self, metric: str) -> str:
        """What it means."""
        found = self.effect
        if found.signs:
            return (
                "Gradient boosting is better on this table: the network diverges."
                if self.word == "better"
                else ""
            )
        if found.pairs < 2:
            return (
                f"Gradient boosting had time for one pair, which tells nothing: {metric} "
                f"{figure(self.value)}."
            )
        by = f"{metric} {figure(self.value)}, {'better' if found.mean > 0 else 'worse'} by "
        by += f"{figure(abs(found.mean))} than {self.beside}"
        within = (
            f"95 % interval of its gain {figure(found.low)} to {figure(found.high)}, "
            f"{found.pairs} pairs"
        )
        if self.word == "better":
            return f"Gradient boosting is better on this table: {by} ({within})."
        if self.word == "worse":
            return f"Gradient boosting is worse on this table: {by} ({within})."
        return f"Gradient boosting is not surely different: {by} ({within})."


def beside(
    rounds: Rounds, winner: str, x: Any, y: Any, *, classes: bool, asked: Asked
) -> Boosting | None:
    """Gradient boosting beside what was chosen, on the same pairs.

    None: the trials were interrupted, there is no scikit-learn, or no pair has both.

    Args:
        rounds: the trials.
        winner: the change that helps, or ``"base"``.
        x, y: all rows, in the order that the design numbers.
        classes: whether the targets are classes.
        asked: whose time it has a share of.
    """
    found = rounds.comparison
    if found.unfinished == "interrupted" or importlib.util.find_spec("sklearn") is None:
        return None
    values, took = boosted(
        rounds.design,
        of_arrays(x, y, metric=found.metric, classes=classes),
        y,
        metric=found.metric,
        classes=classes,
        seconds=BOOSTED * asked.seconds if math.isfinite(asked.seconds) else math.inf,
    )
    return compared(
        values,
        split_means(found.outcomes, found.metric, found.seeds).get(winner, {}),
        metric=found.metric,
        overlap=rounds.design.overlap,
        beside="the present network" if winner == BASE else f"the network with {winner}",
        seconds=took,
    )


def boosted(
    design: Design,
    predict: Predict,
    y: Any,
    *,
    metric: str,
    classes: bool,
    seconds: float,
) -> tuple[dict[int, float], float]:
    """The metric of gradient boosting on the pairs that report, as many as there is time for.

    Args:
        design: whose splits.
        predict: from row numbers to train on and to test on to predictions.
        y: all targets, ``(n,)`` or ``(n, outputs)``.
        metric: that decides.
        classes: whether the targets are classes.
        seconds: after which no further split is begun.

    Returns:
        Number of a split -> the metric, and the seconds that were taken.
    """
    from threadpoolctl import threadpool_limits

    begin = time.monotonic()
    found: dict[int, float] = {}
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in design.reporting:
            if found and time.monotonic() - begin > seconds:
                break
            split = design.splits[number]
            predicted = predict(split.train, split.test)
            found[number] = measured(y[split.test], predicted, classes=classes)[metric]
    return found, time.monotonic() - begin


def compared(
    values: Mapping[int, float],
    network: Mapping[int, float],
    *,
    metric: str,
    overlap: float,
    beside: str,
    seconds: float,
) -> Boosting | None:
    """Gradient boosting beside a network; None: no split has both.

    Args:
        values, network: number of a split -> the metric; NaN: the network diverged.
        metric: that decides.
        overlap: of the design.
        beside: what the network is called.
        seconds: that boosting took.
    """
    both = [number for number in values if number in network]
    if not both:
        return None
    sign = 1.0 if is_error(metric) else -1.0
    gains = [
        np.inf if np.isnan(network[number]) else sign * (network[number] - values[number])
        for number in both
    ]
    mean = float(np.mean([values[number] for number in both]))
    return Boosting(effect(gains, overlap), mean, beside, seconds)


def of_arrays(x: Any, y: Any, *, metric: str, classes: bool) -> Predict:
    """Boosting on arrays.

    Args:
        x: inputs ``(n, columns)``.
        y: targets ``(n,)`` or ``(n, outputs)``.
        metric: that decides; ``mae`` is learned as such.
        classes: whether the targets are classes.
    """
    targets = np.asarray(y).reshape(len(y), -1)
    if not classes:
        return lambda train, test: np.stack(
            [_numbers(x[train], column[train], x[test], metric) for column in targets.T], axis=1
        )
    wide = targets.shape[1] > 1
    numbers = targets.argmax(axis=1) if wide else targets[:, 0].astype(np.int64)
    width = max(targets.shape[1], int(numbers.max()) + 1, 2)
    return lambda train, test: _probabilities(x[train], numbers[train], x[test], width)


def _numbers(x: Any, y: Any, x_test: Any, metric: str) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    remember_physical_cores()
    loss = "absolute_error" if metric == "mae" else "squared_error"
    return HistGradientBoostingRegressor(loss=loss, random_state=0).fit(x, y).predict(x_test)


def _probabilities(x: Any, numbers: Any, x_test: Any, width: int) -> Any:
    """Probabilities of all classes, those too that no row to train on has."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    remember_physical_cores()
    model = HistGradientBoostingClassifier(random_state=0).fit(x, numbers)
    found = np.zeros((len(x_test), width))
    found[:, model.classes_] = model.predict_proba(x_test)
    return found
