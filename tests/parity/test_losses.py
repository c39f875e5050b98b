"""Losses against Keras: gradients by the prediction, and short runs."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from tests.contracts.loss_oracles import targets_of
from tests.contracts.test_losses import loss_program, zero_state
from tests.nn.test_losses import CASES
from tests.parity.pairs import (
    Case,
    keras_model,
    keras_state,
    keras_weights,
    our_model,
    our_weights,
    take_state,
)
from tests.support.close import assert_close
from tests.support.engines import ENGINES, engine
from trimtab.engines import Rows
from trimtab.nn import losses


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES)
def test_gradients(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any) -> None:
    """Of a batch with sample weights. The native engine; contracts compare the two engines."""
    theirs = getattr(keras.losses, name)(**settings)
    op = losses.REGISTRY.classes[name](**settings).lower()
    y_pred = np.asarray(y_pred, np.float32)
    y_true = np.asarray(y_true, np.float32).reshape(len(y_pred), -1)
    weight = np.linspace(0.5, 1.5, len(y_pred), dtype=np.float32)
    given = jnp.asarray(y_true[:, 0] if "Generalized" in name else y_true)
    with jax.disable_jit():
        expected = jax.grad(lambda p: theirs(given, p, weight))(jnp.asarray(y_pred))
    program = loss_program(op, y_pred.shape[1])
    made = engine("native", program, zero_state(program))
    gradient = made.probe(Rows(y_pred, y_true, weight)).value_gradients[program.output]
    ends = (y_pred == 0) | (y_pred == 1)  # where Keras' clipping has half a derivative
    assert_close(gradient[~ends], np.asarray(expected)[~ends], 1e-5)


#: Loss, output activation, whether targets are class numbers.
RUNS: list[tuple[Any, str]] = [
    ("mean_absolute_percentage_error", "linear"),
    (("Huber", {"delta": 0.5}), "linear"),
    ("poisson", "softplus"),
    ("kl_divergence", "softmax"),
    ("squared_hinge", "tanh"),
    (("CategoricalCrossentropy", {"label_smoothing": 0.1}), "softmax"),
    (("CategoricalFocalCrossentropy", {"from_logits": True}), "linear"),
    (("BinaryFocalCrossentropy", {"apply_class_balancing": True}), "sigmoid"),
]


@pytest.mark.slow  # Keras is compiled for each case
@pytest.mark.parametrize("engine_name", ENGINES)
@pytest.mark.parametrize(("loss", "activation"), RUNS, ids=str)
def test_short_runs(loss: Any, activation: str, engine_name: str) -> None:
    layers = [("dense", 8, {"activation": "tanh"}), ("dense", 3, {"activation": activation})]
    case = Case("run", 4, layers, loss, ("Adam", {"learning_rate": 0.01}), rows=40)
    theirs, ours = keras_model(case), our_model(case, engine_name)
    take_state(ours, keras_state(theirs))
    generator = np.random.default_rng(2)
    x = generator.normal(size=(case.rows, 4)).astype(np.float32)
    op = ours.loss_function.lower()
    y = targets_of(op, generator, case.rows, 3).astype(np.float32)
    fit = {"epochs": 3, "batch_size": 16, "shuffle": False, "verbose": 0, "validation_split": 0.2}
    expected, actual = theirs.fit(x, y, **fit).history, ours.fit(x, y, **fit).history
    for key in ("loss", "val_loss"):
        assert_close(actual[key], expected[key], 1e-5)
    trained = our_weights(ours)
    for path, weights in keras_weights(theirs).items():
        assert_close(trained[path].numpy(), weights, 1e-4)
