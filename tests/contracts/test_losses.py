"""Every registered loss on every engine: values, derivatives, weights, NaN, threads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.contracts.loss_oracles import LOSSES as ORACLE_LOSSES
from tests.contracts.loss_oracles import loss_ops, predictions_of, targets_of
from tests.contracts.oracles import Array, Oracles, derivative
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES, THREADS, engine, levels, native_level
from tests.support.programs import SGD, FakeWeight, initial_state
from trimtab.engines import Engine, EngineState, Rows
from trimtab.program import Builder, Program
from trimtab.program.ops import LOSSES, LossOp

ORACLES = Oracles()
#: JAX compiles for each shape: fewer there.
OUTPUTS = {"native": (1, 2, 3, 7, 8, 9, 33), "jax": (3,)}
ROWS = {"native": (1, 2, 5, 17, 100), "jax": (5,)}

CASES = [
    pytest.param(name, op, id=f"{name}-{op.loss}-{number}")
    for name in ENGINES
    for loss in LOSSES
    for number, op in enumerate(loss_ops(loss)[slice(-1 if name == "jax" else 0, None)])
]


def loss_program(op: LossOp, outputs: int, penalty: tuple[float, float] = (0.0, 0.0)) -> Program:
    """A bias, which the tests set to 0: predictions are the inputs."""
    builder = Builder(outputs)
    bias = FakeWeight("dense/bias", (outputs,), penalty=penalty)
    return builder.finish(builder.emit("bias", [0], [bias]), op, SGD)


def zero_state(program: Program) -> EngineState:
    state = initial_state(program)
    state.parameters[:] = 0
    return state


def loss_rows(op: LossOp, rows: int, outputs: int, weights: str = "none") -> Rows:
    """Predictions and targets that suit the loss."""
    generator = np.random.default_rng([rows, outputs])
    x = predictions_of(op, generator, (rows, outputs))
    y = targets_of(op, generator, rows, outputs)
    if op.loss in ("quantile", "hinge"):  # keeps the kink away from central differences
        x, y = (np.round(64 * x) + 0.5) / 64, np.round(64 * y) / 64
    weight = {
        "none": None,
        "some": generator.integers(0, 3, rows) * generator.uniform(0.5, 1.5, rows),
        "zero": np.zeros(rows),
    }[weights]
    cast = [None if a is None else a.astype(np.float32) for a in (x, y, weight)]
    return Rows(*cast)


@dataclass(frozen=True)
class Expected:
    """Losses of the rows, and the derivative of their mean by every prediction."""

    losses: Array
    gradient: Array


def expected_losses(program: Program, rows: Rows, oracles: Oracles = ORACLES) -> Expected:
    x = np.asarray(rows.x, np.float64)
    gradient = np.empty_like(x)
    for j in range(x.shape[1]):
        step = np.zeros_like(x)
        step[:, j] = 1

        def moved(h: float, step: Array = step) -> Array:
            return oracles.row_losses(program, x + h * step, rows.y, rows.weight)

        gradient[:, j] = derivative(moved, 1e-5) / len(x)
    return Expected(oracles.row_losses(program, x, rows.y, rows.weight), gradient)


def check_loss(made: Engine, rows: Rows, expected: Expected) -> None:
    """Loss and gradient by the prediction against the oracle."""
    program = made.program
    made.load(zero_state(program))
    what = f"{program.loss}, {rows.x.shape}"
    mean = float(np.mean(expected.losses))
    scale = float(np.mean(np.abs(expected.losses))) + 1e-3
    largest = float(np.max(np.abs(expected.gradient))) + 1e-3 / rows.x.size
    if program.loss.loss == "cosine_similarity":  # the difference of two numbers of this size
        largest += float(np.max(1 / np.linalg.norm(rows.x, axis=1))) / len(rows.x)
    for training in (False, True):
        probe = made.probe(rows, training=training)
        assert_close(probe.loss, mean, 2e-6, scale=scale, what=f"{what}: loss")
        gradient = probe.value_gradients[program.output]
        assert_close(gradient, expected.gradient, 1e-5, scale=largest, what=f"{what}: gradient")
        summed = expected.gradient.sum(axis=0)
        terms = np.abs(expected.gradient).sum(axis=0) + largest
        assert_close(probe.gradients, summed, 1e-5, scale=terms, what=f"{what}: d bias")
    evaluated = made.evaluate(rows, predictions=True)
    assert_close(evaluated.loss, mean, 2e-6, scale=scale, what=f"{what}: evaluate")
    assert_same_bits(evaluated.predictions, rows.x, f"{what}: predictions")


@pytest.mark.parametrize(("name", "op"), CASES, scope="module")
def test_values_and_gradients(name: str, op: LossOp) -> None:
    for width in OUTPUTS[name]:
        outputs = width * op.outputs_per_target
        program = loss_program(op, outputs)
        cases = [
            loss_rows(op, count, outputs, weights)
            for count in ROWS[name]
            for weights in ("none", "some", "zero")
        ]
        expected = [expected_losses(program, rows) for rows in cases]
        for level in levels(name):
            with native_level(level):
                made = engine(name, program, threads=2)
            for rows, wanted in zip(cases, expected, strict=True):
                check_loss(made, rows, wanted)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("op", [LossOp(loss=loss) for loss in list(LOSSES)[:6]])
def test_penalties_are_added_once(name: str, op: LossOp) -> None:
    program = loss_program(op, 3, penalty=(0.01, 0.02))
    state = zero_state(program)
    state.parameters[:] = [0.25, 0.0, -0.5]
    made = engine(name, program, state)
    rows = loss_rows(op, 5, 3)
    shifted = np.clip(rows.x, 0.2, 0.4)  # keeps probabilities probabilities after the shift
    rows = Rows(np.where(rows.x > 1, rows.x, shifted) if "logits" in op.loss else shifted, rows.y)
    rows.x[:, 2] += 0.6
    expected = ORACLES.loss(program, state.parameters, state.state, rows.x, rows.y)
    extra = 0.01 * 0.75 + 0.02 * (0.0625 + 0.25)
    plain = engine(name, loss_program(op, 3), state)
    assert_close(made.evaluate(rows).loss, expected, 1e-6, what="evaluate")
    assert_close(made.probe(rows).loss, expected, 1e-6, what="probe")
    added = made.evaluate(rows).loss - plain.evaluate(rows).loss
    assert_close(added, extra, 1e-6, scale=expected, what="extra")
    difference = made.probe(rows).gradients - plain.probe(rows).gradients
    expected_gradient = [0.01 + 2 * 0.02 * 0.25, 0.0, -0.01 - 2 * 0.02 * 0.5]
    assert_close(difference, expected_gradient, 1e-5, what="gradient of the penalty; 0 at 0")


@pytest.mark.parametrize(("name", "op"), CASES, scope="module")
def test_nan_is_never_hidden(name: str, op: LossOp) -> None:
    outputs = 3 * op.outputs_per_target
    program = loss_program(op, outputs)
    made = engine(name, program, zero_state(program))
    for spoil in ("x", "y", "weight"):
        rows = loss_rows(op, 5, outputs, "some")
        getattr(rows, spoil)[1] = np.nan
        assert np.isnan(made.evaluate(rows).loss), spoil
        probe = made.probe(rows, training=True)
        assert np.isnan(probe.loss), spoil
        assert np.isnan(probe.gradients).any(), spoil
    rows = loss_rows(op, 5, outputs)
    rows.x[1, 0] = np.nan
    zero_weight = Rows(rows.x, rows.y, np.zeros(5, np.float32))
    assert np.isnan(made.evaluate(zero_weight).loss), "weight 0 does not hide a nan loss"


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if LossOp(loss=loss).sparse])
@pytest.mark.parametrize("name", ENGINES)
def test_a_label_that_is_no_class_gives_nan(name: str, loss: str) -> None:
    op = LossOp(loss=loss)
    program = loss_program(op, 3)
    for label in (-1.0, 3.0, 1.5, 1e30, np.nan, np.inf):
        rows = loss_rows(op, 5, 3)
        rows.y[4, 0] = label
        for level in levels(name):
            with native_level(level):
                made = engine(name, program, zero_state(program))
            assert np.isnan(made.evaluate(rows).loss), label


def _edge(
    name: str, op: LossOp, x: list[float], y: list[float]
) -> tuple[float, NDArray[np.float32]]:
    program = loss_program(op, 1)
    made = engine(name, program, zero_state(program))
    rows = Rows(np.array([x], np.float32).T, np.array([y], np.float32).T)
    probe = made.probe(rows)
    expected = float(
        np.mean(ORACLE_LOSSES[op.loss](op, rows.y.astype(float), rows.x.astype(float)))
    )
    assert_close(probe.loss, expected, 1e-6, scale=abs(expected) + 1, what=f"{op.loss} at {x}")
    return probe.loss, probe.value_gradients[program.output][:, 0]


@pytest.mark.parametrize("name", ENGINES)
def test_clipped_probabilities_have_no_gradient(name: str) -> None:
    op = LossOp(loss="binary_crossentropy")
    for p in (0.0, 1.0, -0.5, 1.5, 1e-9):
        for target in (0.0, 1.0):
            _, gradient = _edge(name, op, [p], [target])
            assert gradient.tolist() == [0.0], (p, target)
    _, gradient = _edge(name, op, [0.999], [1.0])
    assert_close(gradient, [-1 / 0.999], 1e-5)


@pytest.mark.parametrize("name", ENGINES)
def test_logits_of_any_size_are_stable(name: str) -> None:
    op = LossOp(loss="binary_crossentropy_logits")
    for x, y, slope in (
        (200.0, 0.0, 1.0),
        (-200.0, 1.0, -1.0),
        (200.0, 1.0, 0.0),
        (1e30, 0.0, 1.0),
    ):
        _, gradient = _edge(name, op, [x], [y])
        assert_close(gradient, [slope], 1e-6, scale=1)


@pytest.mark.parametrize("name", ENGINES)
def test_absolute_error_has_no_gradient_at_zero(name: str) -> None:
    _, gradient = _edge(name, LossOp(loss="mean_absolute_error"), [1.5, -0.25], [1.5, 0.5])
    assert gradient.tolist() == [0.0, -0.5]


@pytest.mark.parametrize("op", [case.values[1] for case in CASES if case.values[0] == "native"])
@pytest.mark.parametrize("outputs", [1, 8, 33])
def test_same_bits_for_any_number_of_threads(op: LossOp, outputs: int) -> None:
    outputs *= op.outputs_per_target
    program = loss_program(op, outputs)
    rows = loss_rows(op, 100, outputs, "some")
    for level in levels("native"):
        seen = []
        for threads in THREADS:
            with native_level(level):
                made = engine("native", program, zero_state(program), threads=threads)
            probe = made.probe(rows, training=True)
            seen.append((np.float64(probe.loss), probe.gradients, probe.value_gradients[0]))
        for other in seen[1:]:
            for actual, expected in zip(other, seen[0], strict=True):
                assert_same_bits(actual, expected)
