"""Dense: lowering, weights, refusals."""

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import activations, constraints, initializers, layers, regularizers
from trimtab.program import Builder
from trimtab.program.ops import ConstraintOp


def lowered(layer, width):
    layer.build(width)
    builder = Builder(width)
    return builder.finish(layer.lower(builder, 0))


def test_lowering():
    program = lowered(layers.Dense(2, activation="softmax", name="d"), 3)
    assert str(program) == (
        "%0 = input (3)\n"
        "%1 = matmul(%0, d/kernel) (2)\n"
        "%2 = bias(%1, d/bias) (2)\n"
        "%3 = softmax(%2) (2)\n"
        "output %3"
    )
    assert [slot.shape for slot in program.parameters] == [(3, 2), (2,)]


def test_without_bias_and_activation():
    program = lowered(layers.Dense(2, use_bias=False, name="d"), 3)
    assert str(program) == "%0 = input (3)\n%1 = matmul(%0, d/kernel) (2)\noutput %1"


def test_penalties():
    program = lowered(
        layers.Dense(2, kernel_regularizer="l2", bias_regularizer=regularizers.L1(0.5)), 3
    )
    assert [(slot.l1, slot.l2) for slot in program.parameters] == [(0.0, 0.01), (0.5, 0.0)]


def test_constraints():
    layer = layers.Dense(2, kernel_constraint="max_norm", bias_constraint=constraints.NonNeg())
    kernel, bias = (slot.constraint for slot in lowered(layer, 3).parameters)
    assert kernel == ConstraintOp(kind="norm", maximum=2.0, axes=(0,))
    assert bias == ConstraintOp(kind="non_negative")
    again = layers.Dense.from_config(layer.get_config())
    assert again.kernel_constraint == constraints.MaxNorm(2)
    assert again.bias_constraint == constraints.NonNeg()
    assert_refused(
        InvalidArgument,
        "axis of a constraint must be among those of its weight, whose shape is (3, 2), "
        "each once, received 2.",
        lambda: lowered(layers.Dense(2, kernel_constraint=constraints.UnitNorm(axis=2)), 3),
    )


def test_frozen():
    program = lowered(layers.Dense(2, trainable=False), 3)
    assert program.trainable_count == 0 and program.parameter_count == 8


def test_defaults():
    layer = layers.Dense(2)
    assert layer.activation is activations.linear
    assert layer.kernel_initializer == initializers.GlorotUniform()
    assert layer.bias_initializer == initializers.Zeros()
    assert layer.kernel_regularizer is None and layer.bias_regularizer is None


def test_positional_arguments_in_keras_order():
    layer = layers.Dense(2, "relu", False, "zeros", "ones", "l1", "l2")
    assert layer.activation is activations.relu and not layer.use_bias
    assert layer.kernel_initializer == initializers.Zeros()
    assert layer.bias_initializer == initializers.Ones()
    assert layer.kernel_regularizer == regularizers.L1()
    assert layer.bias_regularizer == regularizers.L2()


def test_numpy_units():
    assert layers.Dense(np.int64(3)).units == 3


@pytest.mark.parametrize("units", [0, -1, 2.0, "3", None, True])
def test_units_refused(units):
    assert_refused(
        InvalidArgument,
        f"units must be a positive integer, received {units!r}.",
        lambda: layers.Dense(units),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lora_rank", 4),
        ("lora_alpha", 4),
        ("quantization_config", {}),
    ],
)
def test_not_there(name, value):
    assert_refused(
        Unsupported,
        f"Dense: {name} is not supported, received {name}={value!r}. Leave it out.",
        lambda: layers.Dense(3, **{name: value}),
    )


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"activation": "rely"}, "no activation is called 'rely'. Did you mean 'relu'?"),
        ({"use_bias": 1}, "use_bias must be True or False, received 1."),
        (
            {"kernel_initializer": "zero_s"},
            "no initializer is called 'zero_s'. Did you mean 'zeros'?",
        ),
        (
            {"kernel_initializer": None},
            "initializer must be a name or an initializer of trimtab.initializers, received None.",
        ),
        ({"bias_regularizer": "l1_l3"}, "no regularizer is called 'l1_l3'. Did you mean 'l1_l2'?"),
    ],
)
def test_refused(settings, text):
    assert_refused(InvalidArgument, text, lambda: layers.Dense(3, **settings))
