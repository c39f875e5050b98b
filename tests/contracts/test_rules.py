"""Every registered update rule on every engine: one step from a known state and gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.contracts import oracles
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES, THREADS, engine, levels, native_level
from tests.support.programs import MSE, FakeWeight, dense, draw_rows, initial_state
from trimtab.engines import Engine, EngineState, Rows, TrainCall
from trimtab.program import Builder, Program
from trimtab.program.ops import RULES, OptimizerOp

BETAS = {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "adadelta": [{"rho": 0.95}, {"rho": 0.8, "epsilon": 1e-3}],
    "adagrad": [{}, {"epsilon": 1e-3}],
    "adam": [{}, BETAS],
    "adamax": [{}, BETAS],
    "amsgrad": [{}, BETAS],
    "ftrl": [{}, {"l1": 0.02, "l2": 0.1, "shrinkage": 0.05, "beta": 0.3}],
    "lion": [{"beta_2": 0.99}, {"beta_1": 0.8, "beta_2": 0.95}],
    "nadam": [{}, BETAS],
    "rmsprop": [{}, {"rho": 0.8, "epsilon": 1e-3}],
    "rmsprop_centered": [{}],
    "rmsprop_centered_momentum": [{"momentum": 0.8}],
    "rmsprop_momentum": [{"momentum": 0.9}],
    "sgd": [{}],
    "sgd_momentum": [{"momentum": 0.9}, {"momentum": 0.7, "nesterov": True}],
}
#: Powers that are no square roots are made of a logarithm: some bits less.
POWERS = [{"learning_rate_power": power} for power in (0.0, -0.8, -1.0)]
SWEEPS: list[dict[str, Any]] = [
    {},
    {"weight_decay": 0.03},
    {"clipvalue": 0.05},
    {"clipnorm": 0.1},
    {"clipnorm": 1e6},
    {"global_clipnorm": 0.1},
    {"global_clipnorm": 0.1, "weight_decay": 0.03},
    {"accumulation": 2},
    {"accumulation": 7, "clipnorm": 0.1, "weight_decay": 0.03},
    {"ema_momentum": 0.9},
    {"ema_momentum": 0.9, "ema_overwrite": 7},
    {"accumulation": 7, "global_clipnorm": 0.1, "ema_momentum": 0.9, "ema_overwrite": 2},
]
#: The rules with which all of these are tried: no slots and some.
SWEPT = ("sgd", "adam")


def sweeps(name: str, rule: str, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """What is combined with the settings: JAX compiles for each, so all of it only once there."""
    if (rule, settings) == ("adam", {}) or (name == "native" and rule in SWEPT):
        return SWEEPS
    return [{}, SWEEPS[-1]] if name == "native" else [{}]


CASES = [
    pytest.param(
        name,
        OptimizerOp(rule=rule, **settings, **sweep),
        id="-".join([name, rule, *(f"{k}={v}" for k, v in (settings | sweep).items())]),
    )
    for name in ENGINES
    for rule in RULES
    for settings in SETTINGS[rule]
    for sweep in sweeps(name, rule, settings)
]

#: Slots that are negative, too.
SIGNED = {"momentum", "average_gradient", "linear", "gradient_sum", "average"}
PENALTIES = ((0.0, 0.0), (0.01, 0.03))


def optimizer_program(
    op: OptimizerOp, penalty: tuple[float, float] = (0.0, 0.0), sizes: tuple[int, int] = (7, 9)
) -> Program:
    """Two Dense layers and a frozen one between them (a Dense layer's slots: kernel, bias)."""
    builder = Builder(5)
    value = dense(builder, 0, sizes[0], "first", penalty=penalty)
    value = dense(builder, value, sizes[1], "frozen", trainable=False, penalty=penalty)
    return builder.finish(dense(builder, value, 2, "last", penalty=penalty), MSE, op)


def random_state(program: Program, step: int) -> EngineState:
    """Weights and slots as in the middle of a run; what is a sum of squares is positive."""
    state = initial_state(program)
    state.slots[:] = program.new_slots(state.parameters)
    generator = np.random.default_rng(7)
    if step:
        state.slots[:] = generator.normal(0, 0.1, program.slot_count)
        by_name = dict(
            zip(
                program.optimizer.slot_names,
                state.slots.reshape(-1, program.trainable_count),
                strict=True,
            )
        )
        for name in by_name.keys() - SIGNED:
            by_name[name][:] = np.square(by_name[name])
        if "average_gradient" in by_name:
            by_name["velocity"] += np.square(by_name["average_gradient"]) + 0.01
    state.parameters[0] = 0.0  # where sign is 0
    state.step = step
    return state


def check_step(
    made: Engine,
    state: EngineState,
    rows: Rows,
    learning_rate: float,
    rules: Any = oracles.RULES,
    clip: Any = oracles.clipped,
) -> None:
    """One engine step against the oracle's, from the engine's own gradient."""
    program = made.program
    head = program.trainable_count
    made.load(state)
    rate = np.float32(learning_rate)
    gradient = made.probe(rows, training=True, step=state.step).gradients
    made.train(
        TrainCall(
            rows, None, batch_size=len(rows), seed=0, learning_rates=np.array([rate], np.float32)
        )
    )
    after = made.dump()
    assert after.step == state.step + 1
    weights, slots = oracles.optimizer_step(
        program,
        state.parameters[:head],
        state.slots,
        gradient,
        float(rate),
        state.step,
        rules,
        clip,
    )
    what = f"{program.optimizer} at step {state.step}"
    # Adam's 1 - beta^t cancels in float32: Keras' own rounding of the power shows in the update.
    moved = np.abs(weights - state.parameters[:head])
    cancellation = 4e-8 / (1 - program.optimizer.beta_2) / (state.step + 1)
    slack = cancellation if program.optimizer.rule in ("adam", "amsgrad", "nadam") else 0.0
    assert_close(
        after.parameters[:head],
        weights,
        1.0,
        scale=(1e-6 + slack) * np.max(moved) + 1.2e-7 * np.abs(weights),
        what=f"{what}: weights",
    )
    assert_same_bits(after.parameters[head:], state.parameters[head:], f"{what}: frozen weights")
    for i in range(program.optimizer.slots):
        part = slice(i * head, (i + 1) * head)
        # Ftrl adds small differences of roots to its second slot; averages follow the weights.
        loose = 3e-6 if program.optimizer.rule == "ftrl" else 1e-6 + slack
        assert_close(after.slots[part], slots[part], loose, what=f"{what}: slot {i}")


@pytest.mark.parametrize(("name", "op"), CASES, scope="module")
def test_one_step(name: str, op: OptimizerOp) -> None:
    for penalty in PENALTIES if name == "native" else PENALTIES[1:]:
        program = optimizer_program(op, penalty)
        rows = draw_rows(program, 6)
        for level in levels(name):
            for threads in (1, 3) if name == "native" else (1,):
                with native_level(level):
                    made = engine(name, program, threads=threads)
                for step in (0, 1, 6, 1000):
                    for learning_rate in (0.01, 0.5):
                        check_step(made, random_state(program, step), rows, learning_rate)


@pytest.mark.parametrize(
    ("name", "op"),
    [case for case in CASES if case.values[0] == "native" or case.values[1].clipvalue],
)
def test_gradients_hold_the_penalty_and_are_not_clipped(name: str, op: OptimizerOp) -> None:
    plain, penalized = (optimizer_program(op, penalty) for penalty in PENALTIES)
    state = random_state(plain, 3)
    rows = draw_rows(plain, 6)
    before = engine(name, plain, state).probe(rows, training=True).gradients
    after = engine(name, penalized, state).probe(rows, training=True).gradients
    expected = np.array(before, np.float64)
    l1, l2 = PENALTIES[1]
    for slot in penalized.parameters:
        if slot.trainable and slot.name.endswith("kernel"):
            w = state.parameters[slot.place].astype(np.float64)
            expected[slot.place] += l1 * np.sign(w) + 2 * l2 * w
    assert_close(after, expected, 1e-6)


@pytest.mark.parametrize("name", ENGINES)
def test_frozen_penalties_do_not_count(name: str) -> None:
    program = optimizer_program(OptimizerOp(rule="sgd"), (0.01, 0.03))
    state = initial_state(program)
    rows = draw_rows(program, 6)
    expected = oracles.Oracles().loss(program, state.parameters, state.state, rows.x, rows.y)
    assert_close(engine(name, program, state).evaluate(rows).loss, expected, 1e-6)


@pytest.mark.parametrize(("name", "op"), CASES, scope="module")
def test_nan_gradients_reach_the_weights(name: str, op: OptimizerOp) -> None:
    program = optimizer_program(op, PENALTIES[1])
    rows = draw_rows(program, 6)
    rows.y[0, 0] = np.nan  # output 0: a column of the last kernel, and all before it
    state = random_state(program, 2 * op.accumulation - 1)
    made = engine(name, program, state)
    made.train(
        TrainCall(rows, None, batch_size=6, seed=0, learning_rates=np.array([0.1], np.float32))
    )
    after = made.dump().parameters
    for slot in program.parameters:
        value = after[slot.place].reshape(slot.shape)
        if not slot.trainable:
            assert np.isfinite(value).all()
        elif slot.name.startswith("last") and op.clipnorm is None and op.global_clipnorm is None:
            assert np.isnan(value[..., 0]).all()
            assert np.isfinite(value[..., 1]).all()
        else:
            assert np.isnan(value).all(), slot.name


@pytest.mark.parametrize("rule", RULES)
def test_learning_rates_are_taken_batch_by_batch(rule: str) -> None:
    op = OptimizerOp(rule=rule, **SETTINGS[rule][0])
    program = optimizer_program(op)
    rows = draw_rows(program, 12)
    rates = np.array([0.1, 0.0, 0.02], np.float32)
    made = engine("native", program, initial_state(program))
    made.train(TrainCall(rows, None, batch_size=4, seed=0, learning_rates=rates))
    one = engine("native", program, initial_state(program))
    for number, rate in enumerate(rates):
        order = np.arange(4 * number, 4 * number + 4)
        one.train(TrainCall(rows, order, batch_size=4, seed=0, learning_rates=np.array([rate])))
    assert_same_bits(made.dump().parameters, one.dump().parameters)
    assert_same_bits(made.dump().slots, one.dump().slots)


@pytest.mark.parametrize("op", [case.values[1] for case in CASES if case.values[0] == "native"])
def test_same_bits_for_any_number_of_threads(op: OptimizerOp) -> None:
    program = optimizer_program(op, PENALTIES[1], sizes=(96, 130))
    rows = draw_rows(program, 33)
    for level in levels("native"):
        seen = []
        for threads in THREADS:
            with native_level(level):
                made = engine("native", program, random_state(program, 2), threads=threads)
            made.train(
                TrainCall(
                    rows, None, batch_size=8, seed=0, learning_rates=np.full(5, 0.02, np.float32)
                )
            )
            seen.append(made.dump())
        for other in seen[1:]:
            assert_same_bits(other.parameters, seen[0].parameters)
            assert_same_bits(other.slots, seen[0].slots)


def test_one_weight_and_many() -> None:
    """Sizes around the vector width, so that the ends of the sweep are seen."""
    for units in (1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 65):
        for rule in RULES:
            builder = Builder(1)
            bias = FakeWeight("bias", (units,))
            kernel = FakeWeight("kernel", (1, units))
            value = builder.emit("matmul", [0], [kernel])
            op = OptimizerOp(rule=rule, **SETTINGS[rule][0])
            program = builder.finish(builder.emit("bias", [value], [bias]), MSE, op)
            for level in levels("native"):
                with native_level(level):
                    made = engine("native", program)
                check_step(made, random_state(program, 3), draw_rows(program, 5), 0.1)
