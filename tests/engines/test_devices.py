"""Several devices give what one gives: steps, runs, inference; local statistics; refusals.

The devices are this machine's CPU, which JAX is told to show as four. That has to be said before
JAX starts, so one process of its own computes everything that the tests then look at.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.contracts.oracles import OPS, Mode, batch_statistics
from tests.support.close import assert_close, assert_same_bits
from tests.support.drift import ALLOWED, LEAST_DRIFT, TOLERANCE, distance, nudged, parted
from tests.support.engines import engine
from tests.support.processes import run_python
from tests.support.programs import (
    batch_normalization,
    dense,
    draw_rows,
    initial_state,
    network,
)
from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab.engines import Engine, EngineState, Rows, TrainCall
from trimtab.errors import InvalidArgument
from trimtab.program import Builder, Program
from trimtab.program.ops import LossOp, OptimizerOp

#: Numbers of devices.
SEVERAL = (1, 2, 4)

#: Batch size, rows of the step, whether they have weights. 16 rows divide by every number of
#: devices, 13 by none; of 3 rows or one, most devices have none.
STEPS = {
    "full": (16, 16, True),
    "short": (16, 13, True),
    "three rows": (16, 3, True),
    "one row": (16, 1, True),
    "odd batch": (13, 13, False),
}
#: Those that are tried on a network with embeddings, too.
CODED = ("full", "three rows")
SEED = 2**35 + 7
CHUNKED = {"weighted": True, "virtual_batch_size": 3, "debias": True}
MOMENTUM, EPSILON, RATE = 0.9, 1e-3, 0.05


def everything_in() -> Program:
    """Normalization, dropout, a residual, penalties, Adam with decay and clipping."""
    return network(
        6,
        (24, 24),
        2,
        function="tanh",
        residual=True,
        loss=LossOp(loss="mean_squared_error"),
        optimizer=OptimizerOp(rule="adam", weight_decay=0.01, global_clipnorm=0.5),
        penalty=(0.001, 0.01),
    )


def categories() -> Program:
    """Tables large and small, one of them of more rows than a batch."""
    return network(6, (16,), 2, function="tanh", normalize=False, categories=(3, 7, 50))


def normalization(synchronized: bool, **settings: Any) -> Program:
    """Batch normalization alone: simple enough to be written out below."""
    builder = Builder(5)
    value = batch_normalization(
        builder, 0, "b", momentum=MOMENTUM, epsilon=EPSILON, synchronized=synchronized, **settings
    )
    return builder.finish(value, LossOp(loss="mean_squared_error"), OptimizerOp(rule="sgd"))


def rates(steps: int) -> NDArray[np.float32]:
    return np.full(steps, RATE, np.float32)


def named(made: Engine) -> dict[str, Any]:
    """What training has moved, tensor by tensor."""
    program, state = made.program, made.dump()
    found: dict[str, Any] = {slot.name: state.parameters[slot.place] for slot in program.parameters}
    found |= {slot.name: state.state[slot.place] for slot in program.state}
    for number, group in enumerate(np.split(state.slots, program.optimizer.slots or 1)):
        for slot in program.parameters:
            if slot.trainable and program.optimizer.slots:
                found[f"slot {number} of {slot.name}"] = group[slot.place]
    return found


def under_way() -> EngineState:
    """A state after some steps on one device: momentum, bias correction, moving statistics."""
    program = everything_in()
    made = engine("jax", program, initial_state(program), devices=[0])
    made.train(
        TrainCall(draw_rows(program, 44), None, batch_size=16, seed=SEED, learning_rates=rates(3))
    )
    return made.dump()


def one_step(case: str, devices: Any, program: Program, state: EngineState) -> dict[str, Any]:
    """The loss, the predictions and what has moved in one step."""
    batch, count, weighted = STEPS[case]
    rows = draw_rows(program, 44, weighted=weighted)
    made = engine("jax", program, state, devices=devices)
    result = made.train(
        TrainCall(
            rows,
            np.random.default_rng(3).permutation(44)[:count],
            batch_size=batch,
            seed=SEED,
            learning_rates=rates(1),
            predictions=True,
        )
    )
    return {"loss": result.loss, "predictions": result.predictions, **named(made)}


def inference(devices: Any) -> dict[str, Any]:
    program = everything_in()
    rows = draw_rows(program, 300, weighted=True)
    made = engine("jax", program, initial_state(program), devices=devices)
    whole = made.evaluate(rows, predictions=True)
    return {
        "loss": whole.loss,
        "predictions": whole.predictions,
        "predict": made.predict(rows.x),
        "three": made.predict(rows.x[:3]),
        "forward": made.forward(rows.x[:7], training=True, seed=SEED, step=3),
        "gradients": made.probe(
            Rows(rows.x[:7], rows.y[:7]), training=True, seed=SEED, step=3
        ).gradients,
    }


def fitted(
    devices: Any, towards: float | None = None, **options: Any
) -> tuple[dict[str, Any], list[Any]]:
    """A small fit: 44 rows in batches of 16, validation, metrics, dropout, normalization."""
    x, y = small_data(60)
    model = small_model(metrics=["mse"], engine="jax", devices=devices)
    if towards is not None:
        model.set_weights(nudged(model.get_weights(), towards))
    history = model.fit(
        x[:44],
        y[:44],
        batch_size=16,
        epochs=6,
        validation_data=(x[44:], y[44:]),
        **{"verbose": 0, **options},
    )
    return history.history, model.get_weights()


def normalized(synchronized: bool, count: int, devices: Any) -> dict[str, Any]:
    program = normalization(synchronized)
    rows = draw_rows(program, 16)
    made = engine("jax", program, initial_state(program), devices=devices)
    eager = made.forward(rows.x[:count], training=True, update=False)
    loss = made.train(
        TrainCall(rows, np.arange(count), batch_size=16, seed=0, learning_rates=rates(1))
    ).loss
    return {"loss": loss, "eager": eager, **named(made)}


def chunked(synchronized: bool, count: int, devices: Any) -> dict[str, Any]:
    """A step in chunks of weighted rows."""
    program = normalization(synchronized, **CHUNKED)
    rows = draw_rows(program, 16, weighted=True)
    rows.weight[[2, 3, 9]] = 0
    made = engine("jax", program, initial_state(program), devices=devices)
    result = made.train(
        TrainCall(
            rows,
            np.arange(count),
            batch_size=16,
            seed=0,
            learning_rates=rates(1),
            predictions=True,
        )
    )
    return {"loss": result.loss, "predictions": result.predictions, **named(made)}


def compute(path: str) -> None:
    """Everything the tests look at, into a file; runs where there are four devices."""
    found: dict[Any, Any] = {}
    state = under_way()
    for number in SEVERAL:
        devices: Any = "all" if number == SEVERAL[-1] else list(range(number))
        for case in STEPS:
            found["step", case, number] = one_step(case, devices, everything_in(), state)
        for case in CODED:
            found["categories", case, number] = one_step(
                case, devices, categories(), initial_state(categories())
            )
        found["inference", number] = inference(devices)
        found["fit", number] = fitted(devices)
    for towards in (np.inf, -np.inf):
        found["nudged", towards] = fitted([0], towards)
    for count in (16, 6):
        for synchronized, number in ((True, 4), (False, 4), (False, 1)):
            found["normalized", synchronized, count, number] = normalized(
                synchronized, count, list(range(number))
            )
            found["chunked", synchronized, count, number] = chunked(
                synchronized, count, list(range(number))
            )
    Path(path).write_bytes(pickle.dumps(found))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[Any, Any]:
    pytest.importorskip("jax", reason="JAX is not installed")
    path = tmp_path_factory.mktemp("devices") / "found.pickle"
    run_python(
        f"""
        from tests.engines.test_devices import compute
        compute({str(path)!r})
        """,
        timeout=900,
        XLA_FLAGS="--xla_force_host_platform_device_count=4",
    )
    return pickle.loads(path.read_bytes())


def assert_agree(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        off = distance(actual[name], value)
        assert off <= TOLERANCE, f"{name}: {off:.3g} from one device"


@pytest.mark.parametrize("number", SEVERAL[1:])
@pytest.mark.parametrize("case", STEPS)
def test_one_step_is_that_of_one_device(found: dict[Any, Any], case: str, number: int) -> None:
    """Dropout on, statistics of the whole batch: losses, weights, statistics, slots."""
    expected = found["step", case, 1]
    assert "batch_normalization_1/moving_variance" in expected
    assert "slot 1 of dense_0/kernel" in expected
    assert_agree(found["step", case, number], expected)


@pytest.mark.parametrize("number", SEVERAL[1:])
@pytest.mark.parametrize("case", CODED)
def test_gradients_of_tables_are_those_of_one_device(
    found: dict[Any, Any], case: str, number: int
) -> None:
    """Rows of a batch that have one category lie on several devices; what fills it up is none."""
    expected = found["categories", case, 1]
    assert np.any(expected["slot 0 of embedding/embeddings_0"])
    assert_agree(found["categories", case, number], expected)


def test_steps_see_their_rows(found: dict[Any, Any]) -> None:
    """The cases differ from one another, so that their agreement says something."""
    losses = [found["step", case, 1]["loss"] for case in STEPS]
    assert len(set(losses)) == len(STEPS)
    assert all(found["step", case, 4]["predictions"].shape[0] == STEPS[case][1] for case in STEPS)


@pytest.mark.parametrize("number", SEVERAL[1:])
def test_inference_is_that_of_one_device(found: dict[Any, Any], number: int) -> None:
    """Evaluate, predict, and layers called on rows that do not divide."""
    assert_agree(found["inference", number], found["inference", 1])
    assert_same_bits(found["inference", number]["three"], found["inference", number]["predict"][:3])


@pytest.mark.parametrize("number", SEVERAL[1:])
def test_a_fit_stays_within_the_drift_of_one_device(found: dict[Any, Any], number: int) -> None:
    history, weights = found["fit", 1]
    drift = np.maximum(
        np.maximum(
            *(parted(found["nudged", towards][0], history) for towards in (np.inf, -np.inf))
        ),
        LEAST_DRIFT,
    )
    other, moved = found["fit", number]
    assert (parted(other, history) <= ALLOWED * drift).all()
    for position, (mine, theirs) in enumerate(zip(moved, weights, strict=True)):
        own = max(
            distance(found["nudged", towards][1][position], theirs) for towards in (np.inf, -np.inf)
        )
        assert distance(mine, theirs) <= ALLOWED * max(own, LEAST_DRIFT)


def by_hand(count: int, shards: int) -> dict[str, Any]:
    """One step of batch normalization, device by device, in float64."""
    program = normalization(False)
    rows, state = draw_rows(program, 16), initial_state(program)
    gamma, beta = np.split(state.parameters.astype(np.float64), 2)
    moving = np.split(state.state.astype(np.float64), 2)
    x, y = rows.x[:count].astype(np.float64), rows.y[:count]

    def run(size: int) -> tuple[NDArray[Any], NDArray[Any], list[NDArray[Any]]]:
        parts = [x[start : start + size] for start in range(0, count, size)]
        scaled = [(p - p.mean(0)) / np.sqrt(p.var(0) + EPSILON) for p in parts]
        statistics = [
            sum(len(p) / count * of(p) for p in parts)
            for of in (lambda p: p.mean(0), lambda p: p.var(0))
        ]
        standard = np.concatenate(scaled)
        return standard, standard * gamma + beta, statistics

    # A batch of fit has room for 16 rows, whatever its number; a layer that is called has not.
    standard, output, statistics = run(-(-16 // shards))
    slope = 2 * (output - y) / y.size
    moved = [m * MOMENTUM + s * (1 - MOMENTUM) for m, s in zip(moving, statistics, strict=True)]
    return {
        "loss": np.mean(np.square(output - y)),
        "eager": run(-(-count // shards))[1],
        "b/gamma": gamma - RATE * np.sum(slope * standard, axis=0),
        "b/beta": beta - RATE * np.sum(slope, axis=0),
        "b/moving_mean": moved[0],
        "b/moving_variance": moved[1],
    }


@pytest.mark.parametrize("count", [16, 6])
def test_statistics_that_are_not_synchronized(found: dict[Any, Any], count: int) -> None:
    """Each device normalizes its own rows; one device does what it always does."""
    for shards in (4, 1):
        expected = by_hand(count, shards)
        actual = found["normalized", False, count, shards]
        assert actual.keys() == expected.keys()
        for name, value in expected.items():
            assert_close(actual[name], value, 3e-6, what=f"{name}, {shards} devices")
    together = found["normalized", True, count, 4]
    for name, value in by_hand(count, 1).items():
        assert_close(together[name], value, 3e-6, what=f"{name}, synchronized")
    assert distance(found["normalized", False, count, 4]["loss"], together["loss"]) > 1e-3


@pytest.mark.parametrize("count", [16, 6])
def test_chunks_are_cut_from_the_whole_batch(found: dict[Any, Any], count: int) -> None:
    """Unless statistics are not synchronized: then each device cuts its own rows."""
    assert_agree(found["chunked", True, count, 4], found["chunked", False, count, 1])
    program = normalization(False, **CHUNKED)
    rows, state = draw_rows(program, 16, weighted=True), initial_state(program)
    rows.weight[[2, 3, 9]] = 0
    op, parameters = program.ops[0], np.split(state.parameters.astype(np.float64), 2)
    outputs, averages, totals = [], [], []
    for start in range(0, count, 4):
        own = slice(start, min(start + 4, count))
        x, mode = rows.x[own].astype(np.float64), Mode(training=True, weight=rows.weight[own])
        value, _ = OPS[op.kind](op, [x], parameters, [np.zeros(5), np.ones(5), np.ones(1)], mode)
        outputs.append(value)
        averages.append(batch_statistics(op, x, mode).averages)
        totals.append(rows.weight[own].sum(dtype=np.float64))
    actual = found["chunked", False, count, 4]
    assert_close(actual["predictions"], np.concatenate(outputs), 3e-6)
    added = (1 - MOMENTUM) / (1 - MOMENTUM ** (state.state[-1] + 1.0))
    fed = np.average(averages, axis=0, weights=totals)
    for name, old, new in zip(
        ("b/moving_mean", "b/moving_variance"), np.split(state.state[:-1], 2), fed, strict=True
    ):
        assert_close(actual[name], old * (1 - added) + new * added, 3e-6, what=name)
    assert_close(actual["b/count"], state.state[-1:] + 1, 1e-6)


@pytest.mark.parametrize(
    ("devices", "text"),
    [
        ([7], "devices=[7]: there is no device 7; JAX sees "),
        ([-1], "devices=[-1]: there is no device -1; JAX sees "),
        ([0, 0], "devices must not list a device twice, received [0, 0]."),
        ([], "devices must be None, 'all' or a list of devices, received []."),
        (2, "devices must be None, 'all' or a list of devices, received 2."),
        ("gpu", "devices must be None, 'all' or a list of devices, received 'gpu'."),
        (["cpu"], "devices must hold numbers or JAX devices, received 'cpu' in ['cpu']."),
        ([True], "devices must hold numbers or JAX devices, received True in [True]."),
    ],
)
def test_refused_devices(devices: Any, text: str) -> None:
    pytest.importorskip("jax", reason="JAX is not installed")
    program = normalization(True)
    with pytest.raises(InvalidArgument) as refusal:
        engine("jax", program, devices=devices)
    assert str(refusal.value).startswith(text)


def test_devices_need_the_jax_engine() -> None:
    builder = Builder(2)
    program = builder.finish(dense(builder, 0, 1, "output"))
    assert_refused(
        InvalidArgument,
        "engine='native' does not support devices=[0]. Use engine='jax' or 'auto'.",
        lambda: engine("native", program, devices=[0]),
    )
