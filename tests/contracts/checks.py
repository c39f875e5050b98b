"""Engine against oracle: the comparisons that the contract tests, and the tests of those, share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tests.contracts.oracles import (
    Array,
    Mode,
    Oracles,
    batch_gain,
    batch_statistics,
    derivative,
    row_sizes,
    terms,
)
from tests.support.close import EPSILON, assert_close, assert_same_bits
from tests.support.programs import with_codes
from trimtab.engines import Engine, EngineState, Rows, TrainCall
from trimtab.program import Op, Program
from trimtab.program.ops import ActivityPenalty

#: Smallest normal float32: engines flush what is below.
TINY = float(np.finfo(np.float32).tiny)

#: Allowed in a gradient, relative to the largest of its tensor. Measured: 2e-6 at most.
GRADIENT_TOLERANCE = 1e-5


def off_kinks(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Normal numbers rounded to odd multiples of 1/128.

    No kink of any op (multiples of 1/64) lies within the reach of a central difference.
    """
    drawn = np.floor(generator.normal(0, 1.5, shape) * 64) / 64 + 1 / 128
    return drawn.astype(np.float32)


def _kinks_anywhere(program: Program) -> bool:
    return getattr(program.ops[-1], "function", "") == "sparsemax"


def case_rows(program: Program, count: int, seed: int = 0) -> Rows:
    """Inputs off the kinks, targets anywhere; weights, some of them 0, where an op reads them."""
    generator = np.random.default_rng([seed, count, program.input_width])
    x = off_kinks(generator, (count, program.input_width))
    x = with_codes(program, x, generator, 1 / 128)  # whole numbers are kinks: codes are cut off
    if _kinks_anywhere(program):  # in the differences of its inputs, which are on a grid
        x += generator.uniform(-1 / 256, 1 / 256, x.shape).astype(np.float32)
    y = generator.normal(size=(count, program.target_width)).astype(np.float32)
    weight = None
    if any(getattr(op, "weighted", False) for op in program.ops):
        drawn = generator.uniform(0.5, 2, count) * (generator.uniform(size=count) < 0.7)
        weight = drawn.astype(np.float32)
    return Rows(x, y, weight)


def _operands(
    program: Program, op: Op, state: EngineState, values: list[Array], oracles: Oracles
) -> tuple[list[Array], list[Array], list[Array]]:
    parameters = np.asarray(state.parameters, np.float64)
    given, held = oracles.operands(program, op, parameters, np.asarray(state.state, np.float64))
    return [values[i] for i in op.inputs], given, held


@dataclass(frozen=True)
class ExpectedForward:
    """What the oracles say of one batch, whichever engine is asked: once for all levels.

    Attributes:
        value: the prediction, rounded relative to ``scale``.
        moved: the state after it; in training rounded relative to ``size``.
    """

    x: NDArray[np.float32]
    state: EngineState
    mode: Mode
    value: Array
    scale: Array
    moved: Array
    size: float


def expected_forward(
    program: Program, state: EngineState, x: NDArray[np.float32], mode: Mode, oracles: Oracles
) -> ExpectedForward:
    values, moved = oracles.run(program, state.parameters, state.state, x, mode)
    op = program.ops[-1]
    operands = _operands(program, op, state, values, oracles)
    scale = (8 + np.sqrt(op_length(op, operands[0]))) * (
        terms(op, *operands, mode) + TINY / EPSILON
    )
    # A statistic rounds relative to the values it averages; a variance, to their squares.
    size = 1 + float(np.max(np.abs(values[op.inputs[0]]), initial=0.0))
    return ExpectedForward(x, state, mode, values[-1], scale, moved, size)


def check_forward(engine: Engine, expected: ExpectedForward) -> None:
    """Prediction and moved statistics of one batch; the state moves only when told to."""
    x, state, mode = expected.x, expected.state, expected.mode
    engine.load(state)
    common = {"training": mode.training, "seed": mode.seed, "step": mode.step}
    actual = engine.forward(x, **common, update=False)
    assert_same_bits(engine.dump().state, state.state, "state after update=False")
    what = f"{engine.program.ops[-1].kind} of {len(x)} rows, {mode}"
    assert_close(actual, expected.value, EPSILON, scale=expected.scale, what=what)
    assert_same_bits(engine.forward(x, **common), actual, f"{what}: second call")
    after = engine.dump()
    assert_same_bits(after.parameters, state.parameters, f"{what}: parameters")
    if mode.training:
        moved = f"{what}: moved state"
        assert_close(after.state, expected.moved, 16 * EPSILON, scale=expected.size, what=moved)
    else:
        assert_same_bits(after.state, state.state, f"{what}: state in inference")


def op_length(op: Op, inputs: list[Array]) -> int:
    """How many products are added up in one element."""
    return inputs[0].shape[1] if op.kind in ("matmul", "drop_connect", "heads") else 1


@dataclass(frozen=True)
class Slopes:
    """How an output moves with an input or a parameter, along some directions.

    Attributes:
        shape: of what is moved.
        along: directions, and the derivative of the whole output along each.
    """

    shape: tuple[int, ...]
    along: list[tuple[Array, Array]]


@dataclass(frozen=True)
class ExpectedGradients:
    """What the oracles say of a batch and of its derivatives, whichever engine is asked."""

    rows: Rows
    state: EngineState
    mode: Mode
    values: list[Array]
    loss: float
    floor: float
    by_input: Slopes
    by_parameter: dict[str, Slopes]


def expected_gradients(
    program: Program, state: EngineState, rows: Rows, mode: Mode, oracles: Oracles
) -> ExpectedGradients:
    """Values, loss and central differences: most of the time, so once for all levels."""
    mode = replace(mode, weight=rows.weight)
    values, _ = oracles.run(program, state.parameters, state.state, rows.x, mode)

    def by_input(x: Array) -> Array:
        return oracles.run(program, state.parameters, state.state, x, mode)[0][program.output]

    step = 1e-7 if _kinks_anywhere(program) else 1e-4  # which hardly ever meets one
    by_parameter = {}
    for slot in program.parameters:
        if not slot.trainable:
            continue

        def by_weight(weight: Array, place: slice = slot.place) -> Array:
            parameters = np.array(state.parameters, np.float64)
            parameters[place] = weight
            return oracles.run(program, parameters, state.state, rows.x, mode)[0][program.output]

        by_parameter[slot.name] = _slopes(by_weight, state.parameters[slot.place])
    return ExpectedGradients(
        rows,
        state,
        mode,
        values,
        oracles.loss(program, state.parameters, state.state, rows.x, rows.y, rows.weight, mode),
        _floor(program, state, values, mode, oracles),
        _slopes(by_input, rows.x, step),
        by_parameter,
    )


def check_gradients(engine: Engine, expected: ExpectedGradients) -> None:
    """Loss, gradients of the parameters and of the input, against central differences."""
    program, rows, state, mode = engine.program, expected.rows, expected.state, expected.mode
    engine.load(state)
    probe = engine.probe(rows, training=mode.training, seed=mode.seed, step=mode.step)
    after = engine.dump()
    for name in ("parameters", "state", "slots"):
        assert_same_bits(getattr(after, name), getattr(state, name), f"{name} after a probe")
    values = expected.values
    assert set(probe.values) == set(range(len(program.widths)))
    assert set(probe.value_gradients) == set(range(len(program.widths)))
    what = f"{program.ops[-1].kind} of {len(rows)} rows, {mode}"
    for number, value in enumerate(values):
        assert_close(probe.values[number], value, 1e-5, what=f"{what}: %{number}")
    output = values[program.output]
    terms_of_loss = np.abs(output) + np.abs(rows.y)
    weight = np.ones((len(output), 1)) if rows.weight is None else rows.weight[:, None]
    scale = float(np.mean(weight * np.square(terms_of_loss))) + TINY
    assert_close(probe.loss, expected.loss, 1e-6, scale=scale, what=f"{what}: loss")
    # Of the mean squared error. What comes before it is compared from the engine's own rounding
    # of it, which is large where the prediction happens to lie close to the target.
    dy = probe.value_gradients[program.output].astype(np.float64)
    scale = 2 * float(np.max(weight * terms_of_loss)) / output.size + TINY
    slope = 2 * weight * (output - rows.y) / output.size
    assert_close(dy, slope, 2e-6, scale=scale, what=f"{what}: d output")
    floor = expected.floor * float(np.max(np.abs(dy)))
    by_engine = probe.value_gradients[0] - _penalty_slopes(program, values)
    _check_slopes(expected.by_input, dy, by_engine, floor, f"{what}: d input")
    for slot in program.parameters:
        if slot.trainable:
            _check_slopes(
                expected.by_parameter[slot.name],
                dy,
                probe.gradients[slot.place],
                floor,
                f"{what}: d {slot.name}",
            )


def _penalty_slopes(program: Program, values: list[Array]) -> Array | float:
    """What the gradient of the input has of penalties on values, beside that of the output."""
    op = program.ops[-1]
    if not isinstance(op, ActivityPenalty):
        return 0.0
    x = values[0]
    return (op.l1 * np.sign(x) + 2 * op.l2 * x) / len(x)


def _floor(
    program: Program, state: EngineState, values: list[Array], mode: Mode, oracles: Oracles
) -> float:
    """Size of the terms that cancel in a gradient, per unit of the output's gradient.

    Where it is not 0 the true gradient may be 0 (one row, one column), its rounding is not.
    """
    op = program.ops[-1]
    if op.kind == "softmax":
        return 1.0
    if op.kind == "layer_normalization":
        (x,), parameters, _ = _operands(program, op, state, values, oracles)
        gamma = np.abs(parameters[0]) if op.scale else 1.0
        return float(np.max(gamma / row_sizes(op, x)))
    if op.kind == "batch_normalization":
        (x,), parameters, (_, variance, *_) = _operands(program, op, state, values, oracles)
        if mode.training and not op.frozen:
            variance = batch_statistics(op, x, mode).variance
        return float(np.max(batch_gain(op, parameters, variance)))
    return 0.0


def _slopes(f: Callable[[Array], Array], at: NDArray[np.float32], step: float = 1e-4) -> Slopes:
    """Derivatives of ``f`` at a place, along some axes and across."""
    start = np.asarray(at, np.float64)
    found = [
        (direction, derivative(lambda h, d=direction: f(start + h * d), step))
        for direction in _directions(start.shape)
    ]
    return Slopes(start.shape, found)


def _check_slopes(
    expected: Slopes, dy: Array, gradient: NDArray[np.float32], floor: float, what: str
) -> None:
    """``gradient`` against the slopes of ``sum(f * dy)``."""
    shape = expected.shape
    assert gradient.shape == shape, f"{what}: shape {gradient.shape}, not {shape}"
    slopes = [(direction, float(np.sum(moved * dy))) for direction, moved in expected.along]
    largest = max(abs(slope) / np.sqrt(np.sum(np.abs(d))) for d, slope in slopes)
    for direction, slope in slopes:
        along = float(np.sum(np.asarray(gradient, np.float64) * direction))
        count = np.sum(np.abs(direction))
        scale = max(largest, floor) * np.sqrt(count)
        assert_close(along, slope, GRADIENT_TOLERANCE, scale=scale + TINY, what=what)


def _directions(shape: tuple[int, ...]) -> Iterator[Array]:
    """First and last axis, two others, and three ways across all of them."""
    size = int(np.prod(shape))
    generator = np.random.default_rng(size)
    axes = {0, size - 1, *generator.integers(0, size, 2).tolist()}
    for axis in sorted(axes):
        direction = np.zeros(size)
        direction[axis] = 1
        yield direction.reshape(shape)
    for _ in range(3):
        yield generator.choice([-1.0, 1.0], size).reshape(shape)


def everything(engine: Engine, state: EngineState, rows: Rows, mode: Mode) -> dict[str, object]:
    """All that an engine says about one batch, for comparisons bit by bit."""
    engine.load(state)
    result: dict[str, object] = {}
    probe = engine.probe(rows, training=mode.training, seed=mode.seed, step=mode.step)
    result["loss"] = np.float64(probe.loss)
    result["gradients"] = probe.gradients
    result |= {f"%{number}": value for number, value in probe.values.items()}
    result |= {f"d %{number}": value for number, value in probe.value_gradients.items()}
    result["predict"] = engine.predict(rows.x)
    result["evaluate"] = np.float64(engine.evaluate(rows).loss)
    if engine.program.optimizer is not None:
        size = max(1, len(rows) // 2)
        trained = engine.train(
            TrainCall(
                rows,
                None,
                batch_size=size,
                seed=mode.seed,
                learning_rates=np.full(-(-len(rows) // size), 0.01, np.float32),
                predictions=True,
            )
        )
        result["trained loss"] = np.float64(trained.loss)
        result["trained predictions"] = trained.predictions
        after = engine.dump()
        result |= {name: getattr(after, name) for name in ("parameters", "state", "slots")}
    return result


def assert_all_same_bits(actual: dict[str, object], expected: dict[str, object], what: str) -> None:
    """The same things, all with the same bits."""
    assert actual.keys() == expected.keys()
    for name, value in actual.items():
        assert_same_bits(value, expected[name], f"{what}: {name}")
