"""Batch normalization and dropout: order, momentum, and batches too small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.coach.criteria import Pair, dropout_lifts, jumping, made
from benchmarks.coach.faults.registry import NUMBER, Draw, fault
from benchmarks.coach.recipe import Recipe
from trimtab import layers


def _normalized(base: Recipe, order: str = "dense norm act", **norm: object) -> Recipe:
    """The base with batch normalization in every block, and no dropout."""
    arguments = {"momentum": 0.9} | norm
    return base.each_block(order=order, norm=arguments, rate=0.0)


def _thinned(base: Recipe, order: str, rate: float) -> Recipe:
    """Dropout and batch normalization in this order; two blocks at least."""
    blocks = base.blocks if len(base.blocks) > 1 else base.blocks * 2
    return base.with_(blocks=blocks).each_block(order=order, rate=rate, norm={"momentum": 0.9})


def _last(recipe: Recipe, rate: float) -> Recipe:
    """Dropout behind the last normalization alone."""
    plain = recipe.each_block(order="dense act norm", rate=0.0)
    last = replace(plain.blocks[-1], order="dense act norm drop", rate=rate)
    return plain.with_(blocks=(*plain.blocks[:-1], last))


@fault("variance-shift")
def dropout_before_each_normalization(base: Recipe, draw: Draw) -> Pair:
    """As in the exercise with red wine."""
    three = base.with_(blocks=(base.blocks[0],) * 3).each_block(residual=False)
    rate = float(draw.choice([0.4, 0.5]))
    sick = _thinned(three, "dense act drop norm", rate)
    return Pair(sick, _last(sick, rate))


@fault("variance-shift")
def dropout_before_dense_and_normalization(base: Recipe, draw: Draw) -> Pair:
    rate = float(draw.choice([0.4, 0.5]))
    sick = _thinned(base, "drop dense norm act", rate)
    return Pair(sick, _last(sick, rate))


@fault("variance-shift")
def much_dropout_in_a_narrow_network(base: Recipe, draw: Draw) -> Pair:
    sick = _thinned(base, "dense act drop norm", 0.5).each_block(units=24)
    return Pair(sick, _last(sick, 0.2))


def _slow(base: Recipe, momentum: float, steps: int) -> Recipe:
    """Few steps of an epoch, and moving averages that need more of them."""
    rows = len(base.rows.x.train)
    batch = max(32, -(-rows // steps))
    return _normalized(base, momentum=momentum).with_(batch_size=batch, patience=None)


def _raw(base: Recipe, momentum: float, steps: int) -> Recipe:
    """The same, with raw columns that a batch normalization is to scale."""
    raw = _slow(base.on(replace(base.rows, x=base.rows.raw)), momentum, steps)
    return raw.with_(front=(lambda: layers.BatchNormalization(momentum=momentum),))


@fault("slow-moving-averages")
def raw_columns_and_default_momentum(base: Recipe, draw: Draw) -> Pair:
    """0.99 for some hundred steps."""
    sick = _raw(base, 0.99, 8).with_(epochs=12, rate=max(base.rate, 0.003))
    front = (lambda: layers.BatchNormalization(momentum=0.9, debias=True),)
    mended = sick.each_block(norm={"momentum": 0.9, "debias": True})
    return Pair(sick, mended.with_(front=front))


@fault("slow-moving-averages")
def momentum_of_other_examples(base: Recipe, draw: Draw) -> Pair:
    """0.999 from a network that trains for days."""
    sick = _slow(base, 0.999, 12).with_(epochs=20, rate=max(base.rate, 0.003))
    return Pair(sick, sick.each_block(norm={"momentum": 0.9, "debias": True}))


@fault("stale-statistics")
def raw_columns_in_few_steps(base: Recipe, draw: Draw) -> Pair:
    """A batch normalization that has no time to learn the means of raw columns."""
    sick = _raw(base, 0.99, 5).with_(epochs=12)
    return Pair(sick, sick.fitted(statistics="population"))


@fault("stale-statistics")
def averages_of_days(base: Recipe, draw: Draw) -> Pair:
    """0.999 for a training of seconds."""
    sick = _slow(base, 0.999, 10).with_(epochs=20, rate=max(base.rate, 0.003))
    return Pair(sick, sick.fitted(statistics="population"))


def _grades(base: Recipe) -> Recipe:
    """As in the exercise with red wine: wide layers, five steps an epoch, targets around 5.6."""
    rows = base.rows
    if not rows.kinds:
        rows = rows.with_y(lambda y: 0.8 * y + 5.6, lambda found: (found - 5.6) / 0.8)
    wide = base.on(rows).with_(blocks=(base.blocks[0],) * 3, patience=None, epochs=40)
    batch = -(-len(rows.x.train) // 5)
    return wide.each_block(units=128, residual=False).with_(batch_size=batch)


@fault("jumping-validation", jumping, tasks=NUMBER)
def few_steps_an_epoch(base: Recipe, draw: Draw) -> Pair:
    """Weights move far in each epoch, and the averages lag behind."""
    sick = _normalized(_grades(base), momentum=0.99).trained_as("SGD", 0.01, momentum=0.9)
    return Pair(sick, sick.fitted(statistics="population"))


@fault("jumping-validation", jumping, tasks=NUMBER)
def dropout_and_slow_averages(base: Recipe, draw: Draw) -> Pair:
    calm = _grades(base).trained_as("Adam", 0.005)
    sick = calm.each_block(order="dense act drop norm", rate=0.3, norm={"momentum": 0.99})
    return Pair(sick, sick.fitted(statistics="population"))


@fault("jumping-validation", jumping)
def raw_columns_and_slow_averages(base: Recipe, draw: Draw) -> Pair:
    raw = base.on(replace(base.rows, x=base.rows.raw))
    calm = _normalized(_grades(raw), momentum=0.99).trained_as("Adam", 0.01)
    sick = calm.with_(front=(lambda: layers.BatchNormalization(),))
    return Pair(sick, sick.fitted(statistics="population"))


@fault("small-batch-statistics")
def batches_of_two(base: Recipe, draw: Draw) -> Pair:
    sick = _normalized(base).with_(batch_size=2, epochs=8, patience=None)
    return Pair(sick, sick.with_(batch_size=32, epochs=40))


@fault("small-batch-statistics")
def batches_of_four(base: Recipe, draw: Draw) -> Pair:
    sick = _normalized(base, "dense act norm").with_(batch_size=4, epochs=10, patience=None)
    return Pair(sick, sick.with_(batch_size=32, epochs=40))


@fault("small-batch-statistics")
def virtual_batches_of_two(base: Recipe, draw: Draw) -> Pair:
    sick = _normalized(base, virtual_batch_size=2)
    return Pair(sick, _normalized(base))


def _one_over(base: Recipe, batches: int) -> Recipe:
    """So many training rows that the last batch has one."""
    rows, size = base.rows, (len(base.rows.x.train) - 1) // batches
    kept = np.arange(size * batches + 1)
    return base.on(rows.taken(kept)).with_(batch_size=size, patience=None)


@fault("tiny-last-batch", size=200)
def one_row_left_over(base: Recipe, draw: Draw) -> Pair:
    sick = _one_over(_normalized(base), 3).with_(epochs=60)
    return Pair(sick, sick.fitted(last_batch="even"))


@fault("tiny-last-batch", size=300)
def one_row_left_over_of_two_batches(base: Recipe, draw: Draw) -> Pair:
    sick = _one_over(_normalized(base, momentum=0.7), 2).with_(epochs=60)
    return Pair(sick, sick.fitted(last_batch="even"))


def useless_biases(pair: Pair) -> float:
    """Biases directly before a batch normalization."""
    dense = [block.dense for block in pair.sick.blocks if block.order.startswith("dense norm")]
    return float(sum(arguments.get("use_bias", True) for arguments in dense))


@fault("bias-without-effect", made(useless_biases, 1))
def default_biases(base: Recipe, draw: Draw) -> Pair:
    sick = _normalized(base).each_dense(use_bias=True)
    return Pair(sick, sick.each_dense(use_bias=False))


@fault("nearly-all-dropped")
def keep_probabilities(base: Recipe, draw: Draw) -> Pair:
    """0.9 is what another library keeps."""
    rate = float(draw.choice([0.8, 0.9]))
    return Pair(base.each_block(order="dense act drop", rate=rate), base)


@fault("nearly-all-dropped")
def half_of_very_few_units(base: Recipe, draw: Draw) -> Pair:
    narrow = base.with_(blocks=(replace(base.blocks[0], units=4),) * 2)
    return Pair(narrow.each_block(order="dense act drop", rate=0.6), narrow)


@fault("training-above-validation", dropout_lifts)
def loss_with_dropout(base: Recipe, draw: Draw) -> Pair:
    """Nothing is wrong: the training loss is measured with dropout."""
    rate = float(draw.choice([0.4, 0.5]))
    calm = base.each_block(order="dense act drop", rate=rate, units=128).with_(patience=None)
    short = calm.with_(epochs=max(8, base.epochs // 4))
    return Pair(short, short)


@fault("training-above-validation", dropout_lifts)
def loss_with_dropped_features(base: Recipe, draw: Draw) -> Pair:
    calm = base.with_(front=(lambda: layers.Dropout(0.3),), patience=None)
    short = calm.with_(epochs=max(8, base.epochs // 4))
    return Pair(short, short)
