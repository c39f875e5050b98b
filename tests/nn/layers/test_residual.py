"""Residual: lowering, projection, names, refusals."""

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.nn import initializers, layers
from trimtab.program import Builder


def lowered(layer, width=3):
    layer.build(width)
    builder = Builder(width)
    return builder.finish(layer.lower(builder, 0))


def test_same_width():
    block = layers.Residual([layers.Dense(3, use_bias=False, name="d")], name="r")
    assert str(lowered(block)) == (
        "%0 = input (3)\n%1 = matmul(%0, r/d/kernel) (3)\n%2 = add(%0, %1) (3)\noutput %2"
    )
    assert block.output_width == 3 and block.kernel is None


def test_other_width_is_projected():
    block = layers.Residual(
        layers.Dense(4, use_bias=False, name="a"),
        layers.Dense(2, use_bias=False, name="b"),
        name="r",
        kernel_regularizer="l2",
    )
    program = lowered(block)
    assert str(program) == (
        "%0 = input (3)\n"
        "%1 = matmul(%0, r/a/kernel) (4)\n"
        "%2 = matmul(%1, r/b/kernel) (2)\n"
        "%3 = matmul(%0, r/kernel) (2)\n"
        "%4 = add(%3, %2) (2)\n"
        "output %4"
    )
    assert block.output_width == 2
    assert [weight.path for weight in block.weights] == ["r/kernel", "r/a/kernel", "r/b/kernel"]
    assert [slot.l2 for slot in program.parameters] == [0.0, 0.0, 0.01]


def test_nested():
    inner = layers.Residual([layers.Dense(3, name="d")], name="inner")
    lowered(layers.Residual([inner], name="outer"))
    assert inner.weights[0].path == "outer/inner/d/kernel"


def test_a_block_that_does_nothing_doubles():
    block = layers.Residual([layers.Dropout(0.0)])
    assert block([[1.0, 2.0]]).tolist() == [[2.0, 4.0]]


def test_called():
    block = layers.Residual(
        [layers.Dense(2, kernel_initializer="ones"), layers.BatchNormalization()],
        kernel_initializer=initializers.Constant(0.5),
    )
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)
    training = block(x, training=True)
    assert_close(training, 0.5 * x.sum(axis=1, keepdims=True) + [[-1, -1], [1, 1]], 1e-4)
    assert_close(block.layers[1].moving_mean.numpy(), [0.105, 0.105], 1e-6)


def test_trainable_reaches_the_layers():
    block = layers.Residual([layers.Dense(3), layers.BatchNormalization()])
    block.trainable = False
    program = lowered(block)
    assert program.trainable_count == 0 and program.ops[2].frozen
    frozen = layers.Residual([layers.Dense(3)], trainable=False)
    assert lowered(frozen).trainable_count == 0


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (
            lambda: layers.Residual([]),
            "Residual needs one layer or more, received none. "
            "Use Residual([Dense(64, activation='relu'), Dense(64)]).",
        ),
        (
            lambda: layers.Residual([layers.Dense(1)], layers=[layers.Dense(1)]),
            "Residual takes its layers one after another or as layers=[...], received both.",
        ),
        (
            lambda: layers.Residual([layers.Dense(1), "relu"]),
            "Residual must hold layers that compute something, received 'relu'.",
        ),
        (
            lambda: layers.Residual(3),
            "Residual must hold layers that compute something, received 3.",
        ),
        (
            lambda: layers.Residual([layers.Input((3,), name="i")]),
            "Residual must hold layers that compute something, received "
            "a Symbol of shape (None, 3).",
        ),
        (
            lambda: layers.Residual([layers.Dense(1, name="a"), layers.Dense(1, name="a")]),
            "two layers of the block are called 'a'. Give one another name.",
        ),
        (
            lambda: lowered(layers.Residual([layers.Dense(1, input_dim=4, name="a")], name="r")),
            "r/a takes 4 columns, receives 3.",
        ),
    ],
)
def test_refused(action, text):
    assert_refused(InvalidArgument, text, action)


def test_a_layer_belongs_to_one_block():
    layer = layers.Dense(3, name="a")
    layers.Residual([layer])
    assert_refused(
        InvalidArgument,
        "a is part of another block or model already. Make a new layer.",
        lambda: layers.Residual([layer]),
    )
