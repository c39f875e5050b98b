"""Slices of programs: layouts of their own, the numbers of the whole, and what is no cut point."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.engines import ENGINES, engine
from tests.support.programs import FakeWeight, batch_normalization, dense, initial_state, network
from tests.support.refusals import assert_refused
from trimtab.engines import EngineState
from trimtab.engines.base import Rows
from trimtab.errors import InvalidProgram
from trimtab.program import Builder, Program
from trimtab.program.freeze import freeze_statistics
from trimtab.program.ops import BatchNormalization
from trimtab.program.slice import Slice, cut_points


def residual_program() -> Program:
    """%1, %2 dense; %3 to %5 the block with a batch normalization; %6 their sum; %7, %8 dense."""
    builder = Builder(5)
    value = dense(builder, 0, 4, "first", trainable=False)
    inner = dense(builder, value, 4, "block")
    inner = batch_normalization(builder, inner, "batch_normalization")
    value = builder.emit("add", [value, inner])
    return builder.finish(dense(builder, value, 2, "last"))


def state_of(part: Slice, whole: EngineState) -> EngineState:
    return EngineState(
        part.parameters_in(whole.parameters), part.state_in(whole.state), np.zeros(0, np.float32)
    )


def test_cut_points() -> None:
    points = cut_points(residual_program())
    assert points[0] == {0}
    assert points[4] == {0, 1, 2, 3, 4}  # inside the block
    assert points[8] == {0, 1, 2, 6, 7, 8}  # behind it: not through the block alone


@pytest.mark.parametrize("name", ENGINES)
def test_slices_compute_what_the_whole_computes(name: str) -> None:
    program = residual_program()
    state = initial_state(program)
    x = np.random.default_rng(1).normal(size=(9, 5)).astype(np.float32)
    values = engine(name, program, state).probe(Rows(x)).values
    values[0] = x
    for target, sources in enumerate(cut_points(program)):
        for source in sources - {target}:
            part = Slice.between(program, source, target)
            made = engine(name, part.program, state_of(part, state)).predict(values[source])
            scale = np.abs(values[target]).max()
            assert np.abs(made - values[target]).max() <= 1e-6 * scale


def test_the_layout_is_its_own() -> None:
    program = residual_program()
    part = Slice.between(program, 2, 6)
    assert [slot.name for slot in part.program.parameters] == [
        "block/kernel",
        "block/bias",
        "batch_normalization/gamma",
        "batch_normalization/beta",
    ]
    assert [slot.offset for slot in part.program.parameters] == [0, 16, 20, 24]
    assert [program.parameters[i].name for i in part.parameters] == [
        slot.name for slot in part.program.parameters
    ]
    vector = np.arange(program.parameter_count, dtype=np.float32)
    expected = [vector[program.parameters[i].place] for i in part.parameters]
    np.testing.assert_array_equal(part.parameters_in(vector), np.concatenate(expected))
    whole = Slice.between(program, 0, 8)
    # Trainable slots stay in front: first/kernel and first/bias are frozen.
    assert [slot.trainable for slot in whole.program.parameters] == [True] * 6 + [False] * 2
    assert whole.program.ops == program.ops and whole.program.state == program.state


def test_a_slot_used_twice_is_one() -> None:
    builder = Builder(4)
    shared = FakeWeight("shared/kernel", (4, 4))
    value = builder.emit("matmul", [0], [shared])
    value = builder.emit("matmul", [value], [shared])
    part = Slice.between(builder.finish(value), 0, 2)
    assert part.program.parameter_count == 16 and part.parameters == (0,)


def test_a_slice_trains_nothing() -> None:
    program = network()
    part = Slice.between(program, 0, program.output)
    assert program.loss is not None and part.program.loss is None
    assert part.program.optimizer is None and part.program.slot_count == 0
    empty = Slice.between(program, 3, 3)
    assert empty.program.ops == () and empty.parameters_in(np.zeros(9, np.float32)).shape == (0,)


def test_refusals() -> None:
    program = residual_program()
    assert_refused(
        InvalidProgram,
        "%6 does not depend on %4 alone. Start at a cut point.",
        lambda: Slice.between(program, 4, 6),
    )
    assert_refused(
        InvalidProgram,
        "%1 does not depend on %2 alone. Start at a cut point.",
        lambda: Slice.between(program, 2, 1),
    )
    assert_refused(
        InvalidProgram, "%9 is not a value of this program.", lambda: Slice.between(program, 0, 9)
    )


def test_frozen_statistics() -> None:
    program = network()
    frozen = freeze_statistics(program)
    assert all(op.frozen for op in frozen.ops if isinstance(op, BatchNormalization))
    assert (frozen.parameters, frozen.state) == (program.parameters, program.state)
    assert [op.kind for op in frozen.ops] == [op.kind for op in program.ops]
    assert freeze_statistics(frozen) == frozen != program
