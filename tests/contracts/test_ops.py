"""Every registered op on every engine: values, gradients, NaN, threads."""

from __future__ import annotations

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from tests.contracts.checks import (
    TINY,
    assert_all_same_bits,
    case_rows,
    check_forward,
    check_gradients,
    everything,
)
from tests.contracts.oracles import Array, Mode, Oracles, derivative
from tests.support.close import EPSILON, assert_close
from tests.support.engines import THREADS, engine, jax_kinds, native_level, native_levels
from tests.support.programs import initial_state, op_program
from trimtab.engines import Rows
from trimtab.program.ops import OPS, Activation, Example, Op

ORACLES = Oracles()
SEED, STEP = 0x1234_5678_9ABC, 5

#: Around the widths of vectors (4, 8, 16) and the edges of register tiles.
ROWS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33, 64, 100)
#: Numeric gradients are slow, and compilation on JAX (once a shape) is: fewer there.
GRADIENT_ROWS = (1, 2, 5, 9, 64)
JAX_ROWS = (1, 17)
JAX_GRADIENT_ROWS = (5,)

Case = tuple[type[Op], Example]


def cases() -> list[ParameterSet]:
    """(engine, op, example) for all of them."""
    found = []
    for name in ("native", "jax"):
        for kind, op in OPS.items():
            if name == "native" or kind in jax_kinds():
                for number, example in enumerate(op.examples()):
                    settings = "-".join(str(v) for v in example.attributes.values())
                    widths = "x".join(str(w) for w in example.widths)
                    label = f"{name}-{kind}-{number}-{widths}-{settings}"
                    found.append(pytest.param(name, op, example, id=label))
    return found


def modes(example: Example) -> list[Mode]:
    return [Mode(training, SEED, STEP) for training in example.training]


def levels(name: str) -> list[str]:
    return native_levels() if name == "native" else [""]


@pytest.mark.parametrize(("name", "op", "example"), cases())
def test_forward(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    state = initial_state(program)
    for level in levels(name):
        with native_level(level):
            made = engine(name, program, threads=1)
        for count in JAX_ROWS if name == "jax" else ROWS:
            for mode in modes(example):
                check_forward(made, state, case_rows(program, count).x, mode, ORACLES)


@pytest.mark.parametrize(("name", "op", "example"), cases())
def test_gradients(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    state = initial_state(program)
    for level in levels(name):
        with native_level(level):
            made = engine(name, program, threads=1)
        for count in JAX_GRADIENT_ROWS if name == "jax" else GRADIENT_ROWS:
            for mode in modes(example):
                check_gradients(made, state, case_rows(program, count), mode, ORACLES)


@pytest.mark.parametrize(
    ("name", "op", "example"), [case for case in cases() if case.values[0] == "native"]
)
def test_same_bits_for_any_number_of_threads(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    state = initial_state(program)
    for level in levels(name):
        expected: dict[tuple[int, Mode], dict[str, object]] = {}
        for threads in THREADS:
            with native_level(level):
                made = engine(name, program, threads=threads)
            for count in (1, 2, 7, 64, 100):
                for mode in modes(example):
                    actual = everything(made, state, case_rows(program, count), mode)
                    first = expected.setdefault((count, mode), actual)
                    what = f"{threads} threads, level {level!r}, {count} rows, {mode}"
                    assert_all_same_bits(actual, first, what)


@pytest.mark.parametrize(("name", "op", "example"), cases())
def test_nan_and_infinity_travel(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    state = initial_state(program)
    for level in levels(name):
        with native_level(level):
            made = engine(name, program, state, threads=2)
        for count in JAX_GRADIENT_ROWS if name == "jax" else (5, 17):
            for special in (np.nan, np.inf, -np.inf):
                x = case_rows(program, count).x
                for row, column in ((0, 0), (count - 1, x.shape[1] - 1)):
                    x[row, column] = special
                for mode in modes(example):
                    values, _ = ORACLES.run(program, state.parameters, state.state, x, mode)
                    actual = made.forward(
                        x, training=mode.training, seed=mode.seed, step=mode.step, update=False
                    )
                    what = f"{special} in {count} rows, {mode}, level {level!r}"
                    assert_close(actual, values[-1], 1e-5, same_nan=True, what=what)


@pytest.mark.parametrize(("name", "op", "example"), cases())
def test_nan_in_a_target_reaches_every_gradient(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    made = engine(name, program, initial_state(program))
    rows = case_rows(program, 5)
    rows.y[2, 0] = np.nan
    probe = made.probe(rows)
    assert np.isnan(probe.loss)
    assert np.isnan(probe.value_gradients[program.output][2, 0])
    assert not np.isnan(probe.value_gradients[program.output][:, 1:]).any()
    for slot in program.parameters:
        assert np.isnan(probe.gradients[slot.place]).any(), f"{slot.name} hides the nan"


SWEEP = np.concatenate([[0.0], *([x, -x] for x in np.geomspace(1e-30, 3e4, 257))])
FUNCTIONS = [example.attributes for example in Activation.examples()[::2]]


@pytest.mark.parametrize("attributes", FUNCTIONS, ids=str)
def test_activations_from_tiny_to_huge(attributes: dict[str, object]) -> None:
    program = op_program(Activation, Example(widths=(5,), attributes=attributes))
    state = initial_state(program)
    x = np.resize(SWEEP, (103, 5)).astype(np.float32)
    (_, expected), _ = ORACLES.run(program, state.parameters, state.state, x, Mode())
    # 1 + erf and 1 + tanh cancel in float32, in Keras too; so does x - threshold.
    cancels = attributes["function"] in ("gelu", "gelu_tanh", "relu")
    scale = np.maximum(np.abs(x), 1) if cancels else np.abs(expected)
    # Central differences with a step relative to x; away from 0, where relu has its kink.
    inside = np.abs(x) > 1e-3
    reach = np.abs(x.astype(np.float64))

    def moved(h: float) -> Array:
        return ORACLES.run(program, [], [], x + h * reach, Mode())[0][1]

    slope = derivative(moved)[inside] / reach[inside]
    for level in native_levels():
        with native_level(level):
            made = engine("native", program, state)
        what = f"{attributes}, level {level!r}"
        actual = made.forward(x, training=False)
        assert_close(actual, expected, 16 * EPSILON, scale=scale + TINY / EPSILON, what=what)
        probe = made.probe(Rows(x, actual - 1))
        dy, dx = probe.value_gradients[1][inside], probe.value_gradients[0][inside]
        assert_close(dx, dy * slope, 1e-5, scale=np.abs(dy), what=f"{what}: derivative")


def test_relu_does_not_pass_gradients_at_zero() -> None:
    program = op_program(Activation, Example(widths=(3,), attributes={"function": "relu"}))
    for level in native_levels():
        with native_level(level):
            made = engine("native", program, initial_state(program))
        x = np.array([[0.0, -0.0, 1.0]], np.float32)
        probe = made.probe(Rows(x, np.full((1, 3), 5, np.float32)))
        assert (probe.value_gradients[0] != 0).tolist() == [[False, False, True]]
