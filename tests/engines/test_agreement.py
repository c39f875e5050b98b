"""The two engines against each other, dropout on: steps, masks, whole runs, changes in between.

They draw the same masks, so what docs/engines.md calls "the same numbers" holds with dropout too:
one step from the same state to 1e-6, a whole run within ten times the drift that a nudge of the
initial kernels by one unit in the last place causes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import trimtab
from tests.engines.test_steps import assert_same_state
from tests.support.close import assert_close, assert_same_bits
from tests.support.drift import ALLOWED, LEAST_DRIFT, TOLERANCE, distance, nudged, parted
from tests.support.engines import ENGINES, engine
from tests.support.programs import (
    ADAM,
    MSE,
    FakeWeight,
    dense,
    draw_rows,
    initial_state,
    network,
)
from tests.support.small import everything
from trimtab import Sequential
from trimtab.engines import Engine, EngineState, Rows, TrainCall
from trimtab.nn import layers, losses, optimizers, regularizers, schedules
from trimtab.program import Builder, Program
from trimtab.program.ops import OPS, ConstraintOp, LossOp, OptimizerOp

pytest.importorskip("jax", reason="JAX is not installed")

SEED = 2**40 + 11
BATCH = 16


def classifier() -> Program:
    """A dropped kernel, two kinds of noise shape, a layer with a seed of its own, softmax."""
    builder = Builder(7)
    value = builder.emit("activation", [dense(builder, 0, 21, "first")], function="selu")
    value = builder.emit("dropout", [value], rate=0.1, stream=4, seed=2**64 - 3)
    kernel = FakeWeight("second/kernel", (21, 10))
    value = builder.emit("drop_connect", [value], [kernel], rate=0.3, stream=0)
    value = builder.emit("activation", [value], function="silu")
    value = builder.emit("dropout", [value], rate=0.25, stream=1, share_rows=True)
    value = builder.emit("dropout", [value], rate=0.05, stream=2, share_columns=True)
    value = builder.emit("softmax", [dense(builder, value, 5, "output")])
    optimizer = OptimizerOp(rule="adam", weight_decay=0.02, global_clipnorm=0.3)
    return builder.finish(value, LossOp(loss="sparse_categorical_crossentropy"), optimizer)


def categories(units: int) -> Program:
    """Four numbers, waves of two of them, four codes, of which three read one table; in order."""
    builder = Builder(8)
    tables = [FakeWeight("embedding/a", (5, 3)), FakeWeight("embedding/b", (40, 6))]
    value = builder.emit("embedding", [0], tables, tables=(1, 0, 1, 1), sizes=(5, 40), dims=(3, 6))
    shapes = {"w": (2, 4), "phases": (2, 4), "kernel": (8, 3), "bias": (2, 3), "missing": (2, 3)}
    waves = [FakeWeight(f"waves/{name}", shape) for name, shape in shapes.items()]
    value = builder.emit("periodic", [value], waves, columns=(1, 3), frequencies=4, dim=3)
    value = builder.emit("activation", [dense(builder, value, units, "first")], function="tanh")
    value = builder.emit("dropout", [value], rate=0.2, stream=0)
    value = builder.emit("increasing", [dense(builder, value, 2, "output")], group=2)
    return builder.finish(value, MSE, ADAM)


def shared_kernels(units: int) -> Program:
    """Curves of two numbers, and three members that share a kernel."""
    builder, members = Builder(6), 3
    curves = FakeWeight("curves/embeddings", (12, 3))
    edges = FakeWeight("curves/edges", (10,), False)
    value = builder.emit("piecewise_linear", [0], [curves], [edges], columns=(0, 2), knots=5, dim=3)
    width, of = builder.width(value), {"members": members}
    adapter = FakeWeight("first/adapter", (members, width))
    value = builder.emit("affine", [value], [adapter], **of, repeat=True, center=False)
    value = builder.emit("matmul", [value], [FakeWeight("first/kernel", (width, units))], **of)
    own = [FakeWeight(f"first/{name}", (members, units)) for name in ("scale", "bias")]
    value = builder.emit("affine", [value], own, **of)
    value = builder.emit("activation", [value], function="tanh")
    value = builder.emit("heads", [value], [FakeWeight("output/kernel", (members, units, 2))], **of)
    return builder.finish(builder.emit("average", [value], **of), MSE, ADAM)


def catalogue(units: int) -> Program:
    """Fixed numbers, rows normalized in each way, noise, learned slopes, bins as columns."""
    builder = Builder(6)
    moments = [FakeWeight(f"fixed/{name}", shape, False) for name, shape in MOMENTS.items()]
    value = builder.emit("normalization", [0], (), moments)
    value = builder.emit("rescaling", [value], scale=(0.5,), offset=(0.1,))
    value = builder.emit("gaussian_noise", [value], rate=0.1, stream=0, multiplies=False)
    value = dense(builder, value, 2 * units, "first")
    rows = {"by": "deviation", "epsilon": 1e-3, "scale": True, "center": True}
    vectors = [FakeWeight(f"rows/{name}", (2 * units,)) for name in ("gamma", "beta")]
    value = builder.emit("layer_normalization", [value], vectors, **rows)
    value = builder.emit("glu", [value])
    value = builder.emit("gaussian_noise", [value], rate=0.2, stream=1, multiplies=True)
    value = builder.emit("prelu", [value], [FakeWeight("slopes/alpha", (units,))])
    value = builder.emit("dropout", [value], rate=0.2, stream=2, for_selu=True)
    first = dense(builder, value, units, "second")
    # Sure of a column: where values of both engines lie beside a boundary, they would part.
    codes = builder.emit("activation", [first], function="hard_tanh")
    codes = builder.emit("rescaling", [codes], scale=(0.0,), offset=(0.5,))
    codes = builder.emit("discretization", [codes], boundaries=(0.0, 1.0))
    codes = builder.emit("category_encoding", [codes], depth=units, mode="multi_hot")
    value = builder.emit("add", [first, codes])
    # Adam would make whole steps of what is left where a gradient cancels.
    optimizer = OptimizerOp(rule="sgd_momentum", momentum=0.9)
    return builder.finish(dense(builder, value, 2, "output"), MSE, optimizer)


def branches(units: int) -> Program:
    """Columns of the input on ways of their own, and every way to join them."""
    builder = Builder(6)
    left = builder.emit("select", [0], start=0, count=4)
    right = builder.emit("select", [0], start=2, count=4)
    first, second = dense(builder, left, units, "left"), dense(builder, right, units, "right")
    first = builder.emit("activation", [first], function="tanh")
    joined = [
        builder.emit(kind, [first, second])
        for kind in ("add", "subtract", "multiply", "maximum", "minimum")
    ]
    joined.append(builder.emit("scale", [second], factor=-0.5, offset=0.25))
    gate = builder.emit("sum_columns", [builder.emit("activation", [second], function="sigmoid")])
    gate = builder.emit("scale", [gate], factor=1 / units)
    joined.append(builder.emit("multiply", [second, builder.emit("spread", [gate], count=units)]))
    joined.append(builder.emit("activity_penalty", [second], l1=0.01, l2=0.02))
    value = builder.emit("concatenate", joined)
    return builder.finish(dense(builder, value, 2, "output"), MSE, ADAM)


MOMENTS: dict[str, tuple[int, ...]] = {"mean": (6,), "variance": (6,), "count": ()}

#: Whether rows have weights, and the program.
PROGRAMS = {
    "branches": (True, branches(16)),
    "branches, wide": (False, branches(280)),
    "catalogue": (True, catalogue(16)),
    "catalogue, wide": (False, catalogue(280)),
    "lesson": (False, network(11, (128, 64), loss=LossOp(loss="mean_absolute_error"))),
    "residual": (
        True,
        network(
            6,
            (24, 24, 24),
            3,
            function="gelu",
            residual=True,
            rate=0.2,
            optimizer=OptimizerOp(
                rule="sgd_momentum", momentum=0.8, nesterov=True, clipnorm=0.3, weight_decay=0.01
            ),
            penalty=(0.002, 0.01),
            constraint=ConstraintOp(kind="norm", maximum=1.0, axes=(0,)),
        ),
    ),
    "ghost batches": (
        True,
        network(
            7,
            (20, 20),
            2,
            rate=0.1,
            normalization={
                "weighted": True,
                "virtual_batch_size": 8,
                "debias": True,
                "momentum": 0.9,
            },
        ),
    ),
    "classifier": (True, classifier()),
    "categories": (True, categories(16)),
    "shared kernels": (False, shared_kernels(24)),
    "categories, wide": (False, categories(288)),  # which threads share out by columns
    "logits": (
        False,
        network(
            9,
            (31,),
            2,
            function="elu",
            normalize=False,
            rate=0.5,
            loss=LossOp(loss="binary_crossentropy_logits", label_smoothing=0.1),
            optimizer=OptimizerOp(rule="sgd_momentum", momentum=0.9, clipvalue=0.02),
        ),
    ),
    "accumulating": (
        False,
        network(
            4,
            (16,),
            2,
            optimizer=OptimizerOp(
                rule="nadam", accumulation=2, global_clipnorm=0.3, weight_decay=0.01
            ),
            penalty=(0.002, 0.01),
        ),
    ),
    "averaging": (
        False,
        network(
            4,
            (16,),
            optimizer=OptimizerOp(
                rule="rmsprop_centered_momentum", momentum=0.8, ema_momentum=0.9, ema_overwrite=2
            ),
            constraint=ConstraintOp(kind="norm", maximum=1.0, axes=(0,)),
        ),
    ),
    "signs": (
        False,
        network(4, (16,), optimizer=OptimizerOp(rule="lion", beta_2=0.99, weight_decay=0.1)),
    ),
    "plain": (
        True,
        network(
            3,
            (8, 8),
            function="softplus",
            normalize=False,
            rate=0.1,
            optimizer=OptimizerOp(rule="sgd"),
        ),
    ),
}


def parts(program: Program, state: EngineState) -> dict[str, NDArray[np.float32]]:
    """Every weight, statistic and optimizer slot by name."""
    found = {slot.name: state.parameters[slot.place] for slot in program.parameters}
    found |= {slot.name: state.state[slot.place] for slot in program.state}
    head = program.trainable_count
    for number in range(program.optimizer.slots):
        group = state.slots[number * head : (number + 1) * head]
        found |= {
            f"slot {number} of {slot.name}": group[slot.place]
            for slot in program.parameters
            if slot.trainable
        }
    return found


def one_step(
    made: Engine, state: EngineState, rows: Rows, order: NDArray[np.int64]
) -> dict[str, Any]:
    """Everything after one step of at most :data:`BATCH` rows."""
    made.load(state)
    rate = np.array([0.001 if made.program.optimizer.rule == "adam" else 0.01], np.float32)
    result = made.train(
        TrainCall(rows, order, batch_size=BATCH, seed=SEED, learning_rates=rate, predictions=True)
    )
    assert result.steps == 1
    found: dict[str, Any] = parts(made.program, made.dump())
    return {"loss": result.loss, "predictions": result.predictions, **found}


def kind_of(what: str) -> str:
    if what.startswith("slot "):
        return "slots"
    if what in ("loss", "predictions"):
        return what
    return "statistics" if what.endswith(("_mean", "_variance", "/count")) else "weights"


def differences(name: str) -> dict[str, float]:
    """The largest relative difference of each kind, over several steps of one network."""
    weighted, program = PROGRAMS[name]
    rows = draw_rows(program, 90, weighted=weighted)
    native, jax = (engine(each, program) for each in ENGINES)
    order = np.random.default_rng(4).permutation(len(rows))
    state = initial_state(program)
    worst: dict[str, float] = {}

    def note(kind: str, value: float) -> None:
        worst[kind] = float(np.maximum(worst.get(kind, 0.0), value))  # a nan stays

    # Full batches, a short one (which is filled up) and one of a single row; fresh at first, then
    # with momentum, bias correction and moving statistics under way.
    for number, size in enumerate((BATCH, 5, BATCH, 1, BATCH - 1)):
        batch = order[BATCH * number : BATCH * number + size]
        before = parts(program, state)
        expected = one_step(native, state, rows, batch)
        actual = one_step(jax, state, rows, batch)
        assert actual.keys() == expected.keys()
        for what, value in expected.items():
            note(kind_of(what), distance(actual[what], value))
            if kind_of(what) == "weights":
                note("updates", updates_apart(actual[what], value, before[what]))
        state = native.dump()
    return worst


def updates_apart(actual: Any, expected: Any, before: Any) -> float:
    """Difference of two updates, less what the rounding of the new weights hides."""
    moved = np.linalg.norm(expected.astype(np.float64) - before)
    off = np.linalg.norm(actual.astype(np.float64) - expected) - 1.2e-7 * np.linalg.norm(expected)
    return float(np.maximum(0.0, off) / (moved or 1.0))


@pytest.mark.optimized
@pytest.mark.parametrize("name", PROGRAMS)
def test_one_step_from_the_same_state(name: str) -> None:
    worst = differences(name)
    # Adam's first step moves each weight by the learning rate, however small its gradient: what is
    # left of a sum that cancels decides it. Gradients are held to the tolerance by the slots.
    allowed = {"updates": 100 * TOLERANCE}
    # The angle of a wave is rounded relative to its turns, several times 2 pi here.
    turns = 4 if any(op.kind == "periodic" for op in PROGRAMS[name][1].ops) else 1
    assert all(off <= turns * allowed.get(kind, TOLERANCE) for kind, off in worst.items()), worst


def test_the_steps_hold_every_part() -> None:
    programs = [program for _, program in PROGRAMS.values()]
    ops = {op.kind for program in programs for op in program.ops}
    assert ops == {kind for kind, op in OPS.items() if op.native}
    # Each rule on both engines is held to its formula in tests/contracts/test_rules.py.
    rules = {program.optimizer.rule for program in programs}
    assert rules >= {"adam", "lion", "nadam", "rmsprop_centered_momentum", "sgd", "sgd_momentum"}
    assert any(program.optimizer.accumulation > 1 for program in programs)
    assert any(program.optimizer.ema_overwrite for program in programs)
    for part in ("clipvalue", "clipnorm", "global_clipnorm", "weight_decay", "nesterov"):
        assert any(getattr(program.optimizer, part) for program in programs), part
    assert any(slot.l1 and slot.l2 for program in programs for slot in program.parameters)
    assert any(slot.constraint for program in programs for slot in program.parameters)


def _commonest(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where the value is the one that there is most of."""
    found, counts = np.unique(values, return_counts=True)
    return values == found[np.argmax(counts)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_masks_bit_for_bit(name: str) -> None:
    """Inside whole networks: what is dropped on one engine is dropped on the other."""
    _, program = PROGRAMS[name]
    x = draw_rows(program, BATCH).x
    native, jax = (engine(each, program, initial_state(program)) for each in ENGINES)
    for step in (0, 7, 2**32 - 1):
        values = [
            made.probe(Rows(x), training=True, seed=SEED, step=step).values
            for made in (native, jax)
        ]
        for op in program.ops:
            if op.kind == "dropout" and op.for_selu:
                # What is dropped has one value: that of most elements which are the same.
                dropped = [_commonest(made[op.output]) for made in values]
                assert 0 < np.mean(dropped[0]) < 1, "a mask that drops nothing shows nothing"
                assert_same_bits(dropped[1], dropped[0], f"%{op.output} in step {step}")
            elif op.kind == "dropout":
                reached = [made[op.inputs[0]] != 0 for made in values]  # relu has zeros of its own
                kept = [made[op.output] != 0 for made in values]
                seen = reached[0] & reached[1]
                assert 0 < np.mean(kept[0][seen]) < 1, "a mask that drops nothing shows nothing"
                assert_same_bits(kept[1] & seen, kept[0] & seen, f"%{op.output} in step {step}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_state_of_one_is_the_state_of_the_other(name: str) -> None:
    _, program = PROGRAMS[name]
    rows = draw_rows(program, 90, weighted=PROGRAMS[name][0])
    made = {each: engine(each, program, initial_state(program)) for each in ENGINES}
    for one, other in (ENGINES, ENGINES[::-1]):
        # With predictions, as above: that is compiled already.
        made[one].train(
            TrainCall(
                rows,
                None,
                batch_size=BATCH,
                seed=SEED,
                learning_rates=np.full(6, 0.01, np.float32),
                predictions=True,
            )
        )
        state = made[one].dump()
        made[other].load(state)
        assert_same_state(made[other].dump(), state)


# -- whole runs ----------------------------------------------------------------------------------

EPOCHS = 8


@dataclass(frozen=True, eq=False)
class Run:
    """A model, its data, and how it is fitted."""

    name: str
    layers: Any
    compiled: Any
    fit: Any

    def model(self) -> Sequential:
        return Sequential([trimtab.Input((6,)), *self.layers()], seed=3)

    def data(self) -> tuple[Any, Any]:
        generator = np.random.default_rng(8)
        x = generator.normal(size=(150, 6)).astype(np.float32)
        y = x[:, :2] * [1, -2] + np.sin(x[:, 2:4]) + 0.1 * generator.normal(size=(150, 2))
        if "sparse" in str(self.compiled()["loss"]):
            return x, (y[:, 0] > y[:, 1]).astype(np.int32) + (y[:, 0] > 1)
        return x, y.astype(np.float32)

    def compile(self, model: Sequential, engine: str, optimizer: Any = None) -> None:
        options = self.compiled()
        if optimizer is not None:
            options["optimizer"] = optimizer
        model.compile(**options, engine=engine)

    def go(self, model: Sequential, begin: int = 0, end: int = EPOCHS) -> dict[str, Any]:
        x, y = self.data()
        options = {"verbose": 0, "initial_epoch": begin, "epochs": end, **self.fit()}
        return model.fit(x, y, **options).history


def _lesson() -> list[Any]:
    stack: list[Any] = []
    for units in (64, 32):
        stack += [
            layers.Dense(units, activation="relu", use_bias=False),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
        ]
    return [*stack, layers.Dense(2)]


def _blocks() -> list[Any]:
    return [
        layers.Residual(
            [
                layers.Dense(16, activation="gelu", kernel_regularizer=regularizers.L2(0.001)),
                layers.Dropout(0.2, noise_shape=(None, 1)),
            ]
        ),
        layers.Dropout(0.1, seed=9),
        layers.Dense(12, activation="tanh"),
        layers.Dropout(0.4),
        layers.Dense(3, activation="softmax"),
    ]


RUNS = [
    Run(
        "normalization, dropout, adam",
        _lesson,
        lambda: {"optimizer": "adam", "loss": "mae", "metrics": ["mse"]},
        lambda: {"batch_size": 32, "validation_split": 0.2},
    ),
    Run(
        "blocks, noise shapes, class weights, a schedule",
        _blocks,
        lambda: {
            "optimizer": optimizers.SGD(
                schedules.ExponentialDecay(0.05, 20, 0.8), momentum=0.9, nesterov=True, clipnorm=0.5
            ),
            "loss": losses.SparseCategoricalCrossentropy(),
        },
        lambda: {"batch_size": 16, "validation_split": 0.2, "class_weight": {0: 0.5, 2: 2.0}},
    ),
]


class Reference:
    """The native engine's run, and how far it parts from itself."""

    def __init__(self, run: Run) -> None:
        self.history, self.weights = self._from(run, None)
        self.others = [self._from(run, towards) for towards in (np.inf, -np.inf)]
        apart = [parted(history, self.history) for history, _ in self.others]
        self.drift = np.maximum(np.max(apart, axis=0), LEAST_DRIFT)

    @staticmethod
    def _from(run: Run, towards: float | None) -> tuple[dict[str, Any], list[Any]]:
        model = run.model()
        run.compile(model, "native")
        if towards is not None:
            model.set_weights(nudged(model.get_weights(), towards))
        return run.go(model), model.get_weights()

    def ratios(self, history: dict[str, Any], weights: list[Any]) -> tuple[float, float]:
        """The largest distance from the reference over its own drift: History, weights."""
        epochs = parted(history, self.history) / self.drift
        ratios = []
        for number, weight in enumerate(weights):
            away = distance(weight, self.weights[number])
            own = [distance(other[number], self.weights[number]) for _, other in self.others]
            ratios.append(away / max(*own, LEAST_DRIFT))
        return float(np.max(epochs)), float(np.max(ratios))


reference = cache(Reference)


def assert_within_the_drift(run: Run, history: dict[str, Any], model: Sequential) -> None:
    ratios = reference(run).ratios(history, model.get_weights())
    assert all(ratio <= ALLOWED for ratio in ratios), f"{ratios} times the drift"


@pytest.mark.slow  # the drift of optimized code; the step above is quick
@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_whole_runs_with_dropout(run: Run) -> None:
    model = run.model()
    run.compile(model, "jax")
    history = run.go(model)
    assert list(history) == list(reference(run).history)
    assert all(type(value) is float for values in history.values() for value in values)
    assert_within_the_drift(run, history, model)


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
@pytest.mark.parametrize("first", ENGINES)
def test_an_engine_may_be_changed_in_the_middle(run: Run, first: str, tmp_path: Path) -> None:
    """By compiling again with the optimizer at hand, and by a file in between."""
    second = ENGINES[1 - ENGINES.index(first)]
    model = run.model()
    run.compile(model, first)
    begun = run.go(model, end=3)
    before = everything(model)
    model.save(tmp_path / "model.trimtab")
    loaded = trimtab.load_model(tmp_path / "model.trimtab")
    for each in (model, loaded):
        run.compile(each, second, each.optimizer)
        for actual, expected in zip(everything(each), before, strict=True):
            assert_same_bits(actual, expected)
        rest = run.go(each, begin=3)
        assert each.runner._engine.name == second
        history = {key: begun[key] + rest[key] for key in begun}
        assert_within_the_drift(run, history, each)
    for actual, expected in zip(everything(loaded), everything(model), strict=True):
        assert_same_bits(actual, expected)


class _CtrlC(trimtab.callbacks.Callback):
    """As a user might press it, in the middle of the second epoch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.model.runner.step == 7:
            raise KeyboardInterrupt


def test_an_engine_may_be_changed_in_the_middle_of_an_epoch() -> None:
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    y = np.abs(x[:, :1])
    settings = {"batch_size": 8, "epochs": 3, "verbose": 0}

    def model() -> Sequential:
        made = Sequential(
            [
                layers.Dense(8, activation="tanh", input_shape=[4]),
                layers.Dropout(0.3),
                layers.Dense(1),
            ],
            seed=4,
        )
        made.compile("sgd", "mse")
        return made

    whole, cut = model(), model()
    expected = whole.fit(x, y, **settings).history["loss"]
    with pytest.raises(KeyboardInterrupt):
        cut.fit(x, y, callbacks=[_CtrlC()], **settings)
    cut.compile(cut.optimizer, "mse", engine="jax")
    rest = cut.fit(x, y, initial_epoch=1, **settings).history["loss"]
    assert cut.runner.step == whole.runner.step == 15, "no batch twice"
    assert_close(rest, expected[1:], 1e-6)
    for actual, wanted in zip(cut.get_weights(), whole.get_weights(), strict=True):
        assert_close(actual, wanted, 2e-6)


def test_the_measure_sees_other_masks() -> None:
    """Another seed of one dropout layer is far outside."""
    run = RUNS[1]
    model = run.model()
    model.layers[1].seed = 10
    run.compile(model, "jax")
    history = run.go(model)
    ratios = reference(run).ratios(history, model.get_weights())
    assert not any(ratio <= ALLOWED for ratio in ratios), ratios
