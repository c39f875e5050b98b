"""Every registered op on every engine: values, gradients, NaN, threads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

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
    expected_forward,
    expected_gradients,
)
from tests.contracts.oracles import Array, Mode, Oracles, derivative
from tests.support.close import EPSILON, assert_close, assert_same_bits
from tests.support.engines import ENGINES, THREADS, engine, levels, native_level
from tests.support.programs import initial_state, op_program
from tests.support.threefry import keep_mask
from trimtab.engines import Engine, EngineState, Rows
from trimtab.program import Program
from trimtab.program.ops import (
    OPS,
    Activation,
    Concatenate,
    DropConnect,
    Dropout,
    Embedding,
    Example,
    Maximum,
    Minimum,
    Op,
    Periodic,
    PiecewiseLinear,
)

ORACLES = Oracles()
SEED, STEP = 0x1234_5678_9ABC, 5

#: Around the widths of vectors (4, 8, 16) and the edges of register tiles. JAX compiles for each
#: number of rows, which takes its time, and has no tiles of ours.
ROWS = {"native": (1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33, 64, 100), "jax": (5,)}
#: Numeric gradients take the square of that: fewer.
GRADIENT_ROWS = {"native": (1, 2, 5, 9, 33), "jax": (5,)}


def examples(name: str, op: type[Op]) -> Iterator[tuple[int, Example]]:
    """All of the op's examples on the native engine; on JAX, again for the sake of compilation,
    one of each setting, if there is one of a width that neither blocks of four nor vectors divide,
    and two of ops without settings.
    """
    found = list(enumerate(op.examples()))
    if name == "native":
        yield from found if op.native else ()
        return
    settings: dict[str, list[tuple[int, Example]]] = {}
    for number, example in found:
        settings.setdefault(repr(example.attributes), []).append((number, example))
    for every in settings.values():
        same = [case for case in every if _is_awkward(case[1])] or every
        yield same[0]
        if not same[0][1].attributes and len(same) > 1:
            yield same[-1]


def _is_awkward(example: Example) -> bool:
    sizes = {*example.widths, *sum(example.parameters, ())}
    return all(size > 1 and size % 4 for size in sizes)


def cases(*names: str) -> list[ParameterSet]:
    """(engine, op, example) for all of them."""
    found = []
    for name in names or ENGINES:
        for kind, op in OPS.items():
            for number, example in examples(name, op):
                settings = "-".join(str(v) for v in example.attributes.values())
                widths = "x".join(str(w) for w in example.widths)
                label = f"{name}-{kind}-{number}-{widths}-{settings}"
                found.append(pytest.param(name, op, example, id=label))
    return found


def modes(example: Example) -> list[Mode]:
    return [Mode(training, SEED, STEP) for training in example.training]


def at_each_level(
    name: str, program: Program, state: EngineState | None = None, threads: int = 1
) -> list[Engine]:
    found = []
    for level in levels(name):
        with native_level(level):
            found.append(engine(name, program, state, threads=threads))
    return found


@pytest.mark.parametrize(("name", "op", "example"), cases(), scope="module")
def test_forward(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    state = initial_state(program)
    made = at_each_level(name, program)
    for count in ROWS[name]:
        for mode in modes(example):
            expected = expected_forward(program, state, case_rows(program, count).x, mode, ORACLES)
            for each in made:
                check_forward(each, expected)


@pytest.mark.parametrize(("name", "op", "example"), cases(), scope="module")
def test_gradients(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    state = initial_state(program)
    made = at_each_level(name, program)
    for count in GRADIENT_ROWS[name]:
        for mode in modes(example):
            expected = expected_gradients(program, state, case_rows(program, count), mode, ORACLES)
            for each in made:
                check_gradients(each, expected)


@pytest.mark.parametrize(("name", "op", "example"), cases("native"), scope="module")
def test_same_bits_for_any_number_of_threads(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    state = initial_state(program)
    for level in levels(name):
        expected: dict[tuple[int, Mode], dict[str, object]] = {}
        for threads in THREADS:
            with native_level(level):
                made = engine(name, program, threads=threads)
            for count in (1, 7, 100):  # fewer rows than threads, and many more
                for mode in modes(example):
                    actual = everything(made, state, case_rows(program, count), mode)
                    first = expected.setdefault((count, mode), actual)
                    what = f"{threads} threads, level {level!r}, {count} rows, {mode}"
                    assert_all_same_bits(actual, first, what)


@pytest.mark.parametrize(("name", "op", "example"), cases(), scope="module")
def test_nan_and_infinity_travel(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    state = initial_state(program)
    made = at_each_level(name, program, state, threads=2)
    for count in ROWS["jax"] if name == "jax" else (5, 17):
        for special in (np.nan, np.inf, -np.inf):
            x = case_rows(program, count).x
            for row, column in ((0, 0), (count - 1, x.shape[1] - 1)):
                x[row, column] = special
            for mode in modes(example):
                values, _ = ORACLES.run(program, state.parameters, state.state, x, mode)
                for level, each in zip(levels(name), made, strict=True):
                    actual = each.forward(
                        x, training=mode.training, seed=mode.seed, step=mode.step, update=False
                    )
                    what = f"{special} in {count} rows, {mode}, level {level!r}"
                    assert_close(actual, values[-1], 1e-5, same_nan=True, what=what)


@pytest.mark.parametrize(("name", "op", "example"), cases(), scope="module")
def test_nan_in_a_target_reaches_every_gradient(name: str, op: type[Op], example: Example) -> None:
    program = op_program(op, example)
    made = engine(name, program, initial_state(program))
    rows = case_rows(program, 5)
    rows.y[2, 0] = np.nan
    probe = made.probe(rows)
    assert np.isnan(probe.loss)
    assert np.isnan(probe.value_gradients[program.output][2, 0])
    assert not np.isnan(probe.value_gradients[program.output][:, 1:]).any()
    if op in (Embedding, Periodic, PiecewiseLinear):  # whose tables each see some of the columns
        rows = case_rows(program, 5)
        rows.y[2:4] = np.nan
        if op is Periodic:  # a missing cell reaches only the vector of such cells
            rows.x[3] = np.nan
        probe = made.probe(rows)
    if op in (Concatenate, Maximum, Minimum):  # an element has one of the inputs' gradients
        rows = case_rows(program, 5)
        rows.y[:] = np.nan
        probe = made.probe(rows)
    for slot in program.parameters:
        assert np.isnan(probe.gradients[slot.place]).any(), f"{slot.name} hides the nan"


SWEEP = np.concatenate([[0.0], *([x, -x] for x in np.geomspace(1e-30, 3e4, 257))])
FUNCTIONS = [dict(each) for each in {tuple(e.attributes.items()) for e in Activation.examples()}]
FUNCTIONS.sort(key=str)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("attributes", FUNCTIONS, ids=str)
def test_activations_from_tiny_to_huge(name: str, attributes: dict[str, object]) -> None:
    program = op_program(Activation, Example(widths=(5,), attributes=attributes))
    state = initial_state(program)
    x = np.resize(SWEEP, (103, 5)).astype(np.float32)
    if attributes["function"] == "exponential":
        x = np.clip(x, -80, 80)
    (_, expected), _ = ORACLES.run(program, state.parameters, state.state, x, Mode())
    # 1 + erf and 1 + tanh cancel in float32, in Keras too; so does x - threshold.
    cancels = attributes["function"] in ("gelu", "gelu_tanh", "relu", "tanh_shrink")
    scale = np.maximum(np.abs(x), 1) if cancels else np.abs(expected)
    # Central differences with a step relative to x; away from 0, where relu has its kink.
    inside = np.abs(x) > 1e-3
    reach = np.abs(x.astype(np.float64))

    def moved(h: float) -> Array:
        return ORACLES.run(program, [], [], x + h * reach, Mode())[0][1]

    slope = derivative(moved)[inside] / reach[inside]
    for level in levels(name):
        with native_level(level):
            made = engine(name, program, state)
        what = f"{attributes}, level {level!r}"
        actual = made.forward(x, training=False)
        assert_close(actual, expected, 16 * EPSILON, scale=scale + TINY / EPSILON, what=what)
        probe = made.probe(Rows(x, actual - 1))
        dy, dx = probe.value_gradients[1][inside], probe.value_gradients[0][inside]
        scale_of_dx = np.abs(dy) * np.maximum(np.abs(slope), 1)
        assert_close(dx, dy * slope, 1e-5, scale=scale_of_dx, what=f"{what}: derivative")


@pytest.mark.parametrize("name", ENGINES)
def test_relu_does_not_pass_gradients_at_zero(name: str) -> None:
    program = op_program(Activation, Example(widths=(3,), attributes={"function": "relu"}))
    for level in levels(name):
        with native_level(level):
            made = engine(name, program, initial_state(program))
        x = np.array([[0.0, -0.0, 1.0]], np.float32)
        probe = made.probe(Rows(x, np.full((1, 3), 5, np.float32)))
        assert (probe.value_gradients[0] != 0).tolist() == [[False, False, True]]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("share_rows", [False, True])
@pytest.mark.parametrize("share_columns", [False, True])
def test_masks_bit_for_bit(name: str, share_rows: bool, share_columns: bool) -> None:
    """All that a mask depends on, one after the other; survivors have the scale's own bits."""
    shape = (17, 7)
    shared = {"share_rows": share_rows, "share_columns": share_columns}
    x = case_rows(op_program(Dropout, Dropout.examples()[1]), shape[0]).x
    x = np.resize(x, shape)
    for rate, stream, own in ((0.0, 0, None), (0.3, 0, None), (0.3, 6, 2**64 - 5), (1.0, 1, 7)):
        attributes = {"rate": rate, "stream": stream, "seed": own, **shared}
        program = op_program(Dropout, Example(widths=shape[1:], attributes=attributes))
        made = engine(name, program)
        for seed, step in product((0, 2**63 + 2**31 + 1), (0, 1, 2**32 - 1, 2**32 + 3)):
            key = seed if own is None else own
            kept = keep_mask(shape, rate, seed=key, stream=stream, step=step, **shared)
            scale = np.float32(1 / (1 - rate)) if rate < 1 else np.float32(0)
            actual = made.forward(x, training=True, seed=seed, step=step)
            expected = np.where(kept, x * scale, np.float32(0))
            assert_same_bits(actual, expected, f"{attributes}, seed {seed}, step {step}")


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("shape", [(7, 5), (5, 33)], ids=str)
def test_masks_of_kernels_bit_for_bit(name: str, shape: tuple[int, int]) -> None:
    """With the identity as its input, the product is the masked kernel."""
    x = np.eye(shape[0], dtype=np.float32)
    for rate, stream, own in ((0.0, 0, None), (0.3, 0, None), (0.3, 6, 2**64 - 5), (1.0, 1, 7)):
        attributes = {"rate": rate, "stream": stream, "seed": own}
        example = Example(widths=shape[:1], parameters=(shape,), attributes=attributes)
        program = op_program(DropConnect, example)
        state = initial_state(program)
        kernel = state.parameters.reshape(shape)
        made = engine(name, program, state)
        for seed, step in product((0, 2**63 + 2**31 + 1), (0, 1, 2**32 - 1, 2**32 + 3)):
            key = seed if own is None else own
            kept = keep_mask(shape, rate, seed=key, stream=stream, step=step)
            scale = np.float32(1 / (1 - rate)) if rate < 1 else np.float32(0)
            actual = made.forward(x, training=True, seed=seed, step=step)
            expected = np.where(kept, kernel * scale, np.float32(0))
            # + 0: a sum of products with 0 may be either zero.
            assert_same_bits(actual + 0, expected + 0, f"{attributes}, seed {seed}, step {step}")


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("op", [Dropout, DropConnect])
def test_rates_that_a_call_says_are_those_of_an_op(name: str, op: type[Op]) -> None:
    """Bit for bit, forward and backward, whatever rate the op itself has."""
    parameters = ((9, 9),) if op is DropConnect else ()

    def program(rate: float) -> Program:
        attributes = {"rate": rate, "stream": 2}
        return op_program(op, Example(widths=(9,), parameters=parameters, attributes=attributes))

    made = engine(name, program(0.125))
    state = initial_state(made.program)
    made.load(state)
    rows, mode = case_rows(made.program, 11), {"training": True, "seed": SEED, "step": STEP}
    for rate in (0.0, 0.25, 0.7, 1.0):
        said = np.float32(rate)
        expected = engine(name, program(float(said)), state)
        value = made.program.ops[-1].output
        given = {value: np.full(1, said)}
        assert_same_bits(
            made.forward(rows.x, **mode, dropout_rates=given), expected.forward(rows.x, **mode)
        )
        probes = [made.probe(rows, **mode, dropout_rates=given), expected.probe(rows, **mode)]
        assert_same_bits(probes[0].value_gradients[0], probes[1].value_gradients[0])
        if parameters:
            assert_same_bits(probes[0].gradients, probes[1].gradients)
