"""Epochs, batches and what lies between them, on every engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.contracts.oracles import Mode, Oracles
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES, engine
from tests.support.programs import ADAM, MSE, FakeWeight, dense, draw_rows, initial_state, network
from trimtab.engines import EngineState, TrainCall
from trimtab.errors import EngineError
from trimtab.program import Builder, Program


def program_for(name: str) -> Program:
    """All ops together."""
    return network(residual=True)


def rates(steps: int) -> np.ndarray:
    return np.linspace(0.02, 0.01, steps).astype(np.float32)


def assert_same_state(actual: EngineState, expected: EngineState) -> None:
    for name in ("parameters", "state", "slots"):
        assert_same_bits(getattr(actual, name), getattr(expected, name), name)
    assert actual.step == expected.step


SIZES = {
    "native": [(40, 8), (43, 8), (41, 8), (5, 8), (8, 8), (6, 1)],
    "jax": [(43, 8), (5, 8), (6, 1)],  # it compiles for each
}


@pytest.mark.optimized
@pytest.mark.parametrize(
    ("name", "count", "batch_size"), [(name, *sizes) for name in ENGINES for sizes in SIZES[name]]
)
def test_one_call_and_one_call_a_batch_give_the_same_bits(
    name: str, count: int, batch_size: int
) -> None:
    """Full batches, short last ones (of one row too), one batch larger than the data."""
    program = program_for(name)
    rows = draw_rows(program, count, weighted=True)
    order = np.random.default_rng(0).permutation(count)
    steps = -(-count // batch_size)
    together, apart = (engine(name, program, initial_state(program)) for _ in range(2))
    whole = together.train(
        TrainCall(
            rows,
            order,
            batch_size=batch_size,
            seed=3,
            learning_rates=rates(steps),
            predictions=True,
        )
    )
    assert (whole.steps, whole.stopped) == (steps, False)
    total, outputs = 0.0, []
    for step in range(steps):
        part = order[step * batch_size : (step + 1) * batch_size]
        result = apart.train(
            TrainCall(
                rows,
                part,
                batch_size=batch_size,
                seed=3,
                learning_rates=rates(steps)[step : step + 1],
                predictions=True,
            )
        )
        total += result.total
        outputs.append(result.predictions)
    assert_same_state(together.dump(), apart.dump())
    assert_same_bits(whole.predictions, np.concatenate(outputs), "predictions")
    assert whole.total == total
    assert_close(whole.loss, total / count, 1e-12, what="loss is the mean over rows")


@pytest.mark.parametrize("name", ENGINES)
def test_the_loss_counts_rows_and_sees_each_batch_before_its_update(name: str) -> None:
    program = program_for(name)
    rows = draw_rows(program, 13)
    made = engine(name, program, initial_state(program))
    losses = []
    for start in (0, 5, 10):
        part = np.arange(start, min(start + 5, 13))
        batch = type(rows)(rows.x[part], rows.y[part])
        probe = made.probe(batch, training=True, seed=1, step=made.dump().step)
        losses.append(probe.loss * len(part))
        one = made.train(TrainCall(rows, part, batch_size=5, seed=1, learning_rates=rates(1)))
        assert_close(one.loss, probe.loss, 1e-6)
    whole = engine(name, program, initial_state(program))
    result = whole.train(
        TrainCall(rows, None, batch_size=5, seed=1, learning_rates=np.repeat(rates(1), 3))
    )
    assert_close(result.loss, sum(losses) / 13, 1e-6)


@pytest.mark.parametrize("name", ENGINES)
def test_no_order_is_the_order_of_the_rows(name: str) -> None:
    program = program_for(name)
    rows = draw_rows(program, 20)
    states = []
    for order in (None, np.arange(20)):
        made = engine(name, program, initial_state(program))
        made.train(TrainCall(rows, order, batch_size=8, seed=3, learning_rates=rates(3)))
        states.append(made.dump())
    assert_same_state(*states)


@pytest.mark.parametrize("name", ENGINES)
def test_an_order_may_leave_rows_out_and_repeat_them(name: str) -> None:
    program = program_for(name)
    rows = draw_rows(program, 20)
    order = np.array([3, 3, 19, 0, 7])
    picked = type(rows)(rows.x[order], rows.y[order])
    one, other = (engine(name, program, initial_state(program)) for _ in range(2))
    one.train(TrainCall(rows, order, batch_size=4, seed=3, learning_rates=rates(2)))
    other.train(TrainCall(picked, None, batch_size=4, seed=3, learning_rates=rates(2)))
    assert_same_state(one.dump(), other.dump())


@pytest.mark.parametrize("name", ENGINES)
def test_dump_and_load_go_on_where_it_stopped(name: str) -> None:
    program = program_for(name)
    rows = draw_rows(program, 20)
    straight = engine(name, program, initial_state(program))
    first = straight.train(TrainCall(rows, None, batch_size=8, seed=3, learning_rates=rates(3)))
    kept = straight.dump()
    assert kept.step == first.steps == 3
    straight.train(TrainCall(rows, None, batch_size=8, seed=3, learning_rates=rates(3)))
    resumed = engine(name, program, kept)
    assert_same_state(resumed.dump(), kept)
    resumed.train(TrainCall(rows, None, batch_size=8, seed=3, learning_rates=rates(3)))
    assert_same_state(resumed.dump(), straight.dump())


@pytest.mark.parametrize("name", ENGINES)
def test_load_and_dump_copy(name: str) -> None:
    program = program_for(name)
    given = initial_state(program)
    made = engine(name, program, given)
    before = given.parameters.copy()
    given.parameters[:] = 7
    dumped = made.dump()
    assert_same_bits(dumped.parameters, before)
    dumped.parameters[:] = 8
    assert_same_bits(made.dump().parameters, before)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("vector", ["parameters", "state", "slots"])
def test_vectors_of_another_length_are_refused(name: str, vector: str) -> None:
    program = program_for(name)
    made = engine(name, program)
    for wrong in (np.zeros(3, np.float32), np.zeros(10_000, np.float32), np.zeros(3)):
        state = initial_state(program)
        setattr(state, vector, wrong)
        with pytest.raises(EngineError, match=f"{vector} must be a vector of .* float32 numbers"):
            made.load(state)


@pytest.mark.parametrize("name", ENGINES)
def test_watch_stops_between_steps(name: str) -> None:
    program = program_for(name)
    # More steps than a fast machine takes between many looks.
    count = 400_000 if name == "jax" else 2_000_000
    rows = draw_rows(program, count)
    steps = count // 4
    calls: list[tuple[int, float]] = []

    def watch(done: int, loss: float) -> bool:
        calls.append((done, loss))
        return done >= 40

    made = engine(name, program, initial_state(program))
    result = made.train(
        TrainCall(
            rows,
            None,
            batch_size=4,
            seed=3,
            learning_rates=np.full(steps, 1e-3, np.float32),
            predictions=True,
            watch=watch,
        )
    )
    assert result.stopped
    assert 40 <= result.steps < steps
    done = [number for number, _ in calls]
    assert done == sorted(set(done))
    assert all(np.isfinite(loss) for _, loss in calls)
    assert made.dump().step == result.steps
    again = engine(name, program, initial_state(program))
    short = again.train(
        TrainCall(
            rows,
            np.arange(4 * result.steps),
            batch_size=4,
            seed=3,
            learning_rates=np.full(result.steps, 1e-3, np.float32),
            predictions=True,
        )
    )
    assert_same_state(made.dump(), again.dump())
    seen = 4 * result.steps
    assert_same_bits(result.predictions[:seen], short.predictions[:seen], "predictions")
    assert result.loss == short.loss


@pytest.mark.parametrize("name", ENGINES)
def test_a_watch_that_looks_on_changes_nothing(name: str) -> None:
    program = program_for(name)
    rows = draw_rows(program, 500)
    states, losses = [], []
    for watch in (None, lambda done, loss: False):
        made = engine(name, program, initial_state(program))
        result = made.train(TrainCall(
            rows, None, batch_size=4, seed=3, learning_rates=np.full(125, 0.01, np.float32),
            watch=watch,
        ))  # fmt: skip
        assert (result.steps, result.stopped) == (125, False)
        states.append(made.dump())
        losses.append(result.loss)
    assert_same_state(*states)
    assert losses[0] == losses[1]


@pytest.mark.parametrize("name", ENGINES)
def test_an_exception_in_watch_comes_out(name: str) -> None:
    program = program_for(name)
    rows = draw_rows(program, 40_000)

    def watch(done: int, loss: float) -> bool:
        raise LookupError("seen")

    made = engine(name, program, initial_state(program))
    # On the native engine far more steps than any machine takes before the first look.
    steps = 10_000 if name == "jax" else 1_000_000
    call = TrainCall(
        rows,
        np.resize(np.arange(40_000), 4 * steps),
        batch_size=4,
        seed=3,
        learning_rates=np.full(steps, 1e-3, np.float32),
        watch=watch,
    )
    with pytest.raises(LookupError, match="seen"):
        made.train(call)
    done = made.dump().step
    assert 0 < done < steps
    again = engine(name, program, initial_state(program))
    rates = call.learning_rates[:done]
    again.train(replace(call, order=call.order[: 4 * done], learning_rates=rates, watch=None))
    assert_same_state(made.dump(), again.dump())


@pytest.mark.parametrize("name", ENGINES)
def test_programs_that_only_predict_do_not_train(name: str) -> None:
    builder = Builder(6)
    program = builder.finish(dense(builder, 0, 2, "output"))
    made = engine(name, program, initial_state(program))
    rows = draw_rows(program, 5)
    assert made.predict(rows.x).shape == (5, 2)
    probe = made.probe(rows)
    assert probe.gradients is None
    assert not probe.value_gradients
    with pytest.raises((EngineError, ValueError), match="no loss"):
        made.train(TrainCall(rows, None, batch_size=5, seed=0, learning_rates=rates(1)))
    with pytest.raises((EngineError, ValueError), match="no loss"):
        made.evaluate(rows)


@pytest.mark.parametrize("name", ENGINES)
def test_targets_are_asked_for(name: str) -> None:
    program = program_for(name)
    made = engine(name, program, initial_state(program))
    x = draw_rows(program, 5).x
    rows = type(draw_rows(program, 5))(x)
    with pytest.raises(EngineError, match="targets"):
        made.train(TrainCall(rows, None, batch_size=5, seed=0, learning_rates=rates(1)))
    with pytest.raises(EngineError, match="targets"):
        made.evaluate(rows)
    probe = made.probe(rows)
    assert np.isnan(probe.loss)
    assert probe.gradients is None


@pytest.mark.parametrize(
    ("name", "count"), [("native", 1), ("native", 2), ("native", 33), ("jax", 33)]
)
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_a_whole_network_is_the_oracles(
    name: str, count: int, residual: bool, training: bool
) -> None:
    """All ops together: values and loss of one batch."""
    oracles, mode = Oracles(), Mode(training, seed=2**33 + 5, step=9)
    program = network(5, (12, 12, 7), 3, residual=residual, function="tanh")
    state = initial_state(program)
    rows = draw_rows(program, count, weighted=True)
    made = engine(name, program, state)
    values, _ = oracles.run(program, state.parameters, state.state, rows.x, mode)
    probe = made.probe(rows, training=training, seed=mode.seed, step=mode.step)
    for number, value in enumerate(values):
        assert_close(probe.values[number], value, 2e-5, what=f"%{number}")
    expected = oracles.loss(
        program, state.parameters, state.state, rows.x, rows.y, rows.weight, mode
    )
    assert_close(probe.loss, expected, 2e-5)


def test_adam_is_the_default_of_these_tests() -> None:
    assert network().optimizer == ADAM  # so that slots and bias correction are part of the above


# -- batches of any size, and rates said for each --------------------------------------------------


def many_rates(program: Program, steps: int) -> dict[int, np.ndarray]:
    """Another rate for each op that drops, and for each step."""
    dropping = [op.output for op in program.ops if op.kind in ("dropout", "drop_connect")]
    assert len(dropping) > 1
    return {
        value: np.linspace(0.1 * number, 0.6, steps).astype(np.float32)
        for number, value in enumerate(dropping)
    }


def connected(rate: float = 0.3) -> Program:
    """Both ops that drop."""
    builder = Builder(6)
    kernel = FakeWeight("first/kernel", (6, 20))
    value = builder.emit("drop_connect", [0], [kernel], rate=rate, stream=builder.random_stream())
    value = builder.emit("dropout", [value], rate=rate, stream=builder.random_stream())
    return builder.finish(dense(builder, value, 1, "output"), MSE, ADAM)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("sizes", [[7, 7, 6, 6], [8, 1, 5], [3], [1, 1]], ids=str)
@pytest.mark.parametrize("ordered", [True, False])
def test_batches_of_these_sizes(name: str, sizes: list[int], ordered: bool) -> None:
    """In one call as in one call each, with another rate for each."""
    program = connected()
    count, steps = sum(sizes), len(sizes)
    rows = draw_rows(program, count, weighted=True)
    order = np.random.default_rng(0).permutation(count) if ordered else None
    given = many_rates(program, steps)
    together, apart = (engine(name, program, initial_state(program)) for _ in range(2))
    common = {"batch_size": 8, "seed": 3, "predictions": True}
    whole = together.train(
        TrainCall(
            rows,
            order,
            learning_rates=rates(steps),
            sizes=np.array(sizes, np.int32),
            dropout_rates=given,
            **common,
        )
    )
    assert (whole.steps, whole.stopped) == (steps, False)
    total, outputs, start = 0.0, [], 0
    for step, size in enumerate(sizes):
        part = (np.arange(count) if order is None else order)[start : start + size]
        result = apart.train(
            TrainCall(
                rows,
                part,
                learning_rates=rates(steps)[step : step + 1],
                dropout_rates={value: each[step : step + 1] for value, each in given.items()},
                **common,
            )
        )
        start += size
        total += result.total
        outputs.append(result.predictions)
    assert_same_state(together.dump(), apart.dump())
    assert_same_bits(whole.predictions, np.concatenate(outputs), "predictions")
    assert whole.total == total
    assert_close(whole.loss, total / count, 1e-12, what="loss is the mean over rows")


@pytest.mark.parametrize("name", ENGINES)
def test_sizes_that_engines_choose_by_themselves(name: str) -> None:
    program = program_for(name)
    rows = draw_rows(program, 21)
    states = []
    for sizes in (None, np.array([8, 8, 5], np.int32)):
        made = engine(name, program, initial_state(program))
        made.train(
            TrainCall(rows, None, batch_size=8, seed=3, learning_rates=rates(3), sizes=sizes)
        )
        states.append(made.dump())
    assert_same_state(*states)


@pytest.mark.parametrize("name", ENGINES)
def test_rates_said_for_each_step_are_those_of_the_ops(name: str) -> None:
    """Step by step as programs that have these rates."""
    said = np.array([0.5, 0.0, 0.25], np.float32)
    program = connected()
    rows = draw_rows(program, 24)
    made = engine(name, program, initial_state(program))
    given = dict.fromkeys(many_rates(program, 3), said)
    common = {"batch_size": 8, "seed": 3}
    made.train(TrainCall(rows, None, learning_rates=rates(3), dropout_rates=given, **common))
    state = initial_state(program)
    for step, rate in enumerate(said):
        fixed = engine(name, connected(float(rate)), state)
        part = np.arange(8 * step, 8 * step + 8)
        fixed.train(TrainCall(rows, part, learning_rates=rates(3)[step : step + 1], **common))
        state = fixed.dump()
    assert_same_state(made.dump(), state)


def test_engines_draw_the_same_masks_for_rates_said() -> None:
    program = connected()
    rows = draw_rows(program, 24)
    states = []
    for name in ENGINES:
        made = engine(name, program, initial_state(program))
        made.train(
            TrainCall(
                rows,
                None,
                batch_size=8,
                seed=3,
                learning_rates=rates(3),
                dropout_rates=many_rates(program, 3),
            )
        )
        states.append(made.dump())
    assert_close(states[0].parameters, states[1].parameters, 1e-5)


@pytest.mark.optimized
def test_several_epochs_in_one_call() -> None:
    """As one call each: sizes are those of an epoch, rates go through all of them."""
    program = connected()
    rows = draw_rows(program, 21)
    orders = [np.random.default_rng(i).permutation(21) for i in range(3)]
    parts = [slice(4 * epoch, 4 * epoch + 4) for epoch in range(3)]
    sizes, given = np.array([6, 5, 5, 5], np.int32), many_rates(program, 12)
    together, apart = (engine("jax", program, initial_state(program)) for _ in range(2))
    common = {"batch_size": 6, "seed": 3, "sizes": sizes}
    results = together.train_epochs(
        [
            TrainCall(
                rows,
                order,
                learning_rates=rates(12)[part],
                dropout_rates={value: each[part] for value, each in given.items()},
                **common,
            )
            for order, part in zip(orders, parts, strict=True)
        ]
    )
    for order, part, result in zip(orders, parts, results, strict=True):
        own = {value: each[part] for value, each in given.items()}
        alone = apart.train(
            TrainCall(rows, order, learning_rates=rates(12)[part], dropout_rates=own, **common)
        )
        assert alone.total == result.total
    assert_same_state(together.dump(), apart.dump())


@pytest.mark.parametrize("name", ENGINES)
def test_sizes_and_rates_that_do_not_fit_are_refused(name: str) -> None:
    program = connected()
    rows = draw_rows(program, 10)
    made = engine(name, program, initial_state(program))
    half = np.full(2, 0.5, np.float32)

    def train(sizes: object = None, dropout_rates: object = None) -> None:
        made.train(
            TrainCall(
                rows,
                None,
                batch_size=5,
                seed=3,
                learning_rates=rates(2),
                sizes=None if sizes is None else np.array(sizes, np.int32),
                dropout_rates=dropout_rates,
            )
        )

    for sizes, text in (
        ([5, 4], "sizes must be a vector of int32 numbers that add up to 10 rows"),
        ([6, 4], "sizes must be between 1 and batch_size=5, received 4 to 6"),
        ([5, 5, 0], "sizes must be between 1 and batch_size=5, received 0 to 5"),
    ):
        with pytest.raises(EngineError, match=text):
            train(sizes)
    for given, text in (
        ({3: half}, r"dropout_rates names %3, which is not the output of a dropout op"),
        ({1: half[:1]}, r"dropout_rates of %1 must be 2 float32 numbers, one per batch"),
        ({1: half.astype(float)}, r"dropout_rates of %1 must be 2 float32 numbers"),
    ):
        with pytest.raises(EngineError, match=text):
            train(dropout_rates=given)
    assert made.dump().step == 0
    x = rows.x
    with pytest.raises(EngineError, match="one per batch"):
        made.forward(x, training=True, dropout_rates={1: half})
    with pytest.raises(EngineError, match="not the output of a dropout op"):
        made.probe(rows, training=True, dropout_rates={4: half[:1]})
