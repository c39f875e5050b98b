"""One trial of a network on arrays."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trimtab.core.random import Stream, derive
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidData
from trimtab.model.sequential import Sequential
from trimtab.training.callback import Callback, Logs
from trimtab.training.callbacks import EarlyStopping
from trimtab.trials.designs import Units, held_out
from trimtab.trials.measures import measured
from trimtab.trials.recipe import Recipe
from trimtab.trials.running import RUNNING
from trimtab.trials.trial import Outcome, Trial

__all__ = [
    "Fitted",
    "Target",
    "balance",
    "fit_network",
    "probabilities",
    "run_network",
    "seed_of",
]


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


class _StopAtNaN(Callback):
    """Ends a training whose loss is NaN: so are its weights by then, and they stay so."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if math.isnan((logs or {}).get("loss", 0.0)):
            self.model.stop_training = True


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained network with the scales of its rows.

    Attributes:
        recipe: of the network.
        model: the network, which sees scaled inputs.
        columns: of the rows that it sees, by number.
        shift, scale: of these columns, ``(columns,)``; 0 and 1 where they are not standardized.
        target: the scale that the target was learned on.
        history: curves by name, one number per epoch.
    """

    recipe: Recipe
    model: Sequential
    columns: Any
    shift: Any
    scale: Any
    target: Target
    history: Mapping[str, Sequence[float]]

    def predict(self, x: Floats) -> Any:
        """Predictions of rows ``(n, all columns)``: numbers in their units, or probabilities."""
        predicted = self.model.predict(self.inputs(x), verbose=0)
        return probabilities(predicted) if self.recipe.logits else self.target.given(predicted)

    def inputs(self, x: Floats) -> Floats:
        """Rows as the network sees them."""
        return self.scaled(x if len(self.columns) == x.shape[1] else x[:, self.columns])

    def scaled(self, own: Floats) -> Floats:
        """Rows of its own columns, ``(n, columns)``, on its scale."""
        if not self.recipe.standardized:
            return own
        return np.asarray((own - self.shift) / self.scale, np.float32)


def fit_network(
    recipe: Recipe,
    seed: int,
    train: Any,
    x: Floats,
    y: Any,
    groups: Any = None,
    *,
    held_seed: int = 0,
    threads: int | None = 1,
) -> Fitted:
    """Trains a network on some rows.

    Args:
        recipe: of the network.
        seed: of weights, orders and masks.
        train: rows of ``x``: numbers or a slice, which copies nothing.
        x, y: all rows.
        groups: the number of each row's group, or None.
        held_seed: of the draw of the rows that early stopping watches.
        threads: to train on; None: as many as ``trimtab.config`` says.
    """
    held: Any = None
    if recipe.validated:
        rows = np.arange(len(y))[train]
        units = Units.of(len(rows), groups=groups[rows] if recipe.by_group else None)
        kept, watched = held_out(units, recipe.validated, held_seed)
        train, held = rows[kept], rows[watched]
    columns = np.setdiff1d(np.arange(x.shape[1]), recipe.dropped)
    own = x[train] if len(columns) == x.shape[1] else x[train][:, columns]
    shift, scale = np.zeros(len(columns)), np.ones(len(columns))
    if recipe.standardized:
        shift, scale = own.mean(axis=0, dtype=np.float64), own.std(axis=0, dtype=np.float64)
        scale = np.where(scale > 0, scale, 1.0)
    target = Target(recipe.target, y[train])
    model = recipe.model(seed, rows=len(own))
    fitted = Fitted(recipe, model, columns, shift, scale, target, {})
    model.runner.limit_threads(threads)
    fit = {name: value for name, value in recipe.fit.items() if name != "validation_split"}
    callbacks = copy.deepcopy(list(fit.pop("callbacks", None) or ()))
    callbacks.append(_StopAtNaN())
    if recipe.patience is not None:
        callbacks.append(EarlyStopping(patience=recipe.patience, restore_best_weights=True))
    if held is not None:
        fit["validation_data"] = (fitted.inputs(x[held]), target.learned(y[held]))
    if recipe.balanced:
        fit["class_weight"] = balance(y[train])
    with RUNNING.holding(model):
        history = model.fit(
            fitted.scaled(own), target.learned(y[train]), verbose=0, callbacks=callbacks, **fit
        )
    curves = {name: list(curve) for name, curve in history.history.items()}
    return replace(fitted, history=curves)


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
    fitted = fit_network(recipe, seed_of(trial), train, x, y, groups, held_seed=trial.seed)
    return Outcome(
        trial,
        measured(y[test], fitted.predict(x[test]), classes=classes),
        fitted.history,
        time.perf_counter() - begin,
    )


def probabilities(logits: Floats) -> Doubles:
    """Probabilities of classes from logits."""
    from scipy.special import expit, softmax

    wide = np.asarray(logits, np.float64)
    found: Doubles = expit(wide) if wide.shape[1] == 1 else softmax(wide, axis=1)
    return found


def balance(y: Any) -> dict[int, float]:
    """A weight for each class of targets ``(n,)`` or ``(n, classes)``: all have the same total."""
    array = np.asarray(y)
    numbers = array.argmax(axis=1) if array.ndim == 2 and array.shape[1] > 1 else array.reshape(-1)
    classes, counts = np.unique(numbers.astype(np.int64), return_counts=True)
    weights = len(numbers) / (len(classes) * counts)
    return {int(each): float(weight) for each, weight in zip(classes, weights, strict=True)}
