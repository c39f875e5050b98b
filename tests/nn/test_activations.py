"""Names, aliases, refusals, lowering; values against Keras."""

import numpy as np
import pytest

from tests.support.close import EPSILON, assert_close
from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import activations
from trimtab.program import Builder

X = np.array([[-30.0, -2.0, -1.0, -0.1], [0.0, 0.1, 1.5, 30.0]], np.float32)


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_name_and_function_are_one(name):
    function = activations.get(name)
    assert activations.get(function) is function
    assert activations.serialize(function) == name
    assert activations.deserialize(name) is function
    assert function.__name__ == name


def test_aliases():
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.silu is activations.swish


@pytest.mark.parametrize("name", [*activations.ACTIVATIONS, "swish"])
def test_keras_knows_the_name(name):
    keras = import_keras()
    assert keras.activations.get(name).__name__ == activations.serialize(activations.get(name))


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_values(name):
    keras = import_keras()
    expected = np.asarray(keras.activations.get(name)(X))
    assert_close(activations.get(name)(X), expected, 8 * EPSILON, scale=np.abs(expected) + 1e-6)


def test_settings():
    keras = import_keras()
    for settings in (
        {"negative_slope": 0.2},
        {"max_value": 1.0, "threshold": 0.5, "negative_slope": 0.1},
    ):
        expected = np.asarray(keras.activations.relu(X, **settings))
        assert_close(activations.relu(X, **settings), expected, 2 * EPSILON)
    assert_close(activations.elu(X, 0.3), keras.activations.elu(X, 0.3), 8 * EPSILON)
    expected = np.asarray(keras.activations.gelu(X, approximate=True))
    assert_close(activations.gelu(X, approximate=True), expected, 8 * EPSILON)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3), (0, 3)])
def test_any_shape(shape):
    values = activations.relu(np.full(shape, -1.0))
    assert values.shape == shape and values.dtype == np.float32 and not values.any()


def test_linear_copies():
    x = np.ones((2, 2), np.float32)
    assert not np.shares_memory(activations.linear(x), x)


@pytest.mark.parametrize(
    ("identifier", "error", "text"),
    [
        ("rely", InvalidArgument, "no activation is called 'rely'. Did you mean 'relu'?"),
        (
            "zzz",
            InvalidArgument,
            "no activation is called 'zzz'. Known are 'linear', 'relu', 'tanh', 'sigmoid', 'elu', "
            "'selu', 'gelu', 'silu', 'softplus', 'softmax', 'swish'.",
        ),
        (
            "leaky_relu",
            Unsupported,
            "activations.leaky_relu is not supported yet. Use layers.ReLU(negative_slope=0.2).",
        ),
        (
            len,
            Unsupported,
            "activation: custom functions are not supported, received "
            "<built-in function len>. Use one of 'linear', 'relu', 'tanh', 'sigmoid', 'elu', "
            "'selu', 'gelu', 'silu', 'softplus', 'softmax'.",
        ),
        (
            3,
            InvalidArgument,
            "activation must be a name or a function of trimtab.activations, received 3.",
        ),
    ],
)
def test_refused(identifier, error, text):
    assert_refused(error, text, lambda: activations.get(identifier))


def test_arguments_refused():
    assert_refused(
        InvalidArgument,
        "negative_slope must be a number of 0 or more, received -0.1.",
        lambda: activations.relu(X, negative_slope=-0.1),
    )
    assert_refused(
        Unsupported,
        "softmax: axis must be -1, the columns of a table, received 0.",
        lambda: activations.softmax(X, axis=0),
    )
    assert_refused(
        InvalidArgument,
        "approximate must be True or False, received 'tanh'.",
        lambda: activations.gelu(X, "tanh"),
    )


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_lowering(name):
    builder = Builder(3)
    value = activations.lower(activations.get(name), builder, 0)
    text = str(builder.finish(value))
    kind = {"linear": "output %0", "softmax": "%1 = softmax(%0) (3)"}
    assert kind.get(name, f"%1 = activation(%0, function='{name}', ") in text
