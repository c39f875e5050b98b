"""Training goes on where the other library stopped: the same step from the same file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.interchange.keras_file.both import far, to_ours, to_theirs
from trimtab import keras as ours

#: Of weights after a further epoch.
EPOCH = 1e-5

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"learning_rate": 0.02}),
    "momentum": ("SGD", {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", {"learning_rate": 0.003}),
    "amsgrad": ("Adam", {"amsgrad": True, "clipnorm": 1.0}),
    "adamw": ("AdamW", {"weight_decay": 0.01}),
    "adagrad": ("Adagrad", {"learning_rate": 0.05}),
    "adadelta": ("Adadelta", {"learning_rate": 0.5}),
    "adamax": ("Adamax", {}),
    "nadam": ("Nadam", {}),
    "ftrl": ("Ftrl", {"learning_rate": 0.05}),
    "lion": ("Lion", {}),
    "rmsprop": ("RMSprop", {"momentum": 0.5, "centered": True}),
    "averages": ("Adam", {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 5}),
    "sums": ("SGD", {"momentum": 0.9, "gradient_accumulation_steps": 2}),
}
QUICK = ("momentum", "amsgrad", "nadam")
CASES = [
    pytest.param(name, id=name, marks=() if name in QUICK else pytest.mark.slow)
    for name in OPTIMIZERS
]


def described(library: Any, name: str) -> Any:
    layers = library.layers
    kind, arguments = OPTIMIZERS[name]
    model = library.Sequential(
        [
            library.Input((3,)),
            layers.Dense(6, activation="tanh", kernel_regularizer="l2"),
            layers.BatchNormalization(momentum=0.8),
            layers.Dense(1),
        ]
    )
    model.compile(getattr(library.optimizers, kind)(**arguments), "mse", metrics=["mae"])
    return model


def data() -> tuple[Any, Any]:
    draw = np.random.default_rng(4)
    x = draw.normal(size=(48, 3)).astype(np.float32)
    return x, np.tanh(x.sum(axis=1, keepdims=True))


def steps(model: Any, number: int) -> list[float]:
    """Losses of so many batches; Keras compiles no loop over an epoch."""
    x, y = data()
    return [
        model.train_on_batch(x[i * 16 : i * 16 + 16], y[i * 16 : i * 16 + 16], return_dict=True)[
            "loss"
        ]
        for i in range(number)
    ]


@pytest.mark.parametrize("name", CASES)
def test_training_goes_on_in_the_other_library(name: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    model = described(keras, name)
    steps(model, 3)
    here = to_ours(model, tmp_path)
    assert here.runner.step == here.optimizer.iterations == 3
    there = to_theirs(here, tmp_path)
    kept = [np.array(variable.value) for variable in model.optimizer.variables]
    again = [np.array(variable.value) for variable in there.optimizer.variables]
    assert len(again) == len(kept)
    assert all(far(a, k) <= 1e-6 for a, k in zip(again, kept, strict=True) if np.any(k))
    losses = steps(model, 3)
    assert np.abs(np.subtract(steps(here, 3), losses)).max() <= 1e-5 * max(losses)
    assert far(here.get_weights(), model.get_weights()) <= EPOCH


def test_a_rate_that_was_set_and_a_schedule_go_along(tmp_path: Path) -> None:
    model = described(keras, "adam")
    model.optimizer.learning_rate = 0.0005
    here = to_ours(model, tmp_path)
    assert here.optimizer.learning_rate == np.float32(0.0005) and here.runner.step == 0
    schedule = ours.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    here.compile(ours.optimizers.SGD(schedule), "mae")
    there = to_theirs(here, tmp_path)
    assert type(there.optimizer._learning_rate).__name__ == "ExponentialDecay"
    assert there.loss.name == "mean_absolute_error"


def test_what_several_outputs_are_compiled_with_goes_along(tmp_path: Path) -> None:
    x = keras.Input((3,), name="x")
    ends = {"a": keras.layers.Dense(1)(x), "b": keras.layers.Dense(2, activation="softmax")(x)}
    model = keras.Model(x, ends)
    model.compile(
        "adam",
        {"a": keras.losses.MeanAbsoluteError(), "b": "categorical_crossentropy"},
        loss_weights={"a": 1.0, "b": 0.25},
        metrics={"a": ["mae"], "b": [keras.metrics.CategoricalAccuracy(name="hits")]},
    )
    here = to_ours(model, tmp_path)
    there = to_theirs(here, tmp_path)
    rows = data()[0]
    y = {"a": rows[:, :1], "b": np.eye(2)[np.arange(48) % 2]}
    expected = model.evaluate(rows, y, verbose=0, return_dict=True)
    assert set(expected) == set(here.evaluate(rows, y, verbose=0, return_dict=True))
    for other in (here, there):
        found = other.evaluate(rows, y, verbose=0, return_dict=True)
        assert all(abs(found[key] - value) <= 1e-5 for key, value in expected.items())
