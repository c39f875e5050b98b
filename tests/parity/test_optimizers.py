"""Every optimizer against Keras: steps from one state, a short fit, and averages of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.parity.pairs import Case, data, keras_model, keras_state, our_model, take_state
from tests.parity.test_runs import assert_runs_agree
from tests.parity.test_step import assert_steps_agree
from tests.support.drift import distance
from tests.support.engines import ENGINES
from tests.support.keras import import_keras
from trimtab import callbacks
from trimtab.nn import optimizers

pytestmark = pytest.mark.slow  # Keras is compiled for each case

LAYERS = [("dense", 6, {"activation": "tanh", "kernel_regularizer": ("L2", 0.01)}), ("dense", 2)]


def case(name: str, **arguments: Any) -> Case:
    said = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return Case(
        f"{name} {said}".strip(),
        *(4, LAYERS, "mse", (name, {"learning_rate": 0.02, **arguments})),
        rows=70,
        batch_size=16,
        fit={"epochs": 4},
    )


CASES = [
    case("Adadelta"),
    case("Adagrad"),
    case("Adam", amsgrad=True),
    case("Adamax", weight_decay=0.05),
    case("Ftrl", l1_regularization_strength=0.01),
    case("Lion", weight_decay=0.05),
    case("Nadam", clipnorm=0.3),
    case("RMSprop"),
    case("RMSprop", momentum=0.8, centered=True, global_clipnorm=0.3),
    case("SGD", use_ema=True, ema_momentum=0.9),
    case("AdamW", use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3),
]
ACCUMULATING = [
    case("SGD", gradient_accumulation_steps=3, clipvalue=0.1),
    case("Nadam", gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.9),
]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_steps_are_those_of_keras(case: Case, name: str) -> None:
    assert_steps_agree(case, name)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("case", CASES + ACCUMULATING, ids=str)
def test_runs_are_those_of_keras(case: Case, name: str) -> None:
    assert_runs_agree(case, name)


def test_every_optimizer_is_there() -> None:
    tried = {case.optimizer[0] for case in CASES}
    assert tried == optimizers.REGISTRY.classes.keys()


def test_averages_are_validated_as_in_keras() -> None:
    keras = import_keras()
    made = case("SGD", use_ema=True, ema_momentum=0.9)
    theirs, ours = keras_model(made), our_model(made)
    take_state(ours, keras_state(theirs))
    (x, y), other = data(made), data(made, 30, seed=1)
    options: dict[str, Any] = {
        "epochs": 3,
        "batch_size": 16,
        "shuffle": False,
        "validation_data": other,
        "verbose": 0,
    }
    expected = theirs.fit(x, y, callbacks=[keras.callbacks.SwapEMAWeights()], **options).history
    actual = ours.fit(x, y, callbacks=[callbacks.SwapEMAWeights()], **options).history
    for key, values in expected.items():
        assert distance(actual[key], values) <= 1e-5, key
    for mine, reference in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert distance(mine, np.asarray(reference)) <= 1e-5
