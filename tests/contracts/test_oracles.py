"""The oracles themselves: against published vectors, JAX and Keras."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from tests.contracts import oracles
from tests.contracts.loss_oracles import loss_ops, predictions_of, targets_of
from tests.support.close import assert_close
from tests.support.keras import slot_groups
from tests.support.programs import FakeWeight
from tests.support.threefry import keep_mask, threefry2x32
from trimtab.nn import optimizers
from trimtab.program import Builder
from trimtab.program.ops import LOSSES, Activation, BatchNormalization, LossOp, Softmax

jax = pytest.importorskip("jax", reason="JAX is not installed")
keras = pytest.importorskip("keras", reason="Keras is not installed")

# Keras' variables are not ready for NumPy 2.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

# Salmon et al. 2011, Random123's table of known answers (kat_vectors), threefry2x32 with 20 rounds.
KNOWN_ANSWERS = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("key", "counter", "answer"), KNOWN_ANSWERS)
def test_threefry_gives_the_published_answers(
    key: tuple[int, int], counter: tuple[int, int], answer: tuple[int, int]
) -> None:
    assert tuple(int(word) for word in threefry2x32(*key, *counter)) == answer


def test_threefry_is_the_one_of_jax() -> None:
    from jax.extend.random import threefry_2x32

    counters = np.random.default_rng(0).integers(0, 2**32, 200, dtype=np.uint32)
    theirs = np.asarray(threefry_2x32(np.array([7, 0xDEADBEEF], np.uint32), counters))
    ours = threefry2x32(7, 0xDEADBEEF, counters[:100], counters[100:])
    assert np.concatenate(ours).tolist() == theirs.tolist()


def test_mask_is_read_lane_by_lane() -> None:
    # The definition once more, by hand, for one element.
    key0 = int(threefry2x32(5, 0, 2, 0)[0])
    word1 = int(threefry2x32(key0, 9, 3, 1)[1])
    mask = keep_mask((4, 8), 0.4, seed=5, stream=2, step=9)
    assert mask[3, 6] == ((word1 & 0xFFFF) >= round(0.4 * 65536))
    assert mask[3, 7] == ((word1 >> 16) >= round(0.4 * 65536))


X = np.random.default_rng(1).normal(0, 2, (13, 7))
NONFINITE = np.array([[np.nan, np.inf, -np.inf, 0.0, -0.0, 50.0, -50.0]])

KERAS_ACTIVATIONS: dict[str, Any] = {
    "gelu": lambda x: keras.ops.gelu(x, approximate=False),
    "gelu_tanh": lambda x: keras.ops.gelu(x, approximate=True),
}


@pytest.mark.parametrize("attributes", [e.attributes for e in Activation.examples()[::2]], ids=str)
def test_activations_are_those_of_keras(attributes: dict[str, Any]) -> None:
    op = Activation(inputs=(0,), output=1, **attributes)
    if op.function == "relu":
        layer = keras.layers.ReLU(
            max_value=None if op.max_value == np.inf else op.max_value,
            negative_slope=op.negative_slope,
            threshold=op.threshold,
        )
        theirs = layer
    elif op.function == "elu":
        theirs = lambda x: keras.ops.elu(x, alpha=op.alpha)  # noqa: E731
    else:
        theirs = KERAS_ACTIVATIONS.get(op.function) or getattr(keras.ops, op.function)
    for x in (X, NONFINITE):
        with np.errstate(invalid="ignore"):
            value, _ = oracles.OPS["activation"](op, [x], [], [], oracles.Mode())
        expected = np.asarray(theirs(x.astype(np.float32)))
        assert_close(expected, value, 2e-6, scale=np.abs(x) + 1, same_nan=True)


def test_softmax_is_that_of_keras() -> None:
    value, _ = oracles.OPS["softmax"](Softmax(inputs=(0,), output=1), [X], [], [], oracles.Mode())
    assert_close(np.asarray(keras.ops.softmax(X.astype(np.float32))), value, 1e-6)


@pytest.mark.parametrize(("training", "masked"), [(False, False), (True, False), (True, True)])
def test_batch_normalization_is_that_of_keras(training: bool, masked: bool) -> None:
    op = BatchNormalization(inputs=(0,), output=1, momentum=0.9, epsilon=1e-3)
    generator = np.random.default_rng(2)
    gamma, beta, mean = generator.normal(size=(3, 7))
    variance = generator.uniform(0.5, 2, 7)
    layer = keras.layers.BatchNormalization(momentum=0.9)
    layer.build((None, 7))
    layer.set_weights([gamma, beta, mean, variance])
    mask = np.arange(len(X)) % 3 != 1 if masked else None
    value, state = oracles.OPS["batch_normalization"](
        op, [X], [gamma, beta], [mean, variance], oracles.Mode(training, mask=mask)
    )
    actual = np.asarray(layer(X.astype(np.float32), training=training, mask=mask))
    assert_close(actual, value, 2e-6)
    assert_close(layer.get_weights()[2], state[0], 2e-6)
    assert_close(layer.get_weights()[3], state[1], 2e-6)


OWN = ("quantile", "expectile", "gaussian_negative_log_likelihood")


def keras_losses(op: LossOp, target: Any, prediction: Any) -> Any:
    stem = op.loss.removesuffix("_logits")
    if op.loss.startswith("sparse") and op.label_smoothing:  # Keras smooths labels that are one-hot
        stem, target = (
            "categorical_crossentropy",
            np.eye(prediction.shape[1])[target[:, 0].astype(int)],
        )
    function = getattr(keras.losses, stem)
    takes = inspect.signature(function).parameters
    given = {"from_logits": op.loss.endswith("_logits"), "apply_class_balancing": op.balanced}
    given |= {name: getattr(op, name) for name in ("label_smoothing", "delta", "gamma", "q")}
    given["alpha"] = op.alpha if stem.startswith("categorical") else op.alpha[0]
    settings = {name: value for name, value in given.items() if name in takes}
    if op.sparse and target.shape[1] == 1:
        target = target[:, 0].astype(np.int32)
    return function(target, prediction, **settings)


@pytest.mark.parametrize(
    "op",
    [op for name in LOSSES if name not in OWN for op in loss_ops(name)],
    ids=lambda op: f"{op.loss}-{op.label_smoothing}",
)
def test_losses_are_those_of_keras(op: LossOp) -> None:
    generator = np.random.default_rng(3)
    prediction = predictions_of(op, generator, (40, 5)).astype(np.float32)
    if op.targets in ("shares", "classes") and prediction.min() > 0:
        prediction[0], prediction[1, :2], prediction[2] = (0, 1, 1, 0, 1), (1e-8, 1 - 1e-7), 0.3
    target = targets_of(op, generator, 40, 5).astype(np.float32)
    expected = np.asarray(keras_losses(op, target, prediction))
    actual = oracles.LOSSES[op.loss](op, target.astype(np.float64), prediction.astype(np.float64))
    # Keras takes 1 - p of a p in float32, also where it has the logits of p.
    tolerance = 1e-5 if op.loss == "binary_focal_crossentropy_logits" else 1e-6
    assert_close(expected, actual, tolerance, scale=np.abs(actual) + 1)


def flat(variables: list[Any]) -> np.ndarray:
    return np.concatenate([keras.ops.convert_to_numpy(v).ravel() for v in variables])


#: Every argument of every optimizer, beside a learning rate of 0.1.
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"clipvalue": 0.3}),
    ("SGD", {"clipnorm": 0.7}),
    ("SGD", {"global_clipnorm": 0.7}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"gradient_accumulation_steps": 2, "clipnorm": 0.7, "weight_decay": 0.1}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.8}),
    ("SGD", {"use_ema": True, "ema_overwrite_frequency": 3}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True}),
    ("Adam", {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3}),
    ("Adam", {"gradient_accumulation_steps": 3, "use_ema": True, "ema_overwrite_frequency": 2}),
    ("AdamW", {"weight_decay": 0.02, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3}),
    ("AdamW", {"amsgrad": True, "gradient_accumulation_steps": 2}),
    ("Adadelta", {}),
    ("Adadelta", {"rho": 0.8, "epsilon": 1e-3, "weight_decay": 0.02}),
    ("Adagrad", {}),
    ("Adagrad", {"initial_accumulator_value": 0.0, "epsilon": 1e-3, "clipvalue": 0.3}),
    ("Adamax", {}),
    ("Adamax", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "global_clipnorm": 0.7}),
    ("Ftrl", {}),
    (
        "Ftrl",
        {
            "learning_rate_power": -0.8,
            "initial_accumulator_value": 0.3,
            "l1_regularization_strength": 0.4,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.5,
            "weight_decay": 0.02,
        },
    ),
    ("Lion", {}),
    ("Lion", {"beta_1": 0.7, "beta_2": 0.9, "weight_decay": 0.1}),
    ("Nadam", {}),
    ("Nadam", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "gradient_accumulation_steps": 2}),
    ("RMSprop", {}),
    ("RMSprop", {"rho": 0.8, "epsilon": 1e-3, "clipnorm": 0.7}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"centered": True, "momentum": 0.9, "use_ema": True}),
]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        # Keras compiles each of these steps: a second each.
        pytest.param(
            *case, marks=pytest.mark.slow if "gradient_accumulation_steps" in case[1] else ()
        )
        for case in OPTIMIZERS
    ],
)
def test_update_rules_are_those_of_keras(name: str, arguments: dict[str, Any]) -> None:
    op = getattr(optimizers, name)(0.1, **arguments).lower()
    builder = Builder(3)
    value = builder.emit("matmul", [0], [FakeWeight("kernel", (3, 4))])
    program = builder.finish(builder.emit("bias", [value], [FakeWeight("bias", (4,))]), None, op)
    generator = np.random.default_rng(4)
    weights = generator.normal(size=16)
    slots = program.new_slots(np.float32(weights))
    optimizer = getattr(keras.optimizers, name)(0.1, **arguments)
    variables = [keras.Variable(weights[:12].reshape(3, 4)), keras.Variable(weights[12:])]
    optimizer.build(variables)
    for step in range(7):
        gradient = generator.normal(size=16)
        optimizer.apply(
            [np.float32(gradient[:12].reshape(3, 4)), np.float32(gradient[12:])], variables
        )
        weights, slots = oracles.optimizer_step(
            program, weights, slots, gradient, float(np.float32(0.1)), step
        )
        what = f"after step {step + 1}"
        assert_close(flat(variables), weights, 3e-6, what=f"weights {what}")
        if slots.size:
            theirs = flat([each for group in slot_groups(optimizer) for each in group])
            assert_close(theirs, slots, 3e-6, what=f"slots {what}")


def test_every_optimizer_is_compared() -> None:
    """Each with every argument that is its own."""
    tried = {name: set().union(*(a for n, a in OPTIMIZERS if n == name)) for name, _ in OPTIMIZERS}
    assert tried.keys() == optimizers.REGISTRY.classes.keys()
    common = set(inspect.signature(optimizers.Optimizer).parameters)
    for name, cls in optimizers.REGISTRY.classes.items():
        own = set(inspect.signature(cls).parameters) - common - {"kwargs"}
        if name == "AdamW":
            own -= set(inspect.signature(optimizers.Adam).parameters)
        assert own <= tried[name], f"{name}: {own - tried[name]}"


def test_central_differences_are_accurate() -> None:
    assert_close(oracles.derivative(lambda h: np.exp(1 + 3 * h)), 3 * np.e, 1e-11)
