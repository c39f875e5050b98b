"""What batch normalization promises beyond Keras, on both engines.

Debiased averages, chunks of a batch, rows that weigh less or take no part, and all of them at once.
The expected numbers are written out here in float64, apart from the contract tests' oracle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.contracts.oracles import Mode, Oracles, derivative
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES, engine
from tests.support.programs import (
    SGD,
    FakeWeight,
    batch_normalization,
    dense,
    draw_rows,
    initial_state,
    network,
)
from trimtab.engines import Engine, EngineState, Rows, TrainCall
from trimtab.program import Builder, Program
from trimtab.program.ops import LossOp

WIDTH = 5
EPSILON = 1e-3
EVERYTHING = {"weighted": True, "virtual_batch_size": 4, "debias": True}
SETTINGS: list[dict[str, Any]] = [
    {"weighted": True},
    {"weighted": True, "virtual_batch_size": 4},
    {"weighted": True, "debias": True},
    EVERYTHING,
]


def on_engines(cases: Sequence[Any], jax: Sequence[Any]) -> Any:
    """The test on the native engine with all cases, on JAX with some: it compiles each."""
    found = [("native", case) for case in cases] + [("jax", case) for case in jax]
    return pytest.mark.parametrize(
        ("name", "case"),
        [pytest.param(name, case, id=f"{name}-{case}") for name, case in found],
    )


def program(momentum: float = 0.9, **settings: Any) -> Program:
    """Batch normalization by itself, without gamma and beta unless they are asked for."""
    builder = Builder(WIDTH)
    settings = {"scale": False, "center": False, **settings}
    state = [("moving_mean", WIDTH), ("moving_variance", WIDTH)]
    state += [("count", 1)] if settings.get("debias") else []
    value = builder.emit(
        "batch_normalization",
        [0],
        [FakeWeight(f"b/{name}", (WIDTH,)) for name in ("gamma",) * settings["scale"]],
        [FakeWeight(f"b/{name}", (size,), False) for name, size in state],
        momentum=momentum,
        epsilon=EPSILON,
        **settings,
    )
    # The optimizer needs something to move.
    return builder.finish(
        dense(builder, value, WIDTH, "output"), LossOp(loss="mean_squared_error"), SGD
    )


def started(made: Program, count: float = 0.0) -> EngineState:
    """An output that repeats its input, and averages far from any batch."""
    state = initial_state(made)
    for slot in made.parameters:
        square = slot.shape == (WIDTH, WIDTH)
        state.parameters[slot.place] = (np.eye(WIDTH) if square else np.zeros(slot.shape)).reshape(
            -1
        )
    for slot in made.state:
        state.state[slot.place] = count if slot.name.endswith("count") else 100.0
    return state


def train(
    made: Engine, rows: Rows, order: NDArray[np.int64] | None = None, batch_size: int = 100
) -> Any:
    steps = -(-(len(rows) if order is None else len(order)) // batch_size)
    return made.train(
        TrainCall(
            rows,
            order,
            batch_size=batch_size,
            seed=3,
            learning_rates=np.zeros(steps, np.float32),
            predictions=True,
        )
    )


def averages(made: Engine) -> list[NDArray[np.float32]]:
    state = made.dump().state
    return [state[slot.place] for slot in made.program.state]


def data(count: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    generator = np.random.default_rng([seed, count])
    x = generator.normal(2.0, 3.0, (count, WIDTH)).astype(np.float32)
    return x, np.zeros((count, WIDTH), np.float32)


def some_weights(count: int) -> NDArray[np.float32]:
    generator = np.random.default_rng(count)
    weight = generator.uniform(0.2, 3, count) * (generator.uniform(size=count) < 0.6)
    return weight.astype(np.float32)


# -- weights --------------------------------------------------------------------------------------


@on_engines(SETTINGS, [SETTINGS[0], EVERYTHING])
def test_a_row_of_weight_0_leaves_the_statistics_as_without_it(
    name: str, case: dict[str, Any]
) -> None:
    """To the last bit on the native engine, whatever stands in that row."""
    made = engine(name, program(**case))
    x, y = data(37)
    weight = some_weights(37)
    x[np.flatnonzero(weight == 0)[0], 2] = np.nan
    kept = weight != 0
    found = []
    for rows in (Rows(x, y, weight), Rows(x[kept], y[kept], weight[kept])):
        made.load(started(made.program, 2.0))
        outputs = train(made, rows).predictions
        found.append((*averages(made), outputs[kept] if len(rows) == 37 else outputs))
    for position, (all_rows, without) in enumerate(zip(*found, strict=True)):
        if name == "native":
            assert_same_bits(all_rows, without, f"{position}")
        else:
            assert_close(all_rows, without, 1e-6, what=f"{position}")


@on_engines(SETTINGS, [SETTINGS[0], EVERYTHING])
def test_weights_of_1_are_none(name: str, case: dict[str, Any]) -> None:
    """Predictions, weights, statistics, slots and gradients; bit for bit on the native engine."""
    made = network(6, (16,), 1, normalization=case)
    unweighted = network(6, (16,), 1, normalization={**case, "weighted": False})
    rows = draw_rows(made, 50)
    ones = Rows(rows.x, rows.y, np.ones(50, np.float32))
    found = []
    for what, given in ((unweighted, rows), (made, rows), (made, ones)):
        each = engine(name, what, initial_state(what))
        gradients = each.probe(given, training=True, seed=1).gradients
        result = each.train(
            TrainCall(
                given,
                None,
                batch_size=16,
                seed=5,
                learning_rates=np.full(4, 0.01, np.float32),
                predictions=True,
            )
        )
        after = each.dump()
        found.append((result.predictions, after.parameters, after.state, after.slots, gradients))
    for other in found[1:]:
        for position, (actual, expected) in enumerate(zip(other, found[0], strict=True)):
            if name == "native":
                assert_same_bits(actual, expected, f"{position}")
            else:  # XLA rounds as it compiles, and this is other code
                assert_close(actual, expected, 1e-5, what=f"{position}")


@pytest.mark.parametrize("name", ENGINES)
def test_unweighted_statistics_ignore_weights(name: str) -> None:
    x, y = data(20)
    found = []
    for weight in (None, some_weights(20)):
        made = engine(name, program(virtual_batch_size=6))
        made.load(started(made.program))
        found.append([train(made, Rows(x, y, weight)).predictions, *averages(made)])
    for actual, expected in zip(*found, strict=True):
        assert_same_bits(actual, expected)


@pytest.mark.parametrize("name", ENGINES)
def test_statistics_of_weighted_rows(name: str) -> None:
    """Against NumPy's weighted average; a short batch is not diluted by what fills it up."""
    made = engine(name, program(momentum=0.0, weighted=True))
    x, y = data(30)
    weight = some_weights(30)
    for order in (np.arange(16), np.arange(20, 29), np.array([2, 1])):
        made.load(started(made.program))
        outputs = train(made, Rows(x, y, weight), order, batch_size=16).predictions
        batch, w = x[order].astype(np.float64), weight[order]
        mean = np.average(batch, axis=0, weights=w)
        variance = np.average(np.square(batch - mean), axis=0, weights=w)
        assert_close(averages(made)[0], mean, 1e-6)
        assert_close(averages(made)[1], variance, 1e-6)
        assert_close(outputs, (batch - mean) / np.sqrt(variance + EPSILON), 3e-6)


@on_engines(SETTINGS, [SETTINGS[0], EVERYTHING])
def test_a_batch_without_weight_becomes_beta(name: str, case: dict[str, Any]) -> None:
    """The averages stay, the count too; gradients are 0, not nan."""
    made = engine(name, program(**case))
    x, y = data(12)
    weight = np.ones(12, np.float32)
    weight[:8] = 0
    state = started(made.program, 3.0)
    made.load(state)
    outputs = train(made, Rows(x, y, weight), np.arange(8), batch_size=8).predictions
    assert_same_bits(outputs, np.zeros((8, WIDTH), np.float32))
    assert_same_bits(made.dump().state, state.state)
    probe = made.probe(Rows(x[:8], y[:8] + 1, weight[:8]), training=True)
    assert np.isfinite(probe.gradients).all()
    assert not probe.value_gradients[0].any()


@pytest.mark.parametrize("name", ENGINES)
def test_gradients_of_weighted_rows_inside_a_network(name: str) -> None:
    """Rows of weight 0 matter to the unweighted normalization behind: their gradient is not 0."""
    builder = Builder(4)
    value = batch_normalization(builder, 0, "weighted", **EVERYTHING)
    value = builder.emit("activation", [dense(builder, value, 6, "hidden")], function="tanh")
    value = batch_normalization(builder, value, "plain")
    made = builder.finish(
        dense(builder, value, 2, "output"), LossOp(loss="mean_squared_error"), SGD
    )
    state, oracles = initial_state(made), Oracles()
    rows = draw_rows(made, 19)
    rows = Rows(rows.x, rows.y, some_weights(19))
    mode = Mode(training=True, weight=rows.weight)
    probe = engine(name, made, state).probe(rows, training=True)
    ignored = rows.weight == 0
    assert np.abs(probe.value_gradients[0][ignored]).max() > 1e-4

    def loss(x: Any, parameters: Any) -> float:
        return oracles.loss(made, parameters, state.state, x, rows.y, rows.weight, mode)

    generator = np.random.default_rng(2)
    x, parameters = rows.x.astype(np.float64), state.parameters.astype(np.float64)
    for _ in range(6):
        turn = generator.normal(size=x.shape)
        slope = float(derivative(lambda h, d=turn: loss(x + h * d, parameters)))
        along = float(np.sum(probe.value_gradients[0] * turn))
        assert_close(
            along, slope, 1e-5, scale=np.linalg.norm(probe.value_gradients[0]) + abs(slope)
        )
        turn = generator.normal(size=parameters.shape)
        slope = float(derivative(lambda h, d=turn: loss(x, parameters + h * d)))
        along = float(np.sum(probe.gradients * turn))
        assert_close(along, slope, 1e-5, scale=np.linalg.norm(probe.gradients) + abs(slope))


# -- debiased averages ----------------------------------------------------------------------------


@on_engines([0.0, 0.5, 0.99, 0.9999, 1.0], [0.0, 0.99, 1.0])
def test_debiased_averages_are_those_of_the_batches_alone(name: str, case: float) -> None:
    """Normalized exponential weights, in float64; a nan before the first batch is gone too."""
    made = engine(name, program(case, debias=True))
    state = started(made.program)
    state.state[0] = np.nan
    made.load(state)
    x, y = data(7 * 8, seed=1)
    batches = x.astype(np.float64).reshape(7, 8, WIDTH)
    means, variances = batches.mean(axis=1), batches.var(axis=1)
    for steps in (1, 2, 7):
        made.load(state)
        train(made, Rows(x, y), np.arange(steps * 8), batch_size=8)
        weights = case ** np.arange(steps - 1, -1, -1.0)
        mean, variance, count = averages(made)
        assert_close(mean, np.average(means[:steps], axis=0, weights=weights), 2e-6)
        assert_close(variance, np.average(variances[:steps], axis=0, weights=weights), 2e-6)
        assert count.tolist() == [steps]


@pytest.mark.parametrize("name", ENGINES)
def test_the_first_batch_replaces_the_averages(name: str) -> None:
    """Exactly: what momentum 0 keeps is what debiasing keeps of the first batch."""
    x, y = data(16)
    found = []
    for settings in ({"momentum": 0.0}, {"momentum": 0.99, "debias": True}):
        made = engine(name, program(**settings))
        state = started(made.program)
        state.state[:] = 0
        made.load(state)
        train(made, Rows(x, y))
        found.append(averages(made)[:2])
    for actual, expected in zip(*found, strict=True):
        assert_same_bits(actual, expected)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("momentum", [0.0, 1.0])
def test_momentum_at_its_ends(name: str, momentum: float) -> None:
    """Without debiasing: the last batch alone, or the start for ever."""
    made = engine(name, program(momentum, weighted=True, virtual_batch_size=4))
    made.load(started(made.program))
    x, y = data(24)
    train(made, Rows(x, y), batch_size=12)
    mean = averages(made)[0]
    expected = np.full(WIDTH, 100.0) if momentum else x[12:].mean(axis=0, dtype=np.float64)
    assert_close(mean, expected, 1e-6)


@pytest.mark.parametrize("name", ENGINES)
def test_a_large_count_keeps_the_past(name: str) -> None:
    made = engine(name, program(0.9, debias=True))
    plain = engine(name, program(0.9))
    x, y = data(16)
    for each in (made, plain):
        each.load(started(each.program, 1e6))
        train(each, Rows(x, y))
    for actual, expected in zip(averages(made)[:2], averages(plain), strict=True):
        assert_close(actual, expected, 1e-6)


@pytest.mark.parametrize("name", ENGINES)
def test_what_does_not_train_does_not_count(name: str) -> None:
    made = engine(name, program(debias=True))
    state = started(made.program, 2.0)
    x, y = data(9)
    made.load(state)
    made.forward(x, training=True, update=False)
    made.forward(x, training=False)
    made.probe(Rows(x, y), training=True)
    made.evaluate(Rows(x, y))
    made.predict(x)
    assert_same_bits(made.dump().state, state.state)
    made.forward(x, training=True)
    assert averages(made)[2].tolist() == [3.0]


# -- chunks ---------------------------------------------------------------------------------------


def sizes_of(rows: int, size: int) -> list[int]:
    """What the documentation says."""
    chunks = max(1, min(-(-rows // size), rows // 2))
    longer = rows % chunks
    return [rows // chunks + 1] * longer + [rows // chunks] * (chunks - longer)


@pytest.mark.parametrize("size", [2, 3, 5, 16, 64])
def test_chunk_sizes(size: int) -> None:
    """All rows, nearly equal, never a single one, and about as many as asked for."""
    for rows in range(1, 71):
        sizes = sizes_of(rows, size)
        assert sum(sizes) == rows
        assert max(sizes) - min(sizes) <= 1
        assert min(sizes) >= 2 or rows == 1
        assert max(sizes) <= max(size, 3)
        assert len(sizes) >= rows // max(size, 3)


@on_engines([2, 3, 5, 16, 64], [2, 5])
def test_chunks_have_their_own_statistics(name: str, case: int) -> None:
    """Every number of rows, as a full batch on the native engine and as a short one on JAX."""
    made = engine(name, program(0.5, virtual_batch_size=case))
    x, y = data(70)
    for rows in range(1, 71):
        made.load(started(made.program))
        outputs = train(made, Rows(x, y), np.arange(rows), batch_size=70).predictions
        batch = x[:rows].astype(np.float64)
        parts = np.split(batch, np.cumsum(sizes_of(rows, case))[:-1])
        expected = [(p - p.mean(0)) / np.sqrt(p.var(0) + EPSILON) for p in parts]
        what = f"{rows} rows in chunks of {case}"
        scale = 1 + np.max(np.abs(batch)) / np.sqrt(EPSILON) / (50 if rows > 1 else 1)
        assert_close(outputs, np.concatenate(expected), 1e-6, scale=scale, what=what)
        for actual, of in zip(averages(made), (np.mean, np.var), strict=True):
            fed = sum(len(p) * of(p, axis=0) for p in parts) / rows
            assert_close(actual, 50 + fed / 2, 1e-6, what=what)


@pytest.mark.parametrize("name", ENGINES)
def test_a_chunk_of_the_batch_or_more_is_the_batch(name: str) -> None:
    x, y = data(24)
    found = []
    for size in (None, 24, 1000) if name == "native" else (None, 24):
        made = engine(name, program(virtual_batch_size=size))
        made.load(started(made.program))
        found.append([train(made, Rows(x, y)).predictions, *averages(made)])
    for other in found[1:]:
        for actual, expected in zip(other, found[0], strict=True):
            if name == "native":
                assert_same_bits(actual, expected)
            else:
                assert_close(actual, expected, 1e-6)


@pytest.mark.parametrize("name", ENGINES)
def test_a_nan_stays_in_its_chunk(name: str) -> None:
    made = engine(name, program(virtual_batch_size=4))
    made.load(started(made.program))
    x, _ = data(12)
    x[5, 1] = np.nan
    values = made.probe(Rows(x), training=True).values[1]
    expected = np.zeros((12, WIDTH), bool)
    expected[4:8, 1] = True
    assert_same_bits(np.isnan(values), expected)


# -- masks ----------------------------------------------------------------------------------------


@on_engines(
    [{}, {"virtual_batch_size": 3}, {"debias": True}, EVERYTHING],
    [{}, EVERYTHING],
)
def test_masked_rows_take_no_part(name: str, case: dict[str, Any]) -> None:
    """Whatever the settings. They are normalized by the statistics of the others."""
    made = engine(name, program(**case))
    x, _ = data(17)
    mask = np.ones(17, np.float32)
    mask[[0, 4, 5, 11, 16]] = 0
    kept = mask != 0
    found = []
    for rows, given in ((x, mask), (x[kept], None)):
        made.load(started(made.program))
        outputs = made.forward(rows, training=True, mask=given)
        assert np.isfinite(outputs).all()
        found.append([outputs[kept] if len(rows) == 17 else outputs, *averages(made)])
    for actual, expected in zip(*found, strict=True):
        assert_close(actual, expected, 1e-6)
    inference = made.forward(x, training=False)
    assert_same_bits(made.forward(x, training=False, mask=mask), inference, "inference")


@on_engines([{}, EVERYTHING], [EVERYTHING])
def test_all_rows_masked(name: str, case: dict[str, Any]) -> None:
    made = engine(name, program(**case))
    state = started(made.program, 1.0)
    made.load(state)
    x, _ = data(6)
    outputs = made.forward(x, training=True, mask=np.zeros(6, np.float32))
    assert_same_bits(outputs, np.zeros((6, WIDTH), np.float32))
    assert_same_bits(made.dump().state, state.state)


# -- small ends -----------------------------------------------------------------------------------


@on_engines([*SETTINGS, {"virtual_batch_size": 2}], [EVERYTHING])
def test_a_last_batch_of_one_row(name: str, case: dict[str, Any]) -> None:
    """It becomes beta, its variance is 0, and nothing is dropped."""
    made = engine(name, program(0.5, **case))
    made.load(started(made.program, 1.0))
    x, y = data(9)
    weight = np.full(9, 0.5, np.float32)
    result = train(made, Rows(x, y, weight), batch_size=8)
    before = engine(name, program(0.5, **case))
    before.load(started(before.program, 1.0))
    train(before, Rows(x, y, weight), np.arange(8), batch_size=8)
    assert result.steps == 2 and len(result.predictions) == 9
    assert_close(result.predictions[8], np.zeros(WIDTH), 1e-4, scale=1.0)
    added = 0.5 if not case.get("debias") else 0.5 / (1 - 0.5**3)
    for actual, old, new in zip(
        averages(made)[:2], averages(before)[:2], (x[8], np.zeros(WIDTH)), strict=True
    ):
        assert_close(actual, old * (1 - added) + new * added, 1e-6, scale=100.0)


@pytest.mark.parametrize("name", ENGINES)
def test_frozen_ignores_it_all(name: str) -> None:
    x, y = data(10)
    found = []
    for settings in ({}, EVERYTHING):
        made = engine(name, program(frozen=True, **settings))
        state = started(made.program, 4.0)
        made.load(state)
        found.append(train(made, Rows(x, y, some_weights(10))).predictions)
        assert_same_bits(made.dump().state, state.state)
    assert_same_bits(found[1], found[0])
