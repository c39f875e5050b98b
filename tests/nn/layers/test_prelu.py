"""PReLU and the layers of one function: values and slopes against Keras, members, refusals."""

import numpy as np
import pytest

from tests.support.close import EPSILON, assert_close
from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab import Sequential
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import activations, layers

X = np.random.default_rng(0).normal(0, 2, (6, 5)).astype(np.float32)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PReLU", {}),
        ("PReLU", {"alpha_initializer": "ones"}),
        ("LeakyReLU", {}),
        ("LeakyReLU", {"negative_slope": 0}),
        ("ELU", {"alpha": 0.25}),
        ("ReLU", {"negative_slope": 0.25, "max_value": 2.0, "threshold": 0.5}),
        ("Softmax", {"axis": [-1]}),
        ("Identity", {}),
    ],
    ids=str,
)
def test_values_are_those_of_keras(kind, options):
    keras = import_keras()
    ours, theirs = getattr(layers, kind)(**options), getattr(keras.layers, kind)(**options)
    assert_close(ours(X), np.asarray(theirs(X)), 8 * EPSILON)


def test_slopes_are_learned():
    model = Sequential([layers.Input((5,)), layers.PReLU(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], epochs=3, verbose=0)
    (alpha,) = model.layers[0].get_weights()
    assert alpha.shape == (5,) and (alpha != 0).all()


def test_each_member_has_slopes_of_its_own():
    stack = [layers.Dense(4), layers.PReLU(), layers.Dense(1)]
    model = Sequential([layers.Input((3,)), *stack], members=2)
    assert model.layers[1].get_weights()[0].shape == (8,)
    assert model.predict(X[:, :3], verbose=0).shape == (6, 1)


def test_the_activation_of_a_layer_of_one_function():
    assert layers.ReLU().activation is activations.relu
    assert layers.Softmax().activation is activations.softmax
    assert layers.LeakyReLU(0.2).activation is activations.leaky_relu
    assert activations.serialize(layers.ReLU(6.0).activation)["config"]["max_value"] == 6.0
    assert activations.lowered(layers.ELU(0.5).activation)[1]["alpha"] == 0.5


def test_refused():
    assert_refused(
        Unsupported,
        "PReLU: shared_axes is for images, received [1]. Leave it out: each column has a slope of "
        "its own.",
        lambda: layers.PReLU(shared_axes=[1]),
    )
    assert_refused(
        InvalidArgument,
        "negative_slope must be a number of 0 or more, received -1.",
        lambda: layers.LeakyReLU(-1),
    )
    assert_refused(
        InvalidArgument,
        "alpha must be a finite number, received None.",
        lambda: layers.ELU(None),
    )
    assert_refused(
        Unsupported,
        "Softmax: axis must be -1, the columns of a table, received 0.",
        lambda: layers.Softmax(axis=0),
    )
