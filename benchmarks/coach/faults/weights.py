"""Initial weights that cannot work."""

from __future__ import annotations

from benchmarks.coach.criteria import Pair
from benchmarks.coach.faults.registry import Draw, fault
from benchmarks.coach.recipe import Recipe
from trimtab import initializers


def _plain(base: Recipe) -> Recipe:
    return base.each_block(order="dense act", residual=False, dense={})


@fault("unusable-weights")
def kernels_of_zero(base: Recipe, draw: Draw) -> Pair:
    plain = _plain(base)
    return Pair(plain.each_dense(kernel_initializer="zeros"), plain)


@fault("unusable-weights")
def kernels_of_one(base: Recipe, draw: Draw) -> Pair:
    plain = _plain(base)
    return Pair(plain.each_dense(kernel_initializer="ones"), plain)


@fault("unusable-weights")
def one_constant(base: Recipe, draw: Draw) -> Pair:
    """All units of a layer stay alike."""
    plain, value = _plain(base), float(draw.choice([0.01, 0.1]))
    return Pair(plain.each_dense(kernel_initializer=initializers.Constant(value)), plain)


@fault("unusable-weights")
def uniform_from_zero_to_one(base: Recipe, draw: Draw) -> Pair:
    """What a generator of random numbers gives: all weights positive."""
    plain = _plain(base)
    positive = initializers.RandomUniform(0.0, 1.0)
    return Pair(plain.each_dense(kernel_initializer=positive), plain)


@fault("unusable-weights")
def far_too_large(base: Recipe, draw: Draw) -> Pair:
    plain, spread = _plain(base), float(draw.choice([10.0, 100.0]))
    return Pair(
        plain.each_dense(kernel_initializer=initializers.RandomNormal(stddev=spread)), plain
    )
