"""One trial of a network on arrays."""

from __future__ import annotations

import copy
import time
from typing import Any

import numpy as np

from trimtab.core.random import Stream, derive
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidData
from trimtab.training.callbacks import EarlyStopping
from trimtab.trials.designs import Units, held_out
from trimtab.trials.measures import measured
from trimtab.trials.recipe import Recipe
from trimtab.trials.running import RUNNING
from trimtab.trials.trial import Outcome, Trial

__all__ = ["Target", "probabilities", "run_network", "seed_of"]


def seed_of(trial: Trial) -> int:
    """The seed of weights, orders and masks: the same for all variants of a pair."""
    return derive(trial.seed, Stream.TRIALS, trial.split)


class Target:
    """The scale that a target is learned on, from the training rows of a trial.

    Args:
        scale: ``standard``, ``log`` or None.
        y: targets to train on, ``(n,)`` or ``(n, outputs)``.

    Raises:
        InvalidData: a target is not above 0 and has no logarithm.

    Example:
        >>> target = Target("log", np.array([1.0, np.e]))
        >>> target.learned(np.array([1.0, np.e])).tolist(), target.given(np.array([0.0])).tolist()
        ([0.0, 1.0], [1.0])
    """

    def __init__(self, scale: str | None, y: Any) -> None:
        self._scale = scale
        array = np.asarray(y, np.float64)
        self._mean: Any = 0.0
        self._deviation: Any = 1.0
        if scale == "standard":
            self._mean, self._deviation = array.mean(axis=0), array.std(axis=0)
            self._deviation = np.where(self._deviation > 0, self._deviation, 1.0)
        if scale == "log" and not (array > 0).all():
            raise InvalidData(
                "log_target() needs targets above 0, but the smallest is "
                f"{float(np.nanmin(array)):g}. Use standardize_target()."
            )

    def learned(self, y: Any) -> Any:
        """Targets as the network learns them."""
        if self._scale is None:
            return y
        array = np.asarray(y, np.float64)
        return np.log(array) if self._scale == "log" else (array - self._mean) / self._deviation

    def given(self, predicted: Any) -> Doubles:
        """Predictions in the units of the target."""
        array = np.asarray(predicted, np.float64)
        if self._scale == "log":
            return np.exp(np.clip(array, -700.0, 700.0))
        found: Doubles = array * self._deviation + self._mean
        return found


def run_network(
    recipe: Recipe,
    trial: Trial,
    train: Any,
    test: Any,
    classes: bool,
    x: Floats,
    y: Any,
    groups: Any = None,
) -> Outcome:
    """Trains a network on some rows and measures it on others.

    Args:
        recipe: of the network.
        trial: which one it is.
        train, test: rows of ``x``: numbers or a slice, which copies nothing.
        classes: whether the targets are classes.
        x, y: all rows.
        groups: the number of each row's group, or None.
    """
    begin = time.perf_counter()
    held: Any = None
    if recipe.validated:
        rows = np.arange(len(y))[train]
        units = Units.of(len(rows), groups=groups[rows] if recipe.by_group else None)
        kept, watched = held_out(units, recipe.validated, trial.seed)
        train, held = rows[kept], rows[watched]
    columns = np.setdiff1d(np.arange(x.shape[1]), recipe.dropped)

    def inputs(rows: Any) -> Floats:
        found: Floats = x[rows] if len(columns) == x.shape[1] else x[rows][:, columns]
        return found

    own = inputs(train)
    shift: Any = 0.0
    scale: Any = 1.0
    if recipe.standardized:
        shift, scale = own.mean(axis=0, dtype=np.float64), own.std(axis=0, dtype=np.float64)
        scale = np.where(scale > 0, scale, 1.0)

    def scaled(part: Floats) -> Floats:
        return np.asarray((part - shift) / scale, np.float32) if recipe.standardized else part

    target = Target(recipe.target, y[train])
    model = recipe.model(seed_of(trial), rows=len(own))
    model.runner.limit_threads(1)
    fit = {name: value for name, value in recipe.fit.items() if name != "validation_split"}
    callbacks = copy.deepcopy(list(fit.pop("callbacks", None) or ()))
    if recipe.patience is not None:
        callbacks.append(EarlyStopping(patience=recipe.patience, restore_best_weights=True))
    if held is not None:
        fit["validation_data"] = (scaled(inputs(held)), target.learned(y[held]))
    if recipe.balanced:
        fit["class_weight"] = _balance(y[train])
    with RUNNING.holding(model):
        history = model.fit(
            scaled(own), target.learned(y[train]), verbose=0, callbacks=callbacks, **fit
        )
    predicted = model.predict(scaled(inputs(test)), verbose=0)
    found = probabilities(predicted) if recipe.logits else target.given(predicted)
    return Outcome(
        trial,
        measured(y[test], found, classes=classes),
        {name: list(curve) for name, curve in history.history.items()},
        time.perf_counter() - begin,
    )


def probabilities(logits: Floats) -> Doubles:
    """Probabilities of classes from logits."""
    from scipy.special import expit, softmax

    wide = np.asarray(logits, np.float64)
    found: Doubles = expit(wide) if wide.shape[1] == 1 else softmax(wide, axis=1)
    return found


def _balance(y: Any) -> dict[int, float]:
    """A weight for each class, so that all have the same total."""
    array = np.asarray(y)
    numbers = array.argmax(axis=1) if array.ndim == 2 and array.shape[1] > 1 else array.reshape(-1)
    classes, counts = np.unique(numbers.astype(np.int64), return_counts=True)
    weights = len(numbers) / (len(classes) * counts)
    return {int(each): float(weight) for each, weight in zip(classes, weights, strict=True)}
