"""Every kind of constraint on every engine: one step against float64, nan, threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.contracts import oracles
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES, THREADS, engine, levels, native_level
from tests.support.programs import ADAM, SGD, dense, draw_rows, initial_state, network
from trimtab.engines import EngineState, TrainCall
from trimtab.program import Builder, Program
from trimtab.program.ops import CONSTRAINTS, ConstraintOp, LossOp

MSE = LossOp(loss="mean_squared_error")

#: Of kernels; the axes of a bias are all it has.
KINDS = {
    "non_negative": ConstraintOp(kind="non_negative"),
    "max": ConstraintOp(kind="norm", maximum=0.4, axes=(0,)),
    "unit": ConstraintOp(kind="norm", minimum=1.0, maximum=1.0, axes=(0,)),
    "slowly": ConstraintOp(kind="norm", minimum=0.3, maximum=0.5, rate=0.25, axes=(0,)),
    "rows": ConstraintOp(kind="norm", maximum=0.4, axes=(1,)),
    "whole": ConstraintOp(kind="norm", maximum=0.4, axes=(0, 1)),
}
CASES = [pytest.param(name, kind, id=f"{name}-{kind}") for name in ENGINES for kind in KINDS]


def test_every_kind_is_tried() -> None:
    assert {op.kind for op in KINDS.values()} == set(CONSTRAINTS)


def constrained(program: Program, op: ConstraintOp) -> Program:
    """All parameters, frozen ones too, with the constraint."""
    return replace(
        program,
        parameters=tuple(
            replace(slot, constraint=op)
            if len(slot.shape) == 2 or op.kind == "non_negative"
            else replace(slot, constraint=replace(op, axes=(0,)))
            for slot in program.parameters
        ),
    )


def layers(op: ConstraintOp, sizes: tuple[int, int] = (7, 9), optimizer=SGD) -> Program:
    """Two Dense layers and a frozen one between them."""
    builder = Builder(5)
    value = dense(builder, 0, sizes[0], "first")
    value = dense(builder, value, sizes[1], "frozen", trainable=False)
    return constrained(builder.finish(dense(builder, value, 2, "last"), MSE, optimizer), op)


def trained(
    name: str, program: Program, *, steps: int = 1, state: EngineState | None = None, **settings
) -> EngineState:
    rows = draw_rows(program, 6)
    made = engine(name, program, state or initial_state(program), **settings)
    order = np.tile(np.arange(6), steps)
    made.train(
        TrainCall(
            rows, order, batch_size=6, seed=0, learning_rates=np.full(steps, 0.05, np.float32)
        )
    )
    return made.dump()


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_one_step(name: str, kind: str) -> None:
    for sizes, optimizer in (((7, 9), SGD), ((70, 33), ADAM)):
        program = layers(KINDS[kind], sizes, optimizer)
        plain = replace(
            program, parameters=tuple(replace(s, constraint=None) for s in program.parameters)
        )
        head = program.trainable_count
        for level in levels(name):
            with native_level(level):
                before = initial_state(program)
                free = trained(name, plain).parameters
                after = trained(name, program).parameters
            expected = oracles.constrained(program, free[:head])
            assert np.max(np.abs(expected - free[:head])) > 0.01
            assert_close(after[:head], expected, 1.0, scale=4e-7 * np.abs(expected))
            assert_same_bits(after[head:], before.parameters[head:], "frozen weights")


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_nan_travels(name: str, kind: str) -> None:
    program = layers(KINDS[kind])
    state = initial_state(program)
    rows = draw_rows(program, 6)
    rows.y[0, 0] = np.nan  # output 0: a column of the last kernel, and all before it
    made = engine(name, program, state)
    made.train(
        TrainCall(rows, None, batch_size=6, seed=0, learning_rates=np.array([0.1], np.float32))
    )
    after = made.dump().parameters
    kernel, bias = (
        after[slot.place].reshape(slot.shape)
        for slot in program.parameters
        if slot.name.startswith("last")
    )
    assert np.isnan(kernel[:, 0]).all() and np.isnan(bias[0])
    apart = kind not in ("rows", "whole")
    assert np.isfinite(kernel[:, 1]).all() if apart else np.isnan(kernel).all()
    assert np.isfinite(bias[1]) if kind == "non_negative" else np.isnan(bias).all()


@pytest.mark.parametrize("kind", ["max", "unit", "rows"])
@pytest.mark.parametrize("name", ENGINES)
def test_norms_beyond_float32_and_of_nothing(name: str, kind: str) -> None:
    """Squares that overflow are no infinite norm, and zeros stay zeros."""
    op = KINDS[kind]
    program = layers(op, optimizer=replace(SGD))
    state = initial_state(program)
    last = next(slot for slot in program.parameters if slot.name == "last/kernel")
    first = next(slot for slot in program.parameters if slot.name == "first/kernel")
    frozen = next(slot for slot in program.parameters if slot.name == "frozen/kernel")
    state.parameters[frozen.place] = 0.0  # nothing reaches the first layer, and nothing comes back
    state.parameters[first.place] = 3e25
    state.parameters[last.place] = 0.0
    rows = draw_rows(program, 6)
    for slot in program.parameters:
        if slot.name == "frozen/bias":
            state.parameters[slot.place] = 0.0  # so the last kernel has no gradient either
    rows.x[:] = 0.0
    made = engine(name, program, state)
    made.train(
        TrainCall(rows, None, batch_size=6, seed=0, learning_rates=np.array([0.1], np.float32))
    )
    after = made.dump().parameters
    head = program.trainable_count
    expected = oracles.constrained(program, state.parameters[:head])
    assert_close(after[first.place], expected[first.place], 1e-6)
    assert_same_bits(after[last.place], np.zeros(last.size, np.float32))


@pytest.mark.parametrize("kind", KINDS)
def test_same_bits_for_any_number_of_threads(kind: str) -> None:
    program = constrained(network(5, (96, 130), 3), KINDS[kind])
    for level in levels("native"):
        with native_level(level):
            seen = [trained("native", program, steps=4, threads=n) for n in THREADS]
        assert np.isfinite(seen[0].parameters).all()
        for other in seen[1:]:
            assert_same_bits(other.parameters, seen[0].parameters)
            assert_same_bits(other.slots, seen[0].slots)
