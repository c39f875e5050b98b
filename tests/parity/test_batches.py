"""Batches of a data set or a generator: the run that Keras makes of the same ones."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

from tests.parity.pairs import (
    Case,
    keras_model,
    keras_state,
    keras_weights,
    our_model,
    our_weights,
    take_state,
)
from tests.support.engines import native_level, native_levels
from trimtab import keras as ours

CASE = Case(
    "batches",
    4,
    [
        ("batch_normalization",),
        ("dense", 6, {"activation": "tanh", "kernel_regularizer": ("L2", 0.01)}),
        ("dense", 2),
    ],
    loss="mse",
    optimizer=("SGD", {"learning_rate": 0.02, "momentum": 0.9}),
    metrics=("mae",),
)

GENERATOR = np.random.default_rng(3)
X = GENERATOR.normal(size=(40, 4)).astype(np.float32)
Y = (X @ GENERATOR.normal(size=(4, 2))).astype(np.float32)
WEIGHT = GENERATOR.uniform(0.5, 2, 40).astype(np.float32)
ENDS = (0, 16, 21, 37, 40)  # of batches of unequal size
BATCHES = [(X[a:b], Y[a:b], WEIGHT[a:b]) for a, b in itertools.pairwise(ENDS)]


def data_set(module):
    """The same data set in both libraries, its batches in one order."""

    class Batches(module.utils.PyDataset):
        def __len__(self):
            return len(BATCHES)

        def __getitem__(self, index):
            return BATCHES[index]

    return Batches()


def forever(module):
    while True:
        yield from BATCHES


RUNS = {
    "PyDataset": (data_set, {"epochs": 3, "shuffle": False}),
    "PyDataset, steps": (data_set, {"epochs": 4, "shuffle": False, "steps_per_epoch": 2}),
    "generator, steps": (forever, {"epochs": 3, "shuffle": False, "steps_per_epoch": 3}),
}


@pytest.mark.parametrize("run", RUNS)
def test_the_run_of_keras(run):
    given, options = RUNS[run]
    validation = (X[:20], Y[:20])
    theirs = keras_model(CASE)
    state = keras_state(theirs)
    expected = theirs.fit(given(keras), validation_data=validation, verbose=0, **options).history
    weights = keras_weights(theirs)
    engines = [("native", level) for level in native_levels()] + [("jax", "")]
    for engine, level in engines:
        model = our_model(CASE, engine)
        take_state(model, state)
        with native_level(level):
            history = model.fit(
                given(ours), validation_data=validation, verbose=0, **options
            ).history
            measured = model.evaluate(data_set(ours), verbose=0, return_dict=True)
            predicted = model.predict(data_set(ours))
        assert history.keys() == expected.keys()
        for name, values in expected.items():
            np.testing.assert_allclose(history[name], values, rtol=2e-5, err_msg=name)
        for path, weight in our_weights(model).items():
            np.testing.assert_allclose(weight.value, weights[path], rtol=1e-4, atol=2e-6)
    np.testing.assert_array_equal(model.predict(data_set(keras)), predicted)  # Keras' own class
    there = theirs.evaluate(data_set(keras), verbose=0, return_dict=True)
    for name, value in there.items():
        np.testing.assert_allclose(measured[name], value, rtol=2e-5, err_msg=name)
    np.testing.assert_allclose(
        predicted, theirs.predict(data_set(keras), verbose=0), rtol=1e-4, atol=1e-5
    )
