"""What a row's numbers may depend on: its own values, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES, THREADS, engine
from tests.support.programs import draw_rows, initial_state, network
from trimtab.engines import Engine, Rows, TrainCall
from trimtab.program import Program
from trimtab.program.ops import LossOp

PROGRAMS = {
    "narrow": network(3, (5,), 1),
    "lesson": network(11, (64, 64), 1),
    "wide": network(40, (300, 130), 3, residual=True),
    "categories": network(8, (33,), 2, categories=(5, 40)),
    "softmax": network(
        7, (33,), 5, loss=LossOp(loss="sparse_categorical_crossentropy_logits"), normalize=False
    ),
}


#: JAX compiles each of them: three are enough there.
CASES = [("native", name) for name in PROGRAMS]
CASES += [("jax", name) for name in ("lesson", "categories", "softmax")]


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> Program:
    return PROGRAMS[request.param]


@pytest.fixture(params=CASES, ids="-".join)
def made(request: pytest.FixtureRequest) -> Engine:
    """An engine that holds one of the programs."""
    name, program = request.param
    return engine(name, PROGRAMS[program], initial_state(PROGRAMS[program]))


def test_predictions_do_not_depend_on_neighbours_or_order(made: Engine) -> None:
    x = draw_rows(made.program, 600).x
    whole = made.predict(x)
    order = np.random.default_rng(1).permutation(600)
    assert_same_bits(made.predict(x[order]), whole[order], "another order")
    for count in (1, 2, 3, 31, 64, 65, 127, 129, 255, 257, 599):
        assert_same_bits(made.predict(x[:count]), whole[:count], f"the first {count}")
        assert_same_bits(made.predict(x[-count:]), whole[-count:], f"the last {count}")
    for row in (0, 17, 300, 599):
        assert_same_bits(made.predict(x[row : row + 1]), whole[row : row + 1], f"row {row} alone")


def test_one_bad_row_spoils_no_other(made: Engine) -> None:
    x = draw_rows(made.program, 150).x
    whole = made.predict(x)
    for bad in (np.nan, np.inf):
        spoiled = x.copy()
        spoiled[70] = bad
        actual = made.predict(spoiled)
        assert np.isnan(actual[70]).all()
        kept = np.arange(150) != 70
        assert_same_bits(actual[kept], whole[kept])


def test_predictions_and_evaluation_agree_for_any_number_of_threads(program: Program) -> None:
    rows = draw_rows(program, 333, weighted=True)
    first = None
    for threads in THREADS:
        made = engine("native", program, initial_state(program), threads=threads)
        evaluation = made.evaluate(rows, predictions=True)
        assert_same_bits(evaluation.predictions, made.predict(rows.x), "evaluate and predict")
        first = first or evaluation
        assert_same_bits(evaluation.predictions, first.predictions, f"{threads} threads")
        assert evaluation.loss == first.loss


def test_evaluation_is_the_mean_over_rows(made: Engine) -> None:
    rows = draw_rows(made.program, 300, weighted=True)
    evaluation = made.evaluate(rows, predictions=True)
    assert_same_bits(evaluation.predictions, made.predict(rows.x), "evaluate and predict")
    whole = evaluation.loss
    for size in (1, 7, 128, 299) if made.name == "native" else (100,):
        parts = [
            Rows(rows.x[i : i + size], rows.y[i : i + size], rows.weight[i : i + size])
            for i in range(0, 300, size)
        ]
        total = sum(made.evaluate(part).loss * len(part) for part in parts)
        assert_close(whole, total / 300, 1e-6, what=f"parts of {size}")


def test_no_rows_give_no_predictions(made: Engine) -> None:
    empty = np.zeros((0, made.program.input_width), np.float32)
    assert made.predict(empty).shape == (0, made.program.output_width)


@pytest.mark.parametrize("name", ENGINES)
def test_rows_on_disk_and_read_only_rows(name: str, tmp_path: Path) -> None:
    program = PROGRAMS["lesson"]
    rows = draw_rows(program, 200)
    rows.x.tofile(tmp_path / "x.f32")
    mapped = np.memmap(tmp_path / "x.f32", np.float32, "r", shape=rows.x.shape)
    frozen = rows.x.copy()
    frozen.setflags(write=False)
    expected = None
    for x in (rows.x, mapped, frozen):
        made = engine(name, program, initial_state(program))
        made.train(TrainCall(
            Rows(x, rows.y), np.arange(200)[::-1].copy(), batch_size=32, seed=1,
            learning_rates=np.full(7, 0.01, np.float32),
        ))  # fmt: skip
        prediction = made.predict(x)
        expected = prediction if expected is None else expected
        assert_same_bits(prediction, expected)
