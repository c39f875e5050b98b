"""Weights left out of weight decay, against Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.parity.pairs import Case, data, keras_model, keras_state, our_model, our_weights
from tests.parity.test_step import keras_step, take_step
from tests.support.drift import TOLERANCE, distance
from tests.support.engines import ENGINES

CASE = Case(
    name="excluded",
    inputs=4,
    layers=[("dense", 6, {"activation": "tanh"}), ("batch_normalization",), ("dense", 2)],
    optimizer=("AdamW", {"learning_rate": 0.02, "weight_decay": 0.9}),
)

pytestmark = pytest.mark.slow  # Keras' numbers to 1e-6 need optimized code

EXCLUSIONS: dict[str, tuple[list[str], list[str]]] = {
    "by name": ([], ["bias", "gam"]),
    "by pattern": ([], ["^b", "a$"]),
    "one weight": (["dense_0/kernel"], []),
    "both": (["dense_2/kernel"], ["bias"]),
}


def exclude(optimizer: Any, weights: list[Any], paths: list[str], names: list[str]) -> None:
    chosen = [weight for weight in weights if weight.path in paths]
    assert len(chosen) == len(paths)
    optimizer.exclude_from_weight_decay(var_list=chosen, var_names=names)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", EXCLUSIONS)
def test_steps_are_those_of_keras(name: str, engine: str) -> None:
    paths, names = EXCLUSIONS[name]
    theirs, ours = keras_model(CASE), our_model(CASE, engine)
    exclude(theirs.optimizer, theirs.variables, paths, names)
    exclude(ours.optimizer, ours.weights, paths, names)
    for number in range(3):
        x, y = data(CASE, CASE.batch_size, seed=number)
        step = keras_step(theirs, x, y)
        for path, ours_now in take_step(ours, step).items():
            if path in step.after.weights:
                assert distance(ours_now, step.after.weights[path]) <= TOLERANCE, path


def test_the_exclusion_matters() -> None:
    theirs, plain = keras_model(CASE), keras_model(CASE)
    exclude(theirs.optimizer, theirs.variables, [], ["kernel"])
    x, y = data(CASE, CASE.batch_size)
    for model in (theirs, plain):
        model.train_on_batch(x, y)
    assert keras_state(theirs).weights.keys() == our_weights(our_model(CASE)).keys()
    kernel = "dense_0/kernel"
    here, there = (keras_state(model).weights[kernel] for model in (theirs, plain))
    assert np.abs(here - there).max() > 1e-3
