"""Training that ends too soon, or is judged on too few rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.coach.criteria import Pair, made
from benchmarks.coach.faults.registry import Draw, fault
from benchmarks.coach.recipe import Recipe
from trimtab import callbacks


@fault("few-steps")
def whole_table_as_one_batch(base: Recipe, draw: Draw) -> Pair:
    sick = base.with_(batch_size=len(base.rows.x.train), epochs=20, patience=None)
    return Pair(sick, base)


@fault("few-steps")
def three_epochs(base: Recipe, draw: Draw) -> Pair:
    batch = max(64, len(base.rows.x.train) // 5)
    return Pair(base.with_(batch_size=batch, epochs=3, patience=None), base)


@fault("few-steps")
def batches_for_an_accelerator(base: Recipe, draw: Draw) -> Pair:
    """Batches of 4096 rows, for a table of hundreds."""
    return Pair(base.with_(batch_size=4096, epochs=15, patience=None), base)


@fault("still-falling")
def a_sixth_of_the_epochs(base: Recipe, draw: Draw) -> Pair:
    sick = base.trained_as("SGD", 0.01).with_(epochs=max(5, base.epochs // 6), patience=None)
    return Pair(sick, sick.with_(epochs=8 * sick.epochs, patience=10))


@fault("still-falling")
def adam_for_ten_epochs(base: Recipe, draw: Draw) -> Pair:
    sick = base.trained_as("Adam", 5e-4).with_(batch_size=64, epochs=10, patience=None)
    return Pair(sick, sick.with_(epochs=80, patience=10))


@fault("still-falling")
def much_dropout_for_some_epochs(base: Recipe, draw: Draw) -> Pair:
    calm = base.each_block(order="dense act drop", rate=0.4).trained_as("Adam", 5e-4)
    sick = calm.with_(batch_size=64, epochs=8, patience=None)
    return Pair(sick, sick.with_(epochs=80, patience=10))


def _stopped(base: Recipe, **arguments: Any) -> Recipe:
    return base.with_(patience=None, callbacks=(lambda: callbacks.EarlyStopping(**arguments),))


@fault("impatient-stopping")
def default_patience(base: Recipe, draw: Draw) -> Pair:
    """EarlyStopping() as it comes: patience 0."""
    calm = base.with_(epochs=100, patience=15)
    return Pair(_stopped(calm), calm)


@fault("impatient-stopping")
def patience_of_one_with_dropout(base: Recipe, draw: Draw) -> Pair:
    calm = base.each_block(order="dense act drop", rate=0.3).with_(epochs=100, patience=15)
    return Pair(_stopped(calm, patience=1), calm)


@fault("impatient-stopping")
def large_least_change(base: Recipe, draw: Draw) -> Pair:
    """``min_delta`` of 0.05 for a loss below 1."""
    calm = base.with_(epochs=100, patience=15)
    return Pair(_stopped(calm, patience=2, min_delta=0.05), calm)


@fault("impatient-stopping")
def patience_of_one_at_a_low_rate(base: Recipe, draw: Draw) -> Pair:
    calm = base.trained_as("Adam", 3e-4).with_(epochs=100, patience=15)
    return Pair(_stopped(calm, patience=1), calm)


def relative_error(pair: Pair) -> float:
    """Standard error of the validation loss as a share of it, from a training on the same rows."""
    from benchmarks.coach.recipe import train

    rows = pair.mended.rows
    run = train(pair.mended, 0)
    found = rows.read(run.model.predict(rows.x.test).astype(np.float64))
    truth = rows.truth.test
    if rows.kinds:
        picked = found[np.arange(len(truth)), truth.astype(int)]
        losses = -np.log(np.maximum(picked, 1e-7))
    else:
        losses = (found.reshape(-1) - truth) ** 2
    return float(losses.std() / losses.mean() / np.sqrt(len(pair.sick.rows.x.valid)))


@fault("noisy-validation", made(relative_error, 0.15))
def a_dozen_validation_rows(base: Recipe, draw: Draw) -> Pair:
    few = np.arange(int(draw.integers(8, 16)))
    every = np.arange(len(base.rows.x.train))
    return Pair(base.on(base.rows.taken(every, few)), base)


@fault("noisy-validation", made(relative_error, 0.15), size=250)
def two_percent_for_validation(base: Recipe, draw: Draw) -> Pair:
    """A split of 98 to 2 from tables of millions, on one of hundreds."""
    few = np.arange(max(4, len(base.rows.x.train) // 50))
    every = np.arange(len(base.rows.x.train))
    return Pair(base.on(base.rows.taken(every, few)), base)
