"""Formulas where they have kinks and ends, against Keras."""

from __future__ import annotations

import itertools
import math

import jax
import keras
import numpy as np
import pytest

from tests.contracts.oracles import OPS, Array, Mode
from tests.contracts.test_losses import loss_program, zero_state
from tests.support.close import EPSILON, assert_close
from tests.support.engines import ENGINES, engine, levels, native_level
from tests.support.programs import initial_state, op_program
from trimtab import losses
from trimtab.engines import Rows
from trimtab.program.ops import Activation, Example, LossOp


@pytest.mark.parametrize(
    ("slope", "threshold", "ceiling"),
    list(itertools.product((0.0, 0.1), (0.0, 0.5, 1.5, 2.0), (None, 1.5))),
)
@pytest.mark.parametrize("name", ENGINES)
def test_relu_at_its_threshold(
    name: str, slope: float, threshold: float, ceiling: float | None
) -> None:
    """Values and derivatives; not at a ceiling above it, where JAX halves the derivative."""
    x = np.array([[threshold, -threshold, -1.0, 0.25, 1.0, 1.75, 2.5]], np.float32)

    def theirs(x: Array) -> Array:
        return keras.activations.relu(x, slope, ceiling, threshold)

    attributes = {
        "function": "relu",
        "negative_slope": slope,
        "threshold": threshold,
        "max_value": math.inf if ceiling is None else ceiling,
    }
    program = op_program(Activation, Example(widths=x.shape[1:], attributes=attributes))
    value = np.asarray(theirs(x))
    slopes = np.asarray(jax.grad(lambda x: theirs(x).sum())(x))
    plain, _ = OPS["activation"](program.ops[0], [x.astype(np.float64)], [], [], Mode())
    assert_close(plain, value, EPSILON, scale=4, what="oracle")
    for level in levels(name):
        with native_level(level):
            made = engine(name, program, initial_state(program))
        assert_close(made.forward(x, training=False), value, EPSILON, scale=4)
        probe = made.probe(Rows(x, value - 1))
        assert_close(probe.value_gradients[0], probe.value_gradients[1] * slopes, EPSILON)


#: Probabilities up to and beyond the ends that they are clipped to.
ENDS = np.float32([[-1, 0, 5e-8, 1e-7, 2e-7, 0.5, 1 - 2**-22, 1 - 2**-23, 1 - 2**-24, 1, 2]]).T


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_binary_crossentropy_at_its_ends(target: float) -> None:
    y = np.full_like(ENDS, target)
    expected = np.asarray(keras.losses.binary_crossentropy(y, ENDS))
    assert_close(losses.binary_crossentropy(y, ENDS), expected, 1e-6, scale=expected + 1)
    program = loss_program(LossOp(loss="binary_crossentropy"), 1)
    for name, row in itertools.product(ENGINES, range(len(ENDS))):
        for level in levels(name):
            with native_level(level):
                made = engine(name, program, zero_state(program))
            found = made.evaluate(Rows(ENDS[row : row + 1], y[row : row + 1])).loss
            assert_close(found, expected[row], 1e-6, scale=expected[row] + 1, what=f"{name} {row}")


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_sparse_categorical_crossentropy_at_its_ends(label: float) -> None:
    p = np.concatenate([1 - np.clip(ENDS, 0, 1), np.clip(ENDS, 0, 1)], axis=1)
    y = np.full_like(ENDS, label)
    expected = np.asarray(keras.losses.sparse_categorical_crossentropy(y[:, 0], p))
    found = losses.sparse_categorical_crossentropy(y, p)
    assert_close(found, expected, 1e-6, scale=expected + 1)
