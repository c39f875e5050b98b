"""Names, aliases, arguments, refusals, lowering; values and slopes against Keras."""

import json
import pickle
from functools import partial

import numpy as np
import pytest

from tests.support.close import EPSILON, assert_close
from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab.core import checks
from trimtab.engines import Rows
from trimtab.engines.choosing import make_engine
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import activations, layers
from trimtab.program import Builder
from trimtab.program.ops import LossOp
from trimtab.program.ops.softmax import FUNCTIONS as SOFTMAXES

X = np.array([[-30.0, -2.0, -1.0, -0.1], [0.0, 0.1, 1.5, 30.0]], np.float32)


#: Away from every kink, on both sides of each.
APART = np.linspace(-4.5, 4.5, 40, dtype=np.float32).reshape(5, 8) + np.float32(0.013)

#: Names that need no arguments.
PLAIN = [name for name in activations.ACTIVATIONS if name != "threshold"]

#: Each argument of each function, in and out of its default.
ARGUMENTS = [
    ("celu", {"alpha": 0.3}),
    ("celu", {"alpha": 2.0}),
    ("elu", {"alpha": 0.3}),
    ("gelu", {"approximate": True}),
    ("gelu", {"approximate": False}),
    ("hard_shrink", {"threshold": 0.0}),
    ("hard_shrink", {"threshold": 1.5}),
    ("leaky_relu", {"negative_slope": 0.0}),
    ("leaky_relu", {"negative_slope": 0.4}),
    ("relu", {"negative_slope": 0.2}),
    ("relu", {"max_value": 1.0, "threshold": 0.5, "negative_slope": 0.1}),
    ("soft_shrink", {"threshold": 0.0}),
    ("soft_shrink", {"threshold": 1.5}),
    ("squareplus", {"b": 0.2}),
    ("squareplus", {"b": 9}),
    ("threshold", {"threshold": 0.5, "default_value": -2.0}),
    ("threshold", {"threshold": -1.0, "default_value": 3.0}),
]

#: Where Keras takes the difference of two numbers that are nearly the same.
CANCELS = ("gelu", "hard_sigmoid", "hard_silu", "squareplus", "tanh_shrink")


@pytest.mark.parametrize("name", PLAIN)
def test_name_and_function_are_one(name):
    function = activations.get(name)
    assert activations.get(function) is function
    assert activations.serialize(function) == name
    assert activations.deserialize(name) is function
    assert function.__name__ == name


def test_aliases():
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.silu is activations.swish
    assert activations.get("hard_swish") is activations.hard_silu is activations.hard_swish


@pytest.mark.parametrize("name", [*PLAIN, "swish", "hard_swish"])
def test_keras_knows_the_name(name):
    keras = import_keras()
    assert keras.activations.get(name).__name__ == activations.serialize(activations.get(name))


def same_as_keras(ours, theirs, x, cancels):
    import jax

    expected = np.asarray(theirs(x))
    size = np.abs(expected) + (np.abs(x).max() if cancels else 1e-6)
    actual = ours(x)
    assert actual.dtype == np.float32
    assert_close(actual, expected, 8 * EPSILON, scale=size)
    # One layer on the engine, whose probe gives the slopes along a gradient that is known.
    layer = layers.Activation(ours)
    layer.build(x.shape[1])
    builder = Builder(x.shape[1])
    op = LossOp(loss="mean_squared_error")
    program = builder.finish(layer.lower(builder, 0), op)
    probe = make_engine(program, "native").probe(Rows(x, actual - 1))
    if program.ops:
        dy = probe.value_gradients[program.output]
        (slopes,) = jax.vjp(theirs, x)[1](dy)
        assert_close(probe.value_gradients[0], np.asarray(slopes), 2e-6, scale=np.abs(dy).max())


@pytest.mark.parametrize("name", [name for name in PLAIN if name != "sparsemax"])
def test_values_and_slopes(name):
    keras = import_keras()
    theirs = keras.activations.get(name)
    assert_close(
        activations.get(name)(X),
        np.asarray(theirs(X)),
        8 * EPSILON,
        scale=np.abs(np.asarray(theirs(X))) + (np.abs(X).max() if name in CANCELS else 1e-6),
    )
    same_as_keras(activations.get(name), theirs, APART, name in CANCELS)


@pytest.mark.parametrize(("name", "arguments"), ARGUMENTS, ids=str)
def test_every_argument(name, arguments):
    keras = import_keras()
    ours = activations.get(partial(getattr(activations, name), **arguments))
    theirs = partial(getattr(keras.activations, name), **arguments)
    same_as_keras(ours, theirs, APART, name in CANCELS)
    assert_close(getattr(activations, name)(APART, **arguments), ours(APART), 0.0)
    config = activations.serialize(ours)
    again = activations.deserialize(json.loads(json.dumps(config)))
    assert activations.lowered(again) == activations.lowered(ours)
    assert activations.serialize(again) == config
    assert activations.name_of(pickle.loads(pickle.dumps(again))) == name


def test_arguments_that_are_the_defaults_leave_the_function():
    plain = partial(activations.leaky_relu, negative_slope=np.float64(0.2))
    assert activations.get(plain) is activations.leaky_relu
    assert activations.get({"class_name": "celu", "config": {}}) is activations.celu
    assert activations.serialize(partial(activations.relu, max_value=np.float32(6))) == {
        "class_name": "relu",
        "config": {"max_value": 6.0},
    }


def test_rows_of_sparsemax_sum_to_one():
    values = activations.sparsemax(np.random.default_rng(0).normal(size=(50, 9)))
    assert_close(values.sum(axis=1), np.ones(50), 8 * EPSILON)
    assert (values >= 0).all() and 20 < (values > 0).sum() < 450


def test_glu_halves():
    assert activations.glu(np.ones((2, 3, 4))).shape == (2, 3, 2)
    assert activations.glu(np.ones((0, 4))).shape == (0, 2)
    layer = layers.Dense(6, activation="glu")
    layer.build(3)
    assert layer.output_width == 3 and layer(np.ones((2, 3))).shape == (2, 3)


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
            "no activation is called 'zzz'. Known are "
            + checks.listing([*activations.ACTIVATIONS, *activations.ALIASES])
            + ".",
        ),
        (
            len,
            Unsupported,
            "activation: custom functions are not supported, received <built-in function len>. Use "
            "a name or a function of trimtab.activations, one with arguments as "
            "functools.partial(activations.leaky_relu, negative_slope=0.1).",
        ),
        (
            "threshold",
            InvalidArgument,
            "activation 'threshold' needs threshold and default_value. Use "
            "functools.partial(activations.threshold, threshold=0.5, default_value=0.0).",
        ),
        (
            partial(activations.leaky_relu, slope=0.1),
            InvalidArgument,
            "activation leaky_relu has no argument 'slope'. It has 'negative_slope'.",
        ),
        (
            partial(activations.celu, 0.1),
            InvalidArgument,
            "activation: arguments of celu need their names, received (0.1,). Use "
            "functools.partial(activations.celu, name=value).",
        ),
        (
            partial(activations.celu, alpha=0),
            InvalidArgument,
            "alpha must be a number above 0, received 0.",
        ),
        (
            partial(activations.softmax, axis=0),
            Unsupported,
            "softmax: axis must be -1, the columns of a table, received 0.",
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


@pytest.mark.parametrize("name", PLAIN)
def test_lowering(name):
    builder = Builder(4)
    value = activations.lower(activations.get(name), builder, 0)
    text = str(builder.finish(value))
    kind = {
        "linear": "output %0",
        "glu": "%1 = glu(%0) (2)",
        "leaky_relu": "%1 = activation(%0, function='relu', alpha=1.0, negative_slope=0.2, ",
        "relu6": "threshold=0.0, max_value=6.0) (4)",
        **{each: f"%1 = softmax(%0, function='{each}') (4)" for each in SOFTMAXES},
        "softmax": "%1 = softmax(%0) (4)",
    }
    assert kind.get(name, f"%1 = activation(%0, function='{name}', ") in text


def test_glu_of_an_odd_number_of_columns_is_refused():
    assert_refused(
        InvalidArgument,
        "glu halves the columns, which must be an even number, received 3. Give the layer before "
        "it 4 units.",
        lambda: layers.Activation("glu")(np.ones((2, 3))),
    )
    assert_refused(
        InvalidArgument,
        "glu halves the columns, which must be an even number, received (2, 3).",
        lambda: activations.glu(np.ones((2, 3))),
    )
