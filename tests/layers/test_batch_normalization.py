"""Batch normalization: lowering, weights, the trainable switch, refusals."""

import math

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.keras import ARRAY_COPY, import_keras
from tests.support.refusals import assert_refused
from trimtab import layers
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.program import Builder


def lowered(layer, width=3):
    layer.build(width)
    builder = Builder(width)
    return builder.finish(layer.lower(builder, 0))


def test_lowering():
    program = lowered(layers.BatchNormalization(name="b"))
    assert str(program) == (
        "%0 = input (3)\n"
        "%1 = batch_normalization(%0, b/gamma, b/beta, b/moving_mean, b/moving_variance, "
        "momentum=0.99, epsilon=0.001, scale=True, center=True, frozen=False, "
        "synchronized=True) (3)\n"
        "output %1"
    )
    assert [slot.trainable for slot in program.parameters] == [True, True]
    assert [slot.trainable for slot in program.state] == [False, False]


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
def test_scale_and_center(scale, center):
    layer = layers.BatchNormalization(scale=scale, center=center)
    program = lowered(layer)
    names = ["gamma"] * scale + ["beta"] * center
    assert [slot.name.split("/")[1] for slot in program.parameters] == names
    assert len(layer.weights) == len(names) + 2


def test_trainable_off_freezes():
    layer = layers.BatchNormalization()
    layer.trainable = False
    program = lowered(layer)
    assert program.ops[0].frozen and program.trainable_count == 0
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 4


def test_synchronized():
    layer = layers.BatchNormalization(synchronized=False)
    assert not lowered(layer).ops[0].synchronized
    assert not layers.BatchNormalization.from_config(layer.get_config()).synchronized


def test_penalties():
    program = lowered(layers.BatchNormalization(beta_regularizer="l1", gamma_regularizer="l2"))
    assert [(slot.l1, slot.l2) for slot in program.parameters] == [(0.0, 0.01), (0.01, 0.0)]


@pytest.mark.filterwarnings(ARRAY_COPY)
@pytest.mark.parametrize("rows", [1, 2, 7])
@pytest.mark.parametrize("settings", [{}, {"momentum": 0.5, "epsilon": 0.1, "center": False}])
def test_called(rows, settings):
    """Two calls in training, one in inference; statistics and values as in Keras."""
    keras = import_keras()
    ours, theirs = (
        layers.BatchNormalization(**settings),
        keras.layers.BatchNormalization(**settings),
    )
    generator = np.random.default_rng(rows)
    for training in (True, True, False):
        x = generator.normal(3.0, 2.0, (rows, 5)).astype(np.float32)
        expected = np.asarray(theirs(x, training=training))
        # A lone row is all rounding: it minus itself, times 30.
        assert_close(ours(x, training=training), expected, 2e-6, scale=1.0 + np.abs(expected))
    for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_close(mine, its, 2e-6)


def test_frozen_uses_and_keeps_the_moving_statistics():
    layer = layers.BatchNormalization(trainable=False, epsilon=1e-6)
    x = np.array([[1.0], [3.0]], np.float32)
    assert_close(layer(x, training=True), x, 1e-6)
    assert [w.tolist() for w in layer.get_weights()] == [[1.0], [0.0], [0.0], [1.0]]


@pytest.mark.parametrize("axis", [0, 2, [1], "last", True])
def test_axis_refused(axis):
    assert_refused(
        Unsupported,
        f"BatchNormalization: axis must be -1, the columns of a table, received {axis!r}.",
        lambda: layers.BatchNormalization(axis=axis),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("renorm", True),
        ("renorm_clipping", {"rmax": 3.0}),
        ("renorm_momentum", 0.9),
        ("beta_constraint", "non_neg"),
        ("gamma_constraint", "non_neg"),
    ],
)
def test_not_there(name, value):
    assert_refused(
        Unsupported,
        f"BatchNormalization: {name} is not there yet, received {name}={value!r}. Leave it out.",
        lambda: layers.BatchNormalization(**{name: value}),
    )


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"momentum": 1.5}, "momentum must be a float between 0 and 1, received 1.5."),
        ({"momentum": math.nan}, "momentum must be a float between 0 and 1, received nan."),
        ({"epsilon": 0}, "epsilon must be a number above 0, received 0."),
        ({"center": 1}, "center must be True or False, received 1."),
        ({"scale": None}, "scale must be True or False, received None."),
        ({"synchronized": 1}, "synchronized must be True or False, received 1."),
        ({"gamma_initializer": "on"}, "no initializer is called 'on'. Did you mean 'one'?"),
    ],
)
def test_refused(settings, text):
    assert_refused(InvalidArgument, text, lambda: layers.BatchNormalization(**settings))
