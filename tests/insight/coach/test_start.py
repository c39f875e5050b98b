"""A network before its first step: its values and gradients, also with other weights."""

import numpy as np

from tests.insight.coach.cases import classes, dense, table, target
from tests.support.close import assert_close
from trimtab import Sequential
from trimtab.insight.coach.collecting import collect
from trimtab.insight.coach.steps import measure_start
from trimtab.nn import layers
from trimtab.training.settings import FitSettings


def start_of(*stack, y=None, loss="mse"):
    model = Sequential(list(stack), seed=4)
    model.compile("adam", loss)
    model.build(3)
    facts = collect(model, table(), target(table()) if y is None else y, FitSettings())
    measure_start(facts)
    return facts.start


def test_the_gradient_of_a_linear_model_by_hand():
    start = start_of(layers.Dense(1, name="only"))
    x, y = table().astype(np.float64), target(table()).astype(np.float64)
    kernel = start.weights["only/kernel"]
    expected = 2 * x.T @ (x @ kernel - y[:, None]) / len(x)
    assert_close(start.gradients["only/kernel"], expected, 1e-4)
    assert_close(start.gradient_size("only"), np.sqrt(np.mean(expected**2)), 1e-4)
    assert start.gradient_size("other") is None


def test_other_weights_are_tried_and_forgotten():
    start = start_of(dense(name="a"), layers.Dense(1, name="b"))
    before = start.logits(start.values)
    twice = start.values_with({"b/kernel": 2 * start.weights["b/kernel"]})
    assert_close(start.logits(twice), 2 * before, 1e-5)
    np.testing.assert_array_equal(start.logits(start.values_with({})), before)


def test_logits_come_before_the_last_activation():
    start = start_of(layers.Dense(1, activation="sigmoid", name="only"), y=classes(2), loss="bce")
    assert_close(1 / (1 + np.exp(-start.logits(start.values))), start.outputs, 1e-5)


def test_saturated_values_are_counted():
    start = start_of(layers.Dense(4, activation="tanh", name="a"), layers.Dense(1))
    assert start.saturated(start.values) < 0.1
    far = start.values_with({"a/kernel": 1000 * start.weights["a/kernel"]})
    assert start.saturated(far) > 0.95
