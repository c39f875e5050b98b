"""Networks too large or too small for their rows, and penalties that hold them down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.coach.criteria import Pair, made
from benchmarks.coach.faults.registry import Draw, fault
from benchmarks.coach.recipe import Block, Recipe
from trimtab import regularizers


def _large(base: Recipe, units: int) -> Recipe:
    blocks = (Block(units),) * 2
    return base.with_(blocks=blocks, patience=None).trained_as("Adam", 0.001)


@fault("overfitting", size=250)
def wide_network_for_few_rows(base: Recipe, draw: Draw) -> Pair:
    sick = _large(base, 128).with_(epochs=120)
    return Pair(sick, sick.with_(patience=10))


@fault("overfitting", size=400)
def hundreds_of_epochs(base: Recipe, draw: Draw) -> Pair:
    sick = base.with_(patience=None, epochs=200).trained_as("Adam", 0.003)
    return Pair(sick, sick.with_(patience=10))


@fault("overfitting", size=300)
def columns_of_noise(base: Recipe, draw: Draw) -> Pair:
    """Twice as many columns that tell nothing."""
    rows = base.rows
    count = 2 * rows.x.train.shape[1]
    noisy = rows.with_x(lambda x: np.c_[x, draw.normal(size=(len(x), count)).astype("f4")])
    sick = _large(base.on(noisy), 96).with_(epochs=100)
    return Pair(sick, sick.with_(patience=10))


def parameters_per_row(pair: Pair) -> float:
    model, x = pair.sick.model(0), pair.sick.rows.x.train
    model.build((None, x.shape[1]))
    return model.count_params() / len(x)


@fault("more-parameters-than-rows", made(parameters_per_row, 10), size=150)
def wide_layers(base: Recipe, draw: Draw) -> Pair:
    sick = _large(base, 128)
    return Pair(sick, sick.with_(patience=10))


@fault("more-parameters-than-rows", made(parameters_per_row, 10), size=300)
def deep_and_wide(base: Recipe, draw: Draw) -> Pair:
    sick = base.with_(blocks=(Block(128),) * 3, patience=None).trained_as("Adam", 0.001)
    return Pair(sick, sick.with_(patience=10))


@fault("underfitting")
def one_unit(base: Recipe, draw: Draw) -> Pair:
    narrow = base.with_(blocks=(replace(base.blocks[0], units=1, order="dense act"),) * 2)
    return Pair(narrow.with_(patience=None), base)


@fault("underfitting")
def straight_line(base: Recipe, draw: Draw) -> Pair:
    """No hidden layer, for what is curved."""
    return Pair(base.with_(blocks=(), patience=None), base)


@fault("underfitting")
def dropout_of_a_small_network(base: Recipe, draw: Draw) -> Pair:
    thin = base.each_block(units=8, order="dense act drop", rate=0.6, residual=False)
    return Pair(thin.with_(patience=None), base)


@fault("strong-penalty")
def penalty_of_ten(base: Recipe, draw: Draw) -> Pair:
    strength = float(draw.choice([1.0, 10.0]))
    sick = base.each_dense(kernel_regularizer=regularizers.L2(strength))
    return Pair(sick.with_(patience=None), base)


@fault("strong-penalty")
def penalty_of_absolute_weights(base: Recipe, draw: Draw) -> Pair:
    strength = float(draw.choice([0.1, 0.3]))
    sick = base.each_dense(kernel_regularizer=regularizers.L1(strength))
    return Pair(sick.with_(patience=None), base)


@fault("strong-penalty")
def weight_decay_of_ten(base: Recipe, draw: Draw) -> Pair:
    """The strength of a penalty, given as the optimizer's decay."""
    decay = float(draw.choice([10.0, 50.0]))
    sick = base.trained_as("AdamW", 0.001, weight_decay=decay).with_(patience=None)
    return Pair(sick, base.trained_as("AdamW", 0.001, weight_decay=0.004))


def hidden_layers_without_activation(pair: Pair) -> float:
    """Dense layers followed by a dense layer with nothing bent between them."""
    return float(sum(block.activation is None for block in pair.sick.blocks))


@fault("no-activation")
def forgotten_activations(base: Recipe, draw: Draw) -> Pair:
    plain = base.each_block(order="dense act", residual=False)
    return Pair(plain.each_block(activation=None), plain)


@fault("no-activation")
def linear_layers_with_dropout(base: Recipe, draw: Draw) -> Pair:
    plain = base.each_block(order="dense act drop", rate=0.1, residual=False)
    return Pair(plain.each_block(activation=None), plain)


@fault("no-activation", made(hidden_layers_without_activation, 1))
def one_forgotten_activation(base: Recipe, draw: Draw) -> Pair:
    """The second of two dense layers has one, the first does not."""
    last = replace(base.blocks[-1], order="dense act", residual=False)
    first = replace(last, activation=None)
    return Pair(base.with_(blocks=(first, last)), base.with_(blocks=(last, last)))
