"""Whole fits against Keras: History within ten times Keras' own drift.

Long runs are chaotic, so Keras is also run against itself, every initial kernel moved by one unit
in the last place, up and down. How far these runs part from the first, by epoch, is the measure,
for both engines the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.parity.pairs import (
    Case,
    data,
    keras_model,
    keras_state,
    keras_weights,
    our_model,
    our_weights,
    take_state,
)
from tests.support.drift import ALLOWED, LEAST_DRIFT, distance, nudged, parted
from tests.support.engines import ENGINES

pytestmark = pytest.mark.slow  # the drift of optimized code, and Keras is compiled for each case

NORMALIZED: list[tuple[Any, ...]] = [
    ("batch_normalization",),
    ("dense", 16, {"use_bias": False}),
    ("batch_normalization",),
    ("activation", "relu"),
    ("dense", 16, {"use_bias": False}),
    ("batch_normalization", {"momentum": 0.9}),
    ("activation", "relu"),
    ("dense", 1),
]
PLAIN: list[tuple[Any, ...]] = [
    ("dense", 16, {"activation": "relu", "kernel_regularizer": ("L2", 0.001)}),
    ("residual", [("dense", 16, {"activation": "tanh"}), ("dense", 16)]),
    ("dense", 2, {"kernel_regularizer": ("L1", 0.001)}),
]
CLASSES: list[tuple[Any, ...]] = [
    ("dense", 12, {"activation": "gelu"}),
    ("residual", [("dense", 8, {"activation": "selu"})]),
    ("dense", 3, {"activation": "softmax"}),
]

CASES = [
    Case(
        "adam and normalization, validation split, short last batches",
        6,
        NORMALIZED,
        "mae",
        ("Adam", {}),
        metrics=("mse",),
        rows=150,
        batch_size=32,
        fit={"epochs": 8, "validation_split": 0.25},
    ),
    Case(
        "penalties, momentum, sample weights, validation data with weights",
        5,
        PLAIN,
        "mse",
        ("SGD", {"momentum": 0.9, "nesterov": True, "learning_rate": 0.02}),
        metrics=("mae",),
        rows=70,
        batch_size=16,
        fit={"epochs": 8, "sample_weight": True, "validation_data": True},
    ),
    Case(
        "classes, class weights, a schedule",
        7,
        CLASSES,
        "sparse_categorical_crossentropy",
        (
            "Adam",
            {
                "learning_rate": (
                    "ExponentialDecay",
                    {"initial_learning_rate": 0.02, "decay_steps": 10, "decay_rate": 0.9},
                )
            },
        ),
        metrics=("accuracy",),
        rows=90,
        batch_size=30,
        classes=3,
        fit={"epochs": 8, "class_weight": {0: 0.5, 2: 2.0}, "validation_split": 0.2},
    ),
    Case(
        "batches of one row",
        4,
        [("dense", 8, {"activation": "tanh"}), ("dense", 1, {"activation": "sigmoid"})],
        "binary_crossentropy",
        ("SGD", {"learning_rate": 0.05, "clipnorm": 0.3}),
        metrics=("accuracy",),
        rows=20,
        batch_size=1,
        fit={"epochs": 6},
    ),
    Case(
        "one batch larger than the data",
        6,
        NORMALIZED,
        "mse",
        ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.02}),
        rows=50,
        batch_size=512,
        fit={"epochs": 20},
    ),
]


def arguments(case: Case) -> dict[str, Any]:
    """What ``fit`` is given, the same for both."""
    options = dict(case.fit)
    generator = np.random.default_rng(3)
    if options.pop("sample_weight", False):
        options["sample_weight"] = generator.uniform(0, 2, case.rows).astype(np.float32)
    if options.pop("validation_data", False):
        weight = generator.uniform(0, 2, 33).astype(np.float32)
        options["validation_data"] = (*data(case, 33, seed=1), weight)
    # One reference order for both: that of the rows.
    return {"batch_size": case.batch_size, "verbose": 0, "shuffle": False, **options}


class Reference:
    """A Keras model that is run again from other weights without compiling again.

    Attributes:
        state: the start of all runs.
        history, weights: of the run from there.
        others: the same of the runs from one unit in the last place above and below.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.model = keras_model(case)
        self.model.optimizer.build(self.model.trainable_variables)
        self.fresh = [np.array(v.value) for v in self.model.optimizer.variables]
        self.state = keras_state(self.model)
        start = self.model.get_weights()
        self.history, self.weights = self.run(start)
        self.others = [self.run(nudged(start, towards)) for towards in (np.inf, -np.inf)]

    def run(self, weights: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """History and final weights."""
        self.model.set_weights(weights)
        for variable, value in zip(self.model.optimizer.variables, self.fresh, strict=True):
            variable.assign(value)
        x, y = data(self.case)
        history = self.model.fit(x, y, **arguments(self.case)).history
        return history, keras_weights(self.model)

    def drift(self) -> Any:
        """How far Keras parts from itself, by epoch."""
        apart = [parted(history, self.history) for history, _ in self.others]
        return np.maximum(np.max(apart, axis=0), LEAST_DRIFT)

    def weight_drift(self, path: str) -> float:
        """The same of one weight, at the end."""
        apart = [distance(weights[path], self.weights[path]) for _, weights in self.others]
        return max(*apart, LEAST_DRIFT)


reference = cache(Reference)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_whole_runs(case: Case, name: str) -> None:
    assert_runs_agree(case, name)


def assert_runs_agree(case: Case, name: str) -> None:
    """The same start, arguments and rows; as far apart as Keras and itself, or ten times that."""
    keras = reference(case)
    ours = our_model(case, name)
    take_state(ours, keras.state)
    x, y = data(case)
    actual = ours.fit(x, y, **arguments(case)).history
    assert list(actual) == list(keras.history), "the same keys in the same order"
    assert all(type(value) is float for values in actual.values() for value in values)
    apart, drift = parted(actual, keras.history), keras.drift()
    assert (apart <= ALLOWED * drift).all(), f"apart {apart}, Keras from itself {drift}"
    for path, weight in our_weights(ours).items():
        away, moved = distance(weight.value, keras.weights[path]), keras.weight_drift(path)
        assert away <= ALLOWED * moved, f"{path}: {away}, Keras {moved}"


@pytest.mark.parametrize("name", ENGINES)
def test_the_measure_sees_a_wrong_formula(name: str) -> None:
    """Another momentum of the moving averages is far outside."""
    case = CASES[0]
    keras = reference(case)
    layers = [
        ("batch_normalization", {"momentum": 0.98}) if layer == ("batch_normalization",) else layer
        for layer in case.layers
    ]
    wrong = our_model(Case(**{**case.__dict__, "layers": layers}), name)
    take_state(wrong, keras.state)
    x, y = data(case)
    actual = wrong.fit(x, y, **arguments(case)).history
    assert not (parted(actual, keras.history) <= ALLOWED * keras.drift()).all()
