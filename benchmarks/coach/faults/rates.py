"""Learning rates and their decay."""

from __future__ import annotations

from benchmarks.coach.criteria import Pair, diverges, flat
from benchmarks.coach.faults.registry import NUMBER, Draw, fault
from benchmarks.coach.recipe import Recipe
from trimtab import callbacks, schedules


def _adam(base: Recipe) -> Recipe:
    return base.trained_as("Adam", 0.001)


@fault("rate-too-high")
def sgd_of_one(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.trained_as("SGD", 1.0), base.trained_as("SGD", 0.05))


@fault("rate-too-high")
def sgd_with_much_momentum(base: Recipe, draw: Draw) -> Pair:
    """The rate of plain descent, kept when momentum was added."""
    sick = base.trained_as("SGD", 0.1, momentum=0.95)
    return Pair(sick, base.trained_as("SGD", 0.005, momentum=0.95))


@fault("rate-too-high")
def adam_of_three_tenths(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.trained_as("Adam", 0.3), _adam(base))


@fault("rate-too-high")
def adam_with_the_rate_of_sgd(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.trained_as("Adam", 0.08), _adam(base))


@fault("unusual-learning-rate")
def adam_of_one(base: Recipe, draw: Draw) -> Pair:
    rate = float(draw.choice([1.0, 3.0]))
    return Pair(base.trained_as("Adam", rate), _adam(base))


@fault("unusual-learning-rate")
def adam_of_a_millionth(base: Recipe, draw: Draw) -> Pair:
    rate = float(draw.choice([1e-7, 1e-6]))
    return Pair(base.trained_as("Adam", rate).with_(patience=None), _adam(base))


@fault("unusual-learning-rate")
def sgd_of_ten(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.trained_as("SGD", 10.0), base.trained_as("SGD", 0.05))


@fault("rate-too-low")
def adam_for_fine_tuning(base: Recipe, draw: Draw) -> Pair:
    """A rate for a network that was trained before."""
    rate = float(draw.choice([1e-5, 3e-5]))
    return Pair(base.trained_as("Adam", rate).with_(patience=None), _adam(base))


@fault("rate-too-low")
def sgd_of_a_thousandth(base: Recipe, draw: Draw) -> Pair:
    rate = float(draw.choice([1e-4, 5e-4]))
    sick = base.trained_as("SGD", rate).with_(patience=None)
    return Pair(sick, base.trained_as("SGD", 0.05, momentum=0.5))


@fault("rate-too-low")
def adam_in_short_training(base: Recipe, draw: Draw) -> Pair:
    """1e-4 and some 150 steps."""
    sick = base.trained_as("Adam", 1e-4).with_(epochs=max(3, 150 // base.steps), patience=None)
    return Pair(sick, sick.with_(rate=0.003))


@fault("decay-too-early")
def cosine_of_the_first_epochs(base: Recipe, draw: Draw) -> Pair:
    """The schedule was written for batches ten times as many as there are."""
    steps = base.steps * max(2, base.epochs // 15)
    sick = _adam(base).with_(
        schedule=lambda rate: schedules.CosineDecay(rate, steps), patience=None
    )
    whole = base.steps * base.epochs
    mended = sick.with_(schedule=lambda rate: schedules.CosineDecay(rate, whole))
    return Pair(sick, mended)


@fault("decay-too-early")
def exponential_decay_by_steps(base: Recipe, draw: Draw) -> Pair:
    """Decay by 0.9 every ten steps, meant for every ten epochs."""
    calm = base.trained_as("Adam", 0.003).with_(patience=None)
    early = calm.with_(schedule=lambda rate: schedules.ExponentialDecay(rate, 10, 0.9))
    every = 10 * base.steps
    return Pair(
        early, calm.with_(schedule=lambda rate: schedules.ExponentialDecay(rate, every, 0.9))
    )


@fault("decay-too-early")
def plateau_without_patience(base: Recipe, draw: Draw) -> Pair:
    """ReduceLROnPlateau that cuts to a tenth at the first epoch without a new best."""
    calm = _adam(base).with_(patience=None)

    def impatient() -> callbacks.ReduceLROnPlateau:
        return callbacks.ReduceLROnPlateau(factor=0.1, patience=0, min_delta=0.02)

    return Pair(calm.with_(callbacks=(impatient,)), calm)


@fault("plateau", flat)
def rate_of_zero_after_a_tenth(base: Recipe, draw: Draw) -> Pair:
    """A schedule that ends long before the training."""
    steps = max(5, base.steps * base.epochs // 30)
    sick = _adam(base).with_(
        schedule=lambda rate: schedules.CosineDecay(rate, steps), patience=None
    )
    return Pair(sick, _adam(base))


@fault("plateau", flat)
def flat_ends_of_sigmoids(base: Recipe, draw: Draw) -> Pair:
    """Four layers of sigmoids, and plain descent."""
    blocks = (base.blocks[0],) * 4
    deep = base.with_(blocks=blocks).each_block(
        activation="sigmoid", order="dense act", residual=False
    )
    sick = deep.trained_as("SGD", 0.01).with_(patience=None)
    return Pair(sick, sick.each_block(activation="relu").trained_as("SGD", 0.05, momentum=0.5))


@fault("plateau", flat)
def zero_weights(base: Recipe, draw: Draw) -> Pair:
    """Kernels of zero: only the output's bias learns."""
    plain = base.each_block(order="dense act", residual=False, activation="relu").with_(
        patience=None
    )
    return Pair(plain.each_dense(kernel_initializer="zeros"), plain)


@fault("diverged", diverges, tasks=NUMBER)
def sgd_on_an_unscaled_target(base: Recipe, draw: Draw) -> Pair:
    rows = base.rows.with_y(lambda y: 300 * y + 500, lambda found: (found - 500) / 300)
    return Pair(base.on(rows).trained_as("SGD", 0.05), base.trained_as("SGD", 0.05))


@fault("diverged", diverges, tasks=NUMBER)
def sgd_on_raw_columns(base: Recipe, draw: Draw) -> Pair:
    wide = base.rows.with_x(lambda x: x * 300)
    return Pair(base.on(wide).trained_as("SGD", 0.05), base.trained_as("SGD", 0.05))


@fault("diverged", diverges)
def far_too_large_steps(base: Recipe, draw: Draw) -> Pair:
    return Pair(
        base.trained_as("SGD", 5.0, momentum=0.9), base.trained_as("SGD", 0.01, momentum=0.9)
    )


@fault("diverged", diverges)
def deep_network_with_large_weights(base: Recipe, draw: Draw) -> Pair:
    from trimtab import initializers

    deep = base.with_(blocks=(base.blocks[0],) * 5).each_block(
        units=48, activation="relu", order="dense act", residual=False
    )
    large = deep.each_dense(kernel_initializer=initializers.RandomNormal(stddev=1.0))
    calm = deep.each_dense(kernel_initializer="he_normal")
    return Pair(large.trained_as("SGD", 0.01), calm.trained_as("SGD", 0.01, momentum=0.9))
