"""Formulas where they have kinks and ends, against Keras."""

from __future__ import annotations

import itertools
import math

import jax
import keras
import numpy as np
import pytest

from tests.contracts.oracles import OPS, Array, Mode
from tests.support.close import EPSILON, assert_close
from tests.support.engines import ENGINES, engine, levels, native_level
from tests.support.programs import initial_state, op_program
from trimtab.engines import Rows
from trimtab.program.ops import Activation, Example


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
