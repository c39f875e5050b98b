"""The layers and activations of the catalogue, against Keras, step by step; a run is in test_runs.

What one layer computes, argument by argument, is held to Keras in tests/nn; here gradients reach
its weights and those before it, and optimizers move them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.parity.pairs import Case
from tests.parity.test_step import assert_steps_agree
from tests.support.engines import ENGINES
from trimtab.nn import activations

#: Keras is compiled for each case, and the tolerance is that of optimized code.
pytestmark = pytest.mark.slow

#: sparsemax of Keras is another function; glu halves the columns, which Keras' layers do not know.
LEFT_OUT = ("glu", "linear", "sparsemax", "threshold")
NAMES = [name for name in activations.ACTIVATIONS if name not in LEFT_OUT]


def layer(kind: str, **options: Any) -> tuple[Any, ...]:
    return ("layer", kind, options)


def network(*between: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Each of the layers behind a dense one."""
    stack: list[tuple[Any, ...]] = []
    for each in between:
        stack += [("dense", 9), each]
    return [*stack, ("dense", 2)]


def activation_cases() -> list[Case]:
    """Three activations a network, with one optimizer and the other in turn."""
    found = []
    for number in range(0, len(NAMES), 3):
        names = NAMES[number : number + 3]
        optimizer = ("SGD", "Adam")[number // 3 % 2]
        stack = network(*(("activation", name) for name in names))
        settings = (optimizer, {"learning_rate": 0.01})
        found.append(Case(" ".join(names), 5, stack, "mse", settings))
    return found


L2 = ("L2", 0.01)
LAYERS = [
    Case(
        "rows",
        6,
        network(
            layer("LayerNormalization"),
            layer("RMSNormalization", epsilon=1e-3),
            layer("UnitNormalization"),
            layer("LayerNormalization", epsilon=0.1, scale=False, beta_regularizer=L2),
            layer("LayerNormalization", center=False, gamma_regularizer=L2),
        ),
        "mse",
        ("SGD", {"learning_rate": 0.02, "momentum": 0.9}),
    ),
    Case(
        "rows, classes, adam",
        6,
        [
            *network(layer("LayerNormalization"), layer("RMSNormalization"))[:-1],
            ("dense", 3),
            layer("Softmax"),
        ],
        "sparse_categorical_crossentropy",
        ("Adam", {"learning_rate": 0.01}),
        classes=3,
    ),
    Case(
        "slopes",
        6,
        network(
            layer("PReLU", alpha_initializer="ones", alpha_regularizer=L2),
            layer("PReLU", alpha_constraint=("MaxNorm", 0.5), alpha_initializer="random_normal"),
            layer("LeakyReLU"),
            layer("LeakyReLU", negative_slope=0.05),
            layer("ELU", alpha=0.5),
            layer("ReLU", max_value=1.0, negative_slope=0.1, threshold=0.2),
        ),
        "mse",
        ("SGD", {"learning_rate": 0.02}),
    ),
    Case(
        "fixed numbers",
        3,
        [
            layer("Normalization", mean=[1000.0, 990.0, 1010.0], variance=[400.0, 300.0, 500.0]),
            layer("Rescaling", scale=0.5, offset=0.25),
            layer("Identity"),
            ("dense", 9, {"activation": "tanh"}),
            layer("Rescaling", scale=2.0),
            ("dense", 2),
            layer("Normalization", mean=3.0, variance=4.0, invert=True),
        ],
        "mse",
        ("Adam", {"learning_rate": 0.01}),
    ),
]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("case", activation_cases(), ids=str)
def test_steps_of_activations(case: Case, name: str) -> None:
    assert_steps_agree(case, name)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("case", LAYERS, ids=str)
def test_steps_of_layers(case: Case, name: str) -> None:
    assert_steps_agree(case, name, raw=case.name == "fixed numbers")
