"""Dead and saturated units, activation by activation."""

import numpy as np
import pytest

from trimtab.engines.eager import run_op
from trimtab.insight.probe.activity import MOSTLY, dead_units, saturated_units
from trimtab.program.bounds import FLAT, OFF, off_input
from trimtab.program.ops import Activation, Bias, Softmax
from trimtab.program.ops.activation import FUNCTIONS


def activation(function, **settings):
    return Activation(inputs=(0,), output=1, function=function, **settings)


def applied(op, x):
    return run_op(op.kind, x, **op.attributes())


X = np.float32(
    [[-9, -9, 9, 0.0, -9],
     [-7, 0.5, 8, 0.0, 9],
     [-8, -9, 7, 0.0, -9]]
)  # fmt: skip


@pytest.mark.parametrize("function", ["relu", *OFF])
def test_dead_is_off_in_every_row(function):
    # The first column is off throughout; the zeros are for a relu alone.
    assert dead_units(activation(function), X) == (2 if function == "relu" else 1)


#: Activations whose share is of the input; of the others it is the slope.
GATED = ("gelu", "gelu_tanh", "hard_silu", "mish", "silu")

#: Activations whose bound depends on a setting.
SET = ("celu", "squareplus", "threshold")


@pytest.mark.parametrize("function", OFF)
def test_off_lets_through_one_percent(function):
    limit = np.float32([[OFF[function]]])
    op = activation(function, alpha=0.5)
    step = np.float32(1e-4 if function == "sparse_plus" else 0.01)
    y, beside = (float(applied(op, x)[0, 0]) for x in (limit, limit + step))
    scale = {"elu": 0.5, "selu": 1.7580993408473766}.get(function, 1.0)
    share = y / limit[0, 0] if function in GATED else (beside - y) / step
    assert abs(share / scale - 0.01) <= 2e-4


def test_a_relu_with_a_slope_never_dies():
    assert dead_units(activation("relu", negative_slope=0.1), X) == 0
    assert dead_units(activation("relu", threshold=8.5), X) == 3


OTHERS = [name for name in FUNCTIONS if name not in ("relu", *SET, *OFF)]


@pytest.mark.parametrize("function", OTHERS)
def test_others_have_no_dead_units(function):
    assert dead_units(activation(function), X) is None


def test_off_where_a_setting_says_so():
    for op in (activation("celu", alpha=0.5), activation("squareplus", b=0.5)):
        limit = np.float32([[off_input(op)]])
        step = np.float32(1e-3)
        y, beside = (float(applied(op, x)[0, 0]) for x in (limit, limit + step))
        assert abs((beside - y) / step - 0.01) <= 2e-4
        assert dead_units(op, limit - 1) == 1 and dead_units(op, limit + 1) == 0
    op = activation("threshold", threshold=-8.5)
    assert dead_units(op, X) == 0 and dead_units(activation("threshold", threshold=-7.0), X) == 1


ENDS = ["tanh", "sigmoid", "hard_tanh", "hard_sigmoid", "softsign", "sparse_sigmoid"]


@pytest.mark.parametrize("function", ENDS)
def test_saturated_is_at_either_end(function):
    op = activation(function)
    assert saturated_units(op, X, applied(op, X)) == 3
    # Nineteen rows of twenty are enough, eighteen are not.
    x = np.full((20, 2), 9, np.float32)
    x[0, 0] = x[:2, 1] = 0
    assert saturated_units(op, x, applied(op, x)) == 1 and 18 / 20 < MOSTLY <= 19 / 20


def test_the_ends_of_tanh_and_sigmoid_are_the_same():
    edge = float(np.arctanh(np.sqrt(1 - FLAT)))
    for function, factor in (("tanh", 1), ("sigmoid", 2)):
        op = activation(function)
        for sign in (-1, 1):
            inside, outside = (np.float32([[sign * factor * (edge + d)]]) for d in (-1e-3, 1e-3))
            assert saturated_units(op, inside, applied(op, inside)) == 0
            assert saturated_units(op, outside, applied(op, outside)) == 1


def test_softmax_counts_rows_for_all_units():
    op = Softmax(inputs=(0,), output=1)
    sure, unsure = np.float32([[9, 0, 0]]), np.float32([[1, 0, 0]])
    many = np.zeros((1, 100), np.float32)  # each probability is small, and nothing is saturated
    assert saturated_units(op, sure, applied(op, sure)) == 3
    assert saturated_units(op, unsure, applied(op, unsure)) == 0
    assert saturated_units(op, many, applied(op, many)) == 0


def test_a_ceiling_saturates():
    op = activation("relu", max_value=6.0)
    assert saturated_units(op, X, applied(op, X)) == 1
    assert saturated_units(activation("relu"), X, np.maximum(X, 0)) is None


def test_what_is_no_activation_has_neither():
    bias = Bias(inputs=(0,), output=1)
    assert dead_units(bias, X) is None and saturated_units(bias, X, X) is None


def test_nan_is_neither():
    x = np.full((3, 2), np.nan, np.float32)
    assert dead_units(activation("relu"), x) == 0
    assert saturated_units(activation("tanh"), x, x) == 0
