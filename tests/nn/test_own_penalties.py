"""Custom regularizers and constraints: training as in Keras, files, members, refusals."""

import pickle
import re

import numpy as np
import pytest

import trimtab
from tests.support.keras import ARRAY_COPY, import_keras
from tests.support.refusals import assert_refused
from trimtab import Sequential, layers, load_model
from trimtab.errors import InvalidArgument
from trimtab.nn import constraints, regularizers

jax = pytest.importorskip("jax", reason="JAX is not installed")
jnp = jax.numpy

X = np.linspace(-1, 1, 60, dtype=np.float32).reshape(20, 3)
Y = X[:, 0] - X[:, 1] ** 2


@trimtab.register(package="own-penalties")
def quartic(w):
    return 0.1 * (w**4).sum()


@trimtab.register(package="own-penalties")
def halved_signs(w):
    return jnp.clip(jnp.asarray(w), -0.25, 0.25)


@trimtab.register(package="own-penalties")
class SumToOne(regularizers.Regularizer):
    def __init__(self, factor=0.5):
        self.factor = factor

    def __call__(self, x):
        return self.factor * jnp.sum(jnp.square(jnp.sum(x, axis=0) - 1))

    def get_config(self):
        return {"factor": self.factor}


@trimtab.register(package="own-penalties")
class Between(constraints.Constraint):
    def __init__(self, low=-0.2, high=0.3):
        self.low, self.high = low, high

    def __call__(self, w):
        return jnp.clip(w, self.low, self.high)

    def get_config(self):
        return {"low": self.low, "high": self.high}


def network(first=None, second=None, **options):
    stack = [
        layers.Dense(4, "tanh", input_shape=[3], name="a", **(first or {})),
        layers.Dense(1, name="b", **(second or {})),
    ]
    model = Sequential(stack, seed=3)
    model.compile("sgd", "mse", **options)
    return model


@pytest.mark.filterwarnings(ARRAY_COPY)
def test_a_fit_is_that_of_keras():
    keras = import_keras()
    own = {"kernel_regularizer": quartic, "kernel_constraint": halved_signs}
    orthogonal = {"kernel_regularizer": regularizers.OrthogonalRegularizer(0.2, "columns")}
    theirs = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(
                4,
                "tanh",
                kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.2, "columns"),
            ),
            keras.layers.Dense(1, **own),
        ]
    )
    theirs.compile("sgd", "mse")
    ours = network(orthogonal, own)
    ours.set_weights([np.asarray(weight) for weight in theirs.get_weights()])
    fit = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0}
    data = (X, Y.reshape(-1, 1))
    expected = theirs.fit(*data, validation_data=data, **fit).history
    actual = ours.fit(*data, validation_data=data, **fit).history
    for key, values in expected.items():
        np.testing.assert_allclose(actual[key], values, rtol=1e-5)
    for mine, reference in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, np.asarray(reference), rtol=1e-5, atol=1e-6)
    assert np.abs(ours.layers[1].kernel.numpy()).max() <= 0.25


def test_subclasses_train_and_are_kept(tmp_path):
    model = network({"kernel_regularizer": SumToOne(2.0)}, {"kernel_constraint": Between(-0.1)})
    model.fit(X, Y, epochs=40, verbose=0)
    off = np.abs(model.layers[0].kernel.numpy().sum(axis=0) - 1)
    assert off.max() <= 0.2
    kernel = model.layers[1].kernel.numpy()
    assert kernel.min() >= -0.1 and kernel.max() <= np.float32(0.3)
    model.save(tmp_path / "model.trimtab")
    again = load_model(tmp_path / "model.trimtab")
    assert again.layers[0].kernel_regularizer == SumToOne(2.0)
    assert again.layers[1].kernel_constraint == Between(-0.1)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    again.fit(X, Y, verbose=0)
    pickle.loads(pickle.dumps(model)).fit(X, Y, verbose=0)


def test_functions_are_kept_by_name(tmp_path):
    model = network({"kernel_regularizer": quartic}, {"kernel_constraint": halved_signs})
    config = model.layers[0].get_config()["kernel_regularizer"]
    assert config["class_name"] == "function" and config["config"] == "own-penalties>quartic"
    assert regularizers.get(config) == regularizers.get(quartic)
    assert constraints.get("own-penalties>halved_signs") == constraints.get(halved_signs)
    assert regularizers.get("own-penalties>quartic") == regularizers.get(quartic)
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "model.trimtab")
    again = load_model(tmp_path / "model.trimtab")
    assert again.layers[0].kernel_regularizer.fn is quartic
    assert again.layers[1].kernel_constraint.fn is halved_signs
    assert repr(regularizers.get(quartic)) == "FunctionRegularizer(quartic)"
    assert repr(constraints.get(halved_signs)) == "FunctionConstraint(halved_signs)"


def test_what_is_not_registered_is_not_saved(tmp_path):
    model = network({"kernel_regularizer": lambda w: (w**2).sum()})
    model.fit(X, Y, verbose=0)
    with pytest.raises(InvalidArgument, match="not registered"):
        model.save(tmp_path / "model.trimtab")
    assert not (tmp_path / "model.trimtab").exists()


def test_the_native_engine_says_why_not():
    for options, what in (
        ({"kernel_regularizer": quartic}, "regularizer quartic"),
        ({"kernel_constraint": Between()}, "constraint Between"),
        ({"kernel_regularizer": "orthogonal_regularizer"}, "regularizer OrthogonalRegularizer"),
    ):
        assert_refused(
            InvalidArgument,
            f"engine='native' does not support {what}. Use engine='jax' or 'auto'.",
            lambda options=options: network(options, engine="native").fit(X, Y, verbose=0),
        )
        assert network(options).inference_engine().name == "jax"


def test_what_they_return_is_checked():
    for options, text in (
        (
            {"kernel_regularizer": lambda w: w**2},
            "regularizer <lambda> must return a single number, received an array of shape (3, 4) "
            "for (3, 4). Use jnp.sum(...).",
        ),
        (
            {"kernel_constraint": lambda w: w[0]},
            "constraint <lambda> must return an array of the shape of its weight, (3, 4), received "
            "one of shape (4,).",
        ),
    ):
        with pytest.raises(InvalidArgument, match=re.escape(text)):
            network(options).fit(X, Y, verbose=0)


def test_frozen_layers_have_no_penalty():
    model = network({"kernel_regularizer": lambda w: 100.0 + 0 * w.sum()})
    assert model.evaluate(X, Y, verbose=0) >= 100
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    assert model.evaluate(X, Y, verbose=0) <= 50


def test_accumulated_gradients_hold_them():
    from trimtab.nn import optimizers

    one, two = (network({"kernel_regularizer": quartic}) for _ in range(2))
    one.compile(optimizers.SGD(0.1), "mse")
    two.compile(optimizers.SGD(0.1, gradient_accumulation_steps=2), "mse")
    one.fit(X, Y, batch_size=20, shuffle=False, verbose=0)
    two.fit(X, Y, batch_size=10, shuffle=False, verbose=0)
    for mine, other in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-7)
