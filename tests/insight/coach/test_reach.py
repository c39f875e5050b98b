"""How far training gets, from its first step: against training, and against the engine's loss."""

import numpy as np
import pytest

from tests.insight.coach.cases import classes, dense, table, target
from tests.support.close import assert_close
from trimtab import Sequential
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.collecting import collect
from trimtab.insight.coach.reach import total_rate
from trimtab.insight.coach.steps import measure_start, reach
from trimtab.nn import layers, losses, optimizers, schedules
from trimtab.training.settings import FitSettings

SPARSE = losses.SparseCategoricalCrossentropy
HEADS = {
    "mse": ("mse", 1, None, target(table())),
    "mae": ("mae", 2, None, np.column_stack([target(table()), 3 + target(table())])),
    "bce": ("bce", 1, "sigmoid", classes(2)),
    "bce, logits": (losses.BinaryCrossentropy(from_logits=True), 1, None, classes(2)),
    "sparse": (SPARSE(), 3, "softmax", classes(3)),
    "sparse, logits": (SPARSE(from_logits=True), 3, None, classes(3)),
}


def made(head, optimizer):
    loss, units, activation, y = HEADS[head]
    model = Sequential([dense(16), layers.Dense(units, activation=activation)], seed=2)
    model.compile(optimizer=optimizer, loss=loss)
    model.build(3)
    return model, y


def facts_of(model, y, **settings):
    facts = collect(model, table(), y, FitSettings(**settings))
    measure_start(facts)
    return facts


@pytest.mark.parametrize("head", HEADS)
def test_the_loss_is_that_of_the_engine(head):
    model, y = made(head, "adam")
    first = facts_of(model, y).first_step
    assert_close(first.loss, model.evaluate(table(), y, verbose=0), 1e-5)
    assert 0 < first.constant < 2


@pytest.mark.parametrize(
    "optimizer", [optimizers.Adadelta(1.0), optimizers.Adagrad(0.5), optimizers.Ftrl(0.5)]
)
def test_nothing_is_foretold_of_steps_of_any_length(optimizer):
    model, y = made("mse", type(optimizer).from_config(optimizer.get_config()))
    facts = facts_of(model, y, batch_size=64, epochs=10)
    assert facts.first_step is None and reach(facts) is None
    codes = {finding.code for finding in model.check(table(), y, epochs=10)}
    assert Code.UNUSUAL_LEARNING_RATE not in codes


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.Adam(2e-5),
        optimizers.Adam(4e-5, gradient_accumulation_steps=2),
        optimizers.Lion(2e-5),
        optimizers.SGD(5e-4),
        optimizers.SGD(5e-5, momentum=0.9),
    ],
)
def test_training_gets_as_far(head, optimizer):
    model, y = made(head, type(optimizer).from_config(optimizer.get_config()))
    far = reach(facts_of(model, y, batch_size=64, epochs=10))
    before = model.evaluate(table(), y, verbose=0)
    model.fit(table(), y, batch_size=64, epochs=10, verbose=0)
    fall = before - model.evaluate(table(), y, verbose=0)
    assert far.steps == 40 and fall > 0
    assert 0.6 <= fall / (far.share * before) <= 1.25


def test_the_best_constant():
    model, _ = made("mse", "adam")
    y = np.arange(256.0)
    assert_close(facts_of(model, y).first_step.constant, y.var(), 1e-9)
    model, _ = made("bce", "adam")
    share = (classes(4) == 0).mean()
    expected = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert_close(facts_of(model, classes(4) == 0).first_step.constant, expected, 1e-9)


def test_rates_add_up():
    assert_close(total_rate(optimizers.Adam(0.01), 0, 50), 0.5, 1e-6)
    assert_close(total_rate(optimizers.SGD(0.01, momentum=0.9), 7, 50), 5.0, 1e-6)
    assert total_rate(optimizers.SGD(0.01), 0, 0) == 0.0
    falling = optimizers.Adam(schedules.ExponentialDecay(0.1, 10, 0.5))
    expected = sum(0.1 * 0.5 ** (step / 10) for step in range(20, 30))
    assert_close(total_rate(falling, 20, 10), expected, 1e-5)
    constant = optimizers.Adam(schedules.ExponentialDecay(0.1, 10, 1.0))
    assert_close(total_rate(constant, 0, 10**6), 1e5, 1e-5)


def test_what_cannot_be_measured_is_left_out():
    model, y = made("mse", "adam")
    assert reach(facts_of(model, np.where(np.arange(256) == 3, np.nan, y))) is None
    model.fit(table(), y, verbose=0)
    assert reach(facts_of(model, y)) is None  # it has begun to learn
