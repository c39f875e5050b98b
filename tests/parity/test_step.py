"""One step from the same state, against Keras: losses, weights, statistics, slots to 1e-6.

The state is Keras' own, taken over before each of several steps: fresh weights first, then with
moving statistics, momentum and bias correction under way. What Keras made of it is kept: both
engines are compared with the same steps.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

from tests.contracts.oracles import Mode, Oracles, derivative, optimizer_step
from tests.parity.pairs import (
    Case,
    State,
    data,
    keras_model,
    keras_path,
    keras_state,
    optimizer,
    our_model,
    our_slots,
    our_weights,
    take_state,
)
from tests.support.drift import TOLERANCE, distance
from tests.support.engines import ENGINES
from trimtab import keras as keras_mirror
from trimtab.engines import EngineState, Rows
from trimtab.program import Program

#: Keras and its float64 referee are compiled for each case, and the tolerance is that of optimized
#: code. What is not slow: tests/contracts, which hold each op and rule to its formula.
pytestmark = pytest.mark.slow

#: Where Keras itself is further than that from float64, we may be this many times as far.
WORSE = 4.0

LOSSES: list[tuple[Any, int]] = [
    ("mae", 0),
    ("mse", 0),
    ("binary_crossentropy", 0),
    (("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}), 0),
    ("sparse_categorical_crossentropy", 4),
    (("SparseCategoricalCrossentropy", {"from_logits": True}), 3),
]
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True, "clipnorm": 0.5}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.01, "clipvalue": 0.02}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.05, "global_clipnorm": 0.4}),
    (
        "Adam",
        {
            "learning_rate": ("ExponentialDecay", {
                "initial_learning_rate": 0.02, "decay_steps": 2, "decay_rate": 0.7,
            }),
            "beta_1": 0.8,
            "epsilon": 1e-4,
        },
    ),
    ("SGD", {"learning_rate": ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 5})}),
]  # fmt: skip
ACTIVATIONS = (
    "relu",
    "tanh",
    "sigmoid",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "softmax",
)
REGULARIZERS = (None, ("L2", 0.01), ("L1", 0.002), ("L1L2", 0.001, 0.01))


def block(
    generator: np.random.Generator, units: int, activation: str, normalize: bool
) -> list[tuple[Any, ...]]:
    """Dense, perhaps normalized (then without a bias: its true gradient is 0), activation."""
    options: dict[str, Any] = {}
    penalty = REGULARIZERS[generator.integers(len(REGULARIZERS))]
    if penalty is not None:
        options["kernel_regularizer"] = penalty
    if not normalize:
        return [("dense", units, {**options, "activation": activation})]
    return [
        ("dense", units, {**options, "use_bias": False}),
        ("batch_normalization",),
        ("activation", activation),
    ]


def generated() -> Iterator[Case]:
    """Every loss and every optimizer at least once, the rest at random."""
    activations = itertools.cycle(ACTIVATIONS)
    for number in range(12):
        generator = np.random.default_rng([20, number])
        loss, classes = LOSSES[number % len(LOSSES)]
        optimizer = OPTIMIZERS[number % len(OPTIMIZERS)]
        layers: list[tuple[Any, ...]] = []
        for _ in range(generator.integers(1, 4)):
            units = int(generator.integers(3, 24))
            inner = block(generator, units, next(activations), bool(generator.integers(2)))
            layers += [("residual", inner)] if generator.random() < 0.3 else inner
        outputs = classes or int(generator.integers(1, 4))
        last = {"binary_crossentropy": "sigmoid", "sparse_categorical_crossentropy": "softmax"}
        activation = last.get(loss if isinstance(loss, str) else "", "linear")
        layers.append(("dense", outputs, {"activation": activation}))
        yield Case(
            name=f"{number}-{loss if isinstance(loss, str) else loss[0]}-{optimizer[0]}",
            inputs=int(generator.integers(2, 12)),
            layers=layers,
            loss=loss,
            optimizer=optimizer,
            # Of two rows batch normalization makes 1 and -1: all derivatives cancel.
            batch_size=int(generator.choice([7, 16, 33])),
            classes=classes,
        )


@dataclass(frozen=True, eq=False)
class Step:
    """One batch, Keras' state before it, and what Keras made of them.

    ``exact`` is what float64 makes of them, found out where it is needed.
    """

    x: Any
    y: Any
    weight: Any
    before: State
    loss: float
    after: State
    exact: dict[str, Any] = field(default_factory=dict)


def keras_step(model: Any, x: Any, y: Any, weight: Any = None) -> Step:
    before = keras_state(model)
    model.reset_metrics()
    loss = float(model.train_on_batch(x, y, sample_weight=weight))
    return Step(x, y, weight, before, loss, keras_state(model))


@cache
def keras_steps(case: Case, steps: int, weighted: bool, raw: bool) -> list[Step]:
    model = keras_model(case)
    generator = np.random.default_rng(1)
    found = []
    for step in range(steps):
        x, y = data(case, case.batch_size, seed=step, raw=raw)
        weight = generator.uniform(0, 2, len(x)).astype(np.float32) if weighted else None
        found.append(keras_step(model, x, y, weight))
    return found


def everything(loss: float, state: State) -> dict[str, Any]:
    """All that is compared after a step, by name."""
    found: dict[str, Any] = {"loss": loss, **state.weights}
    for path, slots in state.slots.items():
        found |= {f"slot {i} of {path}": group for i, group in enumerate(slots)}
    return found


def take_step(ours: Any, step: Step) -> dict[str, Any]:
    """Everything our model has after the step, taken from Keras' state."""
    take_state(ours, step.before)
    loss = ours.train_on_batch(step.x, step.y, sample_weight=step.weight)
    assert ours.runner.step == step.after.step
    weights = {path: weight.numpy() for path, weight in our_weights(ours).items()}
    return everything(loss, State(weights, our_slots(ours), ours.runner.step))


def oracle_step(program: Program, before: EngineState, rows: Rows, rate: float) -> dict[str, Any]:
    """The same step in float64, gradients by central differences."""
    oracles = Oracles()
    head, mode = program.trainable_count, Mode(training=True, step=before.step)
    weights = np.array(before.parameters, np.float64)

    def loss(index: int, h: float) -> float:
        moved = weights.copy()
        moved[index] += h
        return oracles.loss(program, moved, before.state, rows.x, rows.y, rows.weight, mode)

    gradient = [derivative(lambda h, i=i: loss(i, h), 1e-5) for i in range(head)]
    _, state = oracles.run(program, weights, before.state, rows.x, mode)
    found: dict[str, Any] = {"loss": loss(0, 0.0)}
    weights[:head], slots = optimizer_step(
        program, weights[:head], before.slots, gradient, rate, before.step
    )
    for slot in program.parameters:
        path = keras_path(slot.name)
        found[path] = weights[slot.place].reshape(slot.shape)
        for number in range(program.optimizer.slots if slot.trainable else 0):
            group = slots[number * head : (number + 1) * head]
            found[f"slot {number} of {path}"] = group[slot.place].reshape(slot.shape)
    for slot in program.state:
        found["/".join(slot.name.split("/")[-2:])] = state[slot.place].reshape(slot.shape)
    return found


def assert_steps_agree(
    case: Case, engine_name: str, steps: int = 3, weighted: bool = False, raw: bool = False
) -> None:
    ours = our_model(case, engine_name)
    for number, step in enumerate(keras_steps(case, steps, weighted, raw)):
        take_state(ours, step.before)
        rate = float(ours.optimizer.learning_rate)
        engine = ours.training_engine()
        assert engine.name == engine_name
        before = engine.dump()
        actual, expected = take_step(ours, step), everything(step.loss, step.after)
        assert actual.keys() == expected.keys()
        off = {name: distance(actual[name], expected[name]) for name in expected}
        off |= update_distances(actual, expected, engine.program, before)
        wrong = {name: value for name, value in off.items() if not value <= allowed(case, name)}
        if not wrong:
            continue
        # Two float32 computations of something that cancels: float64 says which is off.
        if not step.exact:
            target = step.y.reshape(len(step.y), -1).astype(np.float32)
            rows = Rows(step.x, target, step.weight)
            found = oracle_step(engine.program, before, rows, rate)
            step.exact.update(found, **updates(found, engine.program, before))
        exact = step.exact
        actual |= updates(actual, engine.program, before)
        expected |= updates(expected, engine.program, before)
        for name in wrong:
            mine, keras_own = (distance(v[name], exact[name]) for v in (actual, expected))
            assert mine <= max(allowed(case, name), WORSE * keras_own), (
                f"step {number}: {name} is off by {mine:.3g} from float64, Keras by {keras_own:.3g}"
            )


def allowed(case: Case, name: str) -> float:
    """The tolerance; ten times that for what Adam makes of gradients.

    Adam divides each element by its own size, so the rounding of small gradients, invisible in the
    norm of the slots (which are held to the tolerance), is as large in its updates as any other.
    A bias or beta that started at 0 is nothing but its updates.
    """
    small = name.endswith(("/bias", "/beta")) or name.startswith("update of")
    adam = case.optimizer[0].startswith("Adam") and not name.startswith("slot")
    return TOLERANCE * (10 if adam and small else 1)


def updates(found: dict[str, Any], program: Program, before: EngineState) -> dict[str, Any]:
    """By how much each parameter moved."""
    moved = {}
    for slot in program.parameters:
        path = keras_path(slot.name)
        start = before.parameters[slot.place].reshape(slot.shape).astype(np.float64)
        moved[f"update of {path}"] = found[path] - start
    return moved


def update_distances(
    actual: dict[str, Any], expected: dict[str, Any], program: Program, before: EngineState
) -> dict[str, float]:
    """Differences of the updates, less what the rounding of the new weights hides."""
    ours, theirs = (updates(found, program, before) for found in (actual, expected))
    off = {}
    for name, moved in theirs.items():
        rounding = 1.2e-7 * np.linalg.norm(expected[name.removeprefix("update of ")])
        difference = np.linalg.norm(ours[name] - moved)
        off[name] = float(max(0.0, difference - rounding) / (np.linalg.norm(moved) or 1.0))
    return off


CASES = list(generated())


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_generated_networks(case: Case, name: str) -> None:
    assert_steps_agree(case, name)


def test_the_generated_networks_hold_every_part() -> None:
    text = repr(CASES)
    for part in ("batch_normalization", "residual", "kernel_regularizer", *ACTIVATIONS):
        assert f"'{part}'" in text, part
    assert {case.optimizer[0] for case in CASES} == {"SGD", "Adam", "AdamW"}
    assert len({str(case.loss) for case in CASES}) == len(LOSSES)


DEEP: list[tuple[Any, ...]] = [
    ("dense", 12, {"use_bias": False}),
    ("batch_normalization",),
    ("activation", "relu"),
    ("residual", [("dense", 12, {"activation": "tanh"}), ("dense", 12)]),
    ("dense", 2),
]


#: Each one strong enough to show after a step.
CONSTRAINTS: list[tuple[Any, ...]] = [
    ("MaxNorm", 0.5),
    ("NonNeg",),
    ("UnitNorm", 1),
    ("MinMaxNorm", 0.2, 0.6, 0.3),
]
CONSTRAINED = [
    Case(
        f"{constraint[0]}-{name}",
        5,
        [
            ("dense", 12, {"use_bias": False, "kernel_constraint": constraint}),
            ("batch_normalization", {"gamma_constraint": ("MaxNorm", 1.5)}),
            ("activation", "tanh"),
            ("dense", 2, {"kernel_constraint": constraint, "bias_constraint": ("NonNeg",)}),
        ],
        "mse",
        (name, {"learning_rate": 0.05}),
    )
    for constraint in CONSTRAINTS
    for name in ("SGD", "Adam")
]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("case", CONSTRAINED, ids=str)
def test_constraints(case: Case, name: str) -> None:
    assert_steps_agree(case, name)


EMBEDDED = [
    Case(
        f"{layer[0]}-{name}",
        6,
        [layer, ("dense", 12, {"activation": "tanh"}), ("dense", 2)],
        "mse",
        (name, {"learning_rate": 0.05}),
    )
    for layer in (("embedding", 9, 3), ("category_embedding", (3, 40), (2, 5)))
    for name in ("SGD", "Adam")
]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("case", EMBEDDED, ids=str)
def test_embeddings(case: Case, name: str) -> None:
    """Rows of tables that a batch does not have get a gradient of 0; Adam moves them on."""
    assert_steps_agree(case, name, weighted=True)


WEIGHTED = [
    Case(f"batches of {rows}", 5, DEEP, "mse", ("Adam", {"learning_rate": 0.01}), batch_size=rows)
    for rows in (1, 16)
]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("case", WEIGHTED, ids=str)
def test_sample_weights_and_batches_of_one_row(case: Case, name: str) -> None:
    assert_steps_agree(case, name, weighted=True)


def test_frozen_layers() -> None:
    case = Case("frozen", 5, DEEP, "mae", ("SGD", {"momentum": 0.9}))
    frozen = ("dense_0", "batch_normalization_1")
    theirs = keras_model(case)
    for name in frozen:
        theirs.get_layer(name).trainable = False
    theirs.compile(optimizer(keras, case), "mae")
    steps = [keras_step(theirs, *data(case, 16, seed=number)) for number in range(2)]
    for engine in ENGINES:
        ours = our_model(case)
        for name in frozen:
            ours.get_layer(name).trainable = False
        ours.compile(optimizer(keras_mirror, case), "mae", engine=engine)
        for step in steps:
            actual, expected = take_step(ours, step), everything(step.loss, step.after)
            assert actual.keys() == expected.keys()
            for name, value in expected.items():
                assert distance(actual[name], value) <= TOLERANCE, f"{engine}: {name}"


RAW = Case(
    "raw",
    5,
    [("batch_normalization",), ("dense", 12, {"activation": "tanh"}), ("dense", 1)],
    "mse",
    ("Adam", {"learning_rate": 0.01}),
    batch_size=33,
)


@pytest.mark.parametrize("name", ENGINES)
def test_raw_columns(name: str) -> None:
    """Means that dwarf the deviation, straight into a batch normalization.

    Keras computes ``x * inverse + (beta - mean * inverse)``, whose terms cancel: its own rounding
    is far above 1e-6, so both are measured against float64.
    """
    assert_steps_agree(RAW, name, raw=True)


def test_predictions_and_evaluation() -> None:
    case = Case("inference", 7, DEEP, "mse", ("Adam", {}), metrics=("mae",))
    theirs = keras_model(case)
    x, y = data(case, 150)
    theirs.fit(x, y, epochs=1, batch_size=30, verbose=0)
    prediction = theirs.predict(x, verbose=0)
    expected = theirs.evaluate(x, y, verbose=0, return_dict=True)
    for engine in ENGINES:
        ours = our_model(case, engine)
        take_state(ours, keras_state(theirs))
        assert distance(ours.predict(x, verbose=0), prediction) <= TOLERANCE, engine
        actual = ours.evaluate(x, y, verbose=0, return_dict=True)
        assert actual.keys() == expected.keys()
        for name, value in expected.items():
            assert distance(actual[name], value) <= TOLERANCE, f"{engine}: {name}"
