"""Activation and ReLU."""

import math

import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.nn import activations, layers
from trimtab.program import Builder


def op(layer):
    layer.build(3)
    builder = Builder(3)
    return builder.finish(layer.lower(builder, 0)).ops


def test_activation_lowers_to_its_op():
    assert op(layers.Activation("tanh"))[0].function == "tanh"
    assert op(layers.Activation("softmax"))[0].kind == "softmax"
    assert op(layers.Activation(activations.silu))[0].function == "silu"
    assert op(layers.Activation("linear")) == op(layers.Activation(None)) == ()


def test_relu():
    plain, full = op(layers.ReLU())[0], op(layers.ReLU(6, 0.1, 0.5))[0]
    assert (plain.max_value, plain.negative_slope, plain.threshold) == (math.inf, 0.0, 0.0)
    assert (full.max_value, full.negative_slope, full.threshold) == (6.0, 0.1, 0.5)


@pytest.mark.parametrize("name", ["max_value", "negative_slope", "threshold"])
def test_relu_refused(name):
    assert_refused(
        InvalidArgument,
        f"{name} must be a number of 0 or more, received -1.",
        lambda: layers.ReLU(**{name: -1}),
    )


def test_activation_refused():
    assert_refused(
        InvalidArgument,
        "no activation is called 'rely'. Did you mean 'relu'?",
        lambda: layers.Activation("rely"),
    )
