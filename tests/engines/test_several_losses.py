"""Several losses in one: columns, weights and columns without a loss, on both engines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.engines import ENGINES, THREADS, engine
from tests.support.programs import SGD, dense
from trimtab.engines import EngineState, Rows
from trimtab.errors import InvalidProgram
from trimtab.program import Builder, Program
from trimtab.program.ops import LossOp, LossPart
from trimtab.program.structure import difference, structure
from trimtab.program.verify import verify

MSE = LossOp(loss="mean_squared_error")
CLASSES = LossOp(loss="sparse_categorical_crossentropy_logits")
GAUSS = LossOp(loss="gaussian_negative_log_likelihood")
PARTS = (
    LossPart(name="number", loss=MSE, start=0, outputs=2, weight=2.0),
    LossPart(name="class", loss=CLASSES, start=3, outputs=3, weight=0.25),
    LossPart(name="both", loss=GAUSS, start=6, outputs=2),
)
LOSS = LossOp(loss="several", parts=PARTS)
WIDTH, TARGETS = 8, 4


def program(loss: LossOp = LOSS) -> Program:
    builder = Builder(4)
    hidden = builder.emit("activation", [dense(builder, 0, 20, "a")], function="tanh")
    return builder.finish(dense(builder, hidden, WIDTH, "b"), loss, SGD)


def state(made: Program) -> EngineState:
    draw = np.random.default_rng(1)
    return replace(
        EngineState.zeros(made),
        parameters=draw.normal(size=made.parameter_count, scale=0.5).astype(np.float32),
    )


def rows(number: int = 37) -> Rows:
    draw = np.random.default_rng(2)
    y = draw.normal(size=(number, TARGETS)).astype(np.float32)
    y[:, 2] = draw.integers(0, 3, number)
    weight = draw.uniform(0, 2, number).astype(np.float32)
    return Rows(draw.normal(size=(number, 4)).astype(np.float32), y, weight)


def part_of(whole: Rows, columns: slice) -> Rows:
    assert whole.y is not None
    return Rows(whole.x, np.ascontiguousarray(whole.y[:, columns]), whole.weight)


@pytest.mark.parametrize("name", ENGINES)
def test_it_is_the_weighted_sum_of_its_parts(name: str) -> None:
    whole = program()
    assert whole.target_width == TARGETS and whole.native
    made = engine(name, whole, state(whole))
    probe = made.probe(rows())
    gradient = probe.value_gradients[whole.output]
    assert not gradient[:, 2].any()  # nobody reads it
    total, columns = 0.0, [slice(0, 2), slice(2, 3), slice(3, 4)]
    for part, own in zip(PARTS, columns, strict=True):
        alone = program(LossOp(loss="several", parts=(replace(part, weight=1.0),)))
        other = engine(name, alone, state(alone)).probe(part_of(rows(), own))
        total += part.weight * other.loss
        expected = part.weight * other.value_gradients[alone.output][:, part.columns]
        assert_close(gradient[:, part.columns], expected, 1e-5, scale=1e-3)
    assert probe.loss == pytest.approx(total, rel=1e-6)
    assert made.evaluate(rows()).loss == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize("name", ENGINES)
def test_a_column_behind_the_targets_weighs_the_rows_of_a_part(name: str) -> None:
    """As weights of all rows do for a part alone, and times those."""
    parts = tuple(replace(part, weighted=True) for part in PARTS)
    whole = program(LossOp(loss="several", parts=parts))
    assert whole.target_width == TARGETS + len(PARTS)
    given = rows()
    assert given.y is not None and given.weight is not None
    beside = np.random.default_rng(3).uniform(0, 2, (len(given.y), 3)).astype(np.float32)
    beside[::5, 1] = 0.0
    columns = [slice(0, 2), slice(2, 3), slice(3, 4)]
    pieces = [
        each for i, own in enumerate(columns) for each in (given.y[:, own], beside[:, i : i + 1])
    ]
    weighted = Rows(given.x, np.ascontiguousarray(np.hstack(pieces)), given.weight)
    made = engine(name, whole, state(whole))
    probe, total = made.probe(weighted), 0.0
    gradient = probe.value_gradients[whole.output]
    for i, (part, own) in enumerate(zip(PARTS, columns, strict=True)):
        alone = program(LossOp(loss="several", parts=(part,)))
        plain = replace(part_of(given, own), weight=given.weight * beside[:, i])
        other = engine(name, alone, state(alone)).probe(plain)
        total += other.loss
        expected = other.value_gradients[alone.output][:, part.columns]
        assert_close(gradient[:, part.columns], expected, 1e-4, scale=1e-3)
    assert probe.loss == pytest.approx(total, rel=1e-6)
    assert made.evaluate(weighted).loss == pytest.approx(total, rel=1e-6)


def test_engines_agree_for_any_number_of_threads() -> None:
    whole = program()
    losses = [
        engine(name, whole, state(whole), threads=threads).probe(rows(200))
        for name, threads in [*(("native", number) for number in THREADS), ("jax", 1)]
    ]
    for other in losses[1:]:
        np.testing.assert_allclose(other.gradients, losses[0].gradients, rtol=2e-5, atol=1e-7)
    for other in losses[1:-1]:
        assert np.array_equal(other.gradients, losses[0].gradients)


def test_names_of_outputs_are_no_difference_in_structure() -> None:
    other = program(LossOp(loss="several", parts=tuple(replace(p, name="x") for p in PARTS)))
    assert structure(program()) == structure(other) and difference(program(), other) is None
    lighter = program(LossOp(loss="several", parts=(replace(PARTS[0], weight=1.0), *PARTS[1:])))
    assert difference(program(), lighter) is not None


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (replace(LOSS, parts=()), "has parts"),
        (replace(MSE, parts=PARTS), "no other loss has parts"),
        (replace(LOSS, parts=PARTS[::-1]), "columns one after another"),
        (replace(LOSS, parts=(replace(PARTS[2], start=7),)), "reads 2 outputs from 7 on, of 8"),
        (replace(LOSS, parts=(replace(PARTS[0], weight=np.inf),)), "must be finite"),
        (replace(LOSS, members=2), "one member"),
    ],
)
def test_rules(loss: LossOp, text: str) -> None:
    with pytest.raises(InvalidProgram, match=text):
        verify(replace(program(), loss=loss))
