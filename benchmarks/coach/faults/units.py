"""What goes wrong inside: units that are dead or saturated, signals that explode or vanish."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.coach.criteria import Pair, dead, exploding, saturated, vanishing
from benchmarks.coach.faults.registry import Draw, fault
from benchmarks.coach.recipe import Recipe
from trimtab import initializers


def _plain(base: Recipe, activation: str, depth: int | None = None) -> Recipe:
    """Dense layers with one activation and nothing else; many of them are not wide."""
    first = base.blocks[0]
    narrow = replace(first, units=min(first.units, 48))
    blocks = base.blocks if depth is None else (narrow,) * depth
    return base.with_(blocks=blocks).each_block(
        activation=activation, order="dense act", residual=False, dense={}, rate=0.0
    )


@fault("dead-units", dead)
def negative_biases(base: Recipe, draw: Draw) -> Pair:
    """A bias of -1 meant to make the network sparse."""
    mended = _plain(base, "relu")
    bias = initializers.Constant(-float(draw.choice([2.0, 4.0])))
    return Pair(mended.each_dense(bias_initializer=bias), mended)


@fault("dead-units", dead)
def killed_by_large_steps(base: Recipe, draw: Draw) -> Pair:
    mended = _plain(base, "relu").trained_as("Adam", 0.001)
    return Pair(mended.with_(rate=float(draw.choice([0.1, 0.3]))), mended)


@fault("dead-units", dead)
def killed_by_an_unscaled_target(base: Recipe, draw: Draw) -> Pair:
    """Positive columns that start at a hundred, with plain descent."""
    mended = _plain(base, "relu").trained_as("SGD", 0.02)
    return Pair(mended.on(base.rows.with_x(lambda x: 3 * x + 15)), mended)


@fault("saturated-units", saturated)
def raw_columns_into_tanh(base: Recipe, draw: Draw) -> Pair:
    mended = _plain(base, "tanh")
    return Pair(mended.on(base.rows.with_x(lambda x: 40 * x + 100)), mended)


@fault("saturated-units", saturated)
def large_weights_before_tanh(base: Recipe, draw: Draw) -> Pair:
    mended = _plain(base, "tanh")
    return Pair(mended.each_dense(kernel_initializer=initializers.RandomNormal(stddev=5.0)), mended)


@fault("saturated-units", saturated)
def large_steps_with_sigmoids(base: Recipe, draw: Draw) -> Pair:
    mended = _plain(base, "sigmoid").trained_as("Adam", 0.003)
    return Pair(mended.with_(rate=1.0), mended)


@fault("exploding-activations", exploding)
def unit_normal_weights(base: Recipe, draw: Draw) -> Pair:
    """Standard normal kernels in a deep network."""
    mended = _plain(base, "relu", 5).each_dense(kernel_initializer="he_normal")
    return Pair(mended.each_dense(kernel_initializer=initializers.RandomNormal(stddev=1.0)), mended)


@fault("exploding-activations", exploding)
def too_large_a_gain(base: Recipe, draw: Draw) -> Pair:
    mended = _plain(base, "elu", 3).each_dense(kernel_initializer="he_normal")
    gain = initializers.VarianceScaling(scale=40.0, mode="fan_in")
    return Pair(mended.each_dense(kernel_initializer=gain), mended)


@fault("vanishing-gradients", vanishing)
def tiny_weights_and_plain_descent(base: Recipe, draw: Draw) -> Pair:
    """Adam would make up for small gradients."""
    calm = _plain(base, "relu", 5).trained_as("SGD", 0.02, momentum=0.5).with_(patience=10)
    mended = calm.each_dense(kernel_initializer="he_normal")
    small = initializers.RandomNormal(stddev=0.02)
    return Pair(calm.each_dense(kernel_initializer=small).with_(patience=None), mended)


@fault("vanishing-gradients", vanishing)
def deep_sigmoids(base: Recipe, draw: Draw) -> Pair:
    sick = _plain(base, "sigmoid", 7).trained_as("SGD", 0.05, momentum=0.5).with_(patience=None)
    mended = sick.each_block(activation="relu").each_dense(kernel_initializer="he_normal")
    return Pair(sick, mended.trained_as("Adam", 0.001).with_(patience=10))


@fault("saturating-depth")
def many_sigmoids_and_plain_descent(base: Recipe, draw: Draw) -> Pair:
    depth = int(draw.integers(4, 8))
    sick = _plain(base, "sigmoid", depth).trained_as("SGD", 0.05)
    return Pair(sick, sick.each_block(activation="relu").each_dense(kernel_initializer="he_normal"))


@fault("saturating-depth")
def many_sigmoids_with_sgd(base: Recipe, draw: Draw) -> Pair:
    depth = int(draw.integers(4, 8))
    sick = _plain(base, "sigmoid", depth).trained_as("SGD", 0.02, momentum=0.9)
    return Pair(sick, sick.each_block(activation="relu").each_dense(kernel_initializer="he_normal"))


@fault("saturating-depth")
def very_many_tanh(base: Recipe, draw: Draw) -> Pair:
    sick = _plain(base, "tanh", 16).each_dense(kernel_initializer="he_normal")
    return Pair(sick, _plain(base, "tanh", 2))
