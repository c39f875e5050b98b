"""Penalties on what layers give: on both engines, in batches, in files, refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from trimtab import Sequential, layers, regularizers
from trimtab.errors import InvalidArgument, Unsupported

X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
Y = X[:, :1] * X[:, 1:2]


def made(engine: str = "native", penalty: Any = "l2") -> Sequential:
    stack = [
        layers.Input((3,)),
        layers.Dense(8, "relu", activity_regularizer=penalty, name="hidden"),
        layers.ActivityRegularization(l1=0.05, name="sizes"),
        layers.Dense(1, name="out"),
    ]
    model = Sequential(stack, seed=2)
    model.compile("adam", "mse", metrics=["mse"], engine=engine)
    return model


@pytest.mark.parametrize("engine", ENGINES)
def test_the_loss_is_that_of_the_formula(engine: str) -> None:
    model = made(engine)
    weight = np.linspace(0, 2, 50)
    inner = model.get_layer("hidden")(X)
    penalty = (0.01 * inner**2 + 0.05 * np.abs(inner)).sum(axis=1).mean()
    error = (model.predict(X) - Y)[:, 0] ** 2
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert_close(logs["loss"], error.mean() + penalty, 1e-5)
    assert_close(logs["mse"], error.mean(), 1e-5)
    weighted = model.evaluate(X, Y, sample_weight=weight, verbose=0, return_dict=True)
    assert_close(weighted["loss"], (error * weight).mean() + penalty, 1e-5)  # of every row
    assert_close(model.train_on_batch(X, Y, return_dict=True)["loss"], logs["loss"], 1e-5)


def test_engines_train_alike() -> None:
    models = [made(engine) for engine in ENGINES]
    for model in models:
        model.set_weights(models[0].get_weights())
    logs = [
        model.fit(X, Y, batch_size=16, epochs=3, shuffle=False, validation_split=0.2, verbose=0)
        for model in models
    ]
    for other in logs[1:]:
        for key, values in logs[0].history.items():
            assert_close(other.history[key], values, 1e-4)


def test_it_makes_values_small() -> None:
    sizes = []
    for penalty in (None, regularizers.L1(0.3)):
        model = made(penalty=penalty)
        model.optimizer.learning_rate = 0.05
        model.fit(X, Y, epochs=30, verbose=0)
        sizes.append(np.abs(model.get_layer("hidden")(X)).mean())
    assert sizes[1] < 0.5 * sizes[0]


def test_files_and_configurations_hold_it(tmp_path: Any) -> None:
    model = made()
    model.save(tmp_path / "m")
    back = trimtab.load_model(tmp_path / "m.trimtab")
    assert back.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    assert back.get_layer("hidden").activity_regularizer == regularizers.L2(0.01)
    config = layers.ActivityRegularization(l1=0.1, l2=0.2, name="a").get_config()
    assert config == {"name": "a", "trainable": True, "l1": 0.1, "l2": 0.2}
    assert "activity_regularizer" not in layers.Dense(2).get_config()


def test_what_is_refused() -> None:
    def size(x: Any) -> Any:
        return x.sum()

    assert_refused(
        InvalidArgument,
        "l1 must be a number of 0 or more, received -1.",
        lambda: layers.ActivityRegularization(l1=-1),
    )
    with pytest.raises(Unsupported, match="Dense: activity_regularizer must be L1, L2 or L1L2"):
        layers.Dense(2, activity_regularizer=size)
    stack = [layers.Dense(4, activity_regularizer="l2", name="d"), layers.Dense(1)]
    several = Sequential(stack, members=2)
    assert_refused(
        Unsupported,
        "d: activity_regularizer in a network of several members is not supported. Leave it out, "
        "or use a Committee.",
        lambda: several(X),
    )


def test_inside_a_layer_of_ones_own() -> None:
    pytest.importorskip("jax", reason="JAX is not installed")

    class Twice(layers.Layer):
        def __init__(self, inner: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.inner = layers.Dense(3, activity_regularizer=inner)

        def call(self, x: Any) -> Any:
            return 2 * self.inner(x)

    outer = Sequential([Twice(None, activity_regularizer="l1"), layers.Dense(1)], seed=1)
    outer.compile("adam", "mse")
    assert np.isfinite(outer.fit(X, Y, epochs=1, verbose=0).history["loss"][0])
    values = np.abs(outer.layers[0](X)).sum(axis=1).mean()
    error = np.mean((outer.predict(X) - Y) ** 2)
    assert_close(outer.evaluate(X, Y, verbose=0), error + 0.01 * values, 1e-5)
    with pytest.raises(Unsupported, match="activity_regularizer of a layer inside"):
        Sequential([Twice("l2"), layers.Dense(1)]).build((None, 3))
