"""Trials of one variant trained as one program, on the JAX engine: one call for many networks.

An accelerator that trained one small network after another would mostly wait. What a trial of its
own can do and a population cannot (callbacks, early stopping, scales fitted to its rows) stays a
trial of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.model.population import fit_population
from trimtab.trials.measures import measured
from trimtab.trials.network_trial import probabilities, seed_of
from trimtab.trials.recipe import Recipe
from trimtab.trials.trial import Outcome, Trial

__all__ = ["MOST", "can_join", "run_population"]

#: Networks of one program.
MOST = 64

#: Arguments of ``fit`` that ``fit_population`` has, too.
_SHARED = ("batch_size", "epochs", "shuffle", "last_batch")


def can_join(recipe: Recipe) -> bool:
    """Whether trials of a recipe may be trained as a population."""
    set_ = [name for name, value in recipe.fit.items() if value not in (None, [], (), 0.0)]
    plain = not (recipe.standardized or recipe.target or recipe.dropped or recipe.balanced)
    return plain and not recipe.validated and all(name in _SHARED for name in set_)


def run_population(
    recipe: Recipe,
    trials: Sequence[Trial],
    rows: Sequence[tuple[Any, Any]],
    classes: bool,
    x: Any,
    y: Any,
) -> list[Outcome]:
    """Trains the networks of several trials at once.

    Args:
        recipe: of all of them.
        trials: with one seed and split each.
        rows: of each trial, to train and to test on.
        classes: whether the targets are classes.
        x, y: all rows.
    """
    begin = time.perf_counter()
    numbers = np.arange(len(x))
    trained = [numbers[train] for train, _ in rows]
    models = [
        recipe.model(seed_of(trial), rows=len(own))
        for trial, own in zip(trials, trained, strict=True)
    ]
    fit = {name: recipe.fit[name] for name in _SHARED if recipe.fit.get(name) is not None}
    histories = fit_population(models, x, y, train_rows=trained, **fit)
    outcomes = []
    for trial, model, history, (_, test) in zip(trials, models, histories, rows, strict=True):
        predicted = model.predict(x[test], verbose=0)
        found = probabilities(predicted) if recipe.logits else predicted
        curves = {name: list(curve) for name, curve in history.history.items()}
        outcomes.append(Outcome(trial, measured(y[test], found, classes=classes), curves))
    seconds = (time.perf_counter() - begin) / len(trials)
    return [Outcome(each.trial, each.metrics, each.history, seconds) for each in outcomes]
