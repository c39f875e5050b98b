"""One contract for every optimizer: configuration, Keras' signature, lowering, refusals."""

import inspect

import numpy as np
import pytest

from tests.support.keras import ARRAY_COPY, import_keras, plain
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import optimizers, schedules
from trimtab.nn.names import reset_names
from trimtab.program.ops import RULES

CLASSES = optimizers.REGISTRY.classes

#: Class -> arguments to try beside the defaults; a new optimizer is one row.
CASES = {
    "Adadelta": [{"rho": 0.8, "epsilon": 1e-5}],
    "Adagrad": [{"initial_accumulator_value": 0.0, "epsilon": 1e-5}],
    "Adam": [
        {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5, "weight_decay": 0.01},
        {"amsgrad": True},
    ],
    "AdamW": [{"weight_decay": 0.1, "beta_1": 0.8}, {"amsgrad": True}],
    "Adamax": [{"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5}],
    "Ftrl": [
        {"learning_rate_power": 0.0, "initial_accumulator_value": 0.2, "beta": 0.5},
        {
            "l1_regularization_strength": 0.1,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.3,
        },
    ],
    "Lion": [{"beta_1": 0.8, "beta_2": 0.9}],
    "Nadam": [{"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5}],
    "RMSprop": [
        {"rho": 0.8, "momentum": 0.5, "epsilon": 1e-5},
        {"centered": True},
        {"centered": True, "momentum": 0.5},
    ],
    "SGD": [{"momentum": 0.9, "nesterov": True}, {"weight_decay": 0.01}],
}
COMMON = [
    {},
    {"learning_rate": 0.25, "name": "mine"},
    {"clipnorm": 1.0},
    {"clipvalue": 0.5},
    {"global_clipnorm": 2.0},
    {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 5},
    {"gradient_accumulation_steps": 2, "loss_scale_factor": 1.0},
]
#: Arguments that operations name otherwise.
LOWERED = {
    "initial_accumulator_value": "first",
    "l1_regularization_strength": "l1",
    "l2_regularization_strength": "l2",
    "l2_shrinkage_regularization_strength": "shrinkage",
    "gradient_accumulation_steps": "accumulation",
    "ema_overwrite_frequency": "ema_overwrite",
}
ALL = [(name, case) for name, cases in CASES.items() for case in COMMON + cases]


def test_every_optimizer_has_cases():
    assert set(CASES) == set(CLASSES)


@pytest.mark.filterwarnings(ARRAY_COPY)
@pytest.mark.parametrize(("name", "case"), ALL)
def test_configuration(name, case):
    keras = import_keras()
    keras.backend.clear_session(free_memory=False)
    reset_names()
    record = optimizers.serialize(CLASSES[name](**case))
    assert optimizers.serialize(optimizers.deserialize(record)) == record
    theirs = plain(keras.optimizers.serialize(getattr(keras.optimizers, name)(**case)))
    for key, value in record["config"].items():
        assert theirs["config"][key] == value
    assert optimizers.serialize(optimizers.deserialize(theirs)) == record
    again = getattr(keras.optimizers, name).from_config(record["config"])
    assert plain(keras.optimizers.serialize(again)) == theirs


@pytest.mark.parametrize("name", CLASSES)
def test_configuration_of_a_schedule(name):
    optimizer = CLASSES[name](schedules.ExponentialDecay(0.5, 10, 0.5))
    record = optimizers.serialize(optimizer)
    again = optimizers.deserialize(record)
    assert optimizers.serialize(again) == record
    assert np.array_equal(again.learning_rates(0, 30), optimizer.learning_rates(0, 30))


@pytest.mark.parametrize("name", CLASSES)
def test_signature_is_that_of_keras(name):
    keras = import_keras()

    def described(cls):
        return [(p.name, p.default) for p in inspect.signature(cls).parameters.values()]

    assert described(CLASSES[name]) == described(getattr(keras.optimizers, name))


@pytest.mark.parametrize(("name", "case"), ALL)
def test_lowering(name, case):
    optimizer = CLASSES[name](**case)
    op = optimizer.lower()
    op.check()
    record = op.record()
    said = {"name", "learning_rate", "nesterov", "centered", "amsgrad", "use_ema"}
    for key, value in (optimizer.get_config() | case).items():
        if value is None or key in said or (key.startswith("ema") and not optimizer.use_ema):
            continue
        if key == "loss_scale_factor":
            assert value == 1
        elif key != "momentum" or value:
            assert record[LOWERED.get(key, key)] == value, key
    assert record["nesterov"] == case.get("nesterov", False)
    assert ("centered" in op.rule) == case.get("centered", False)
    assert (op.rule == "amsgrad") == case.get("amsgrad", False)
    assert op.ema_momentum == (case["ema_momentum"] if case.get("use_ema") else None)
    assert set(RULES[op.rule]) <= set(op.slot_names)


@pytest.mark.parametrize("name", CLASSES)
class TestRefusals:
    def test_two_kinds_of_clipping(self, name):
        assert_refused(
            InvalidArgument,
            f"{name} takes one kind of clipping, received clipnorm=1.0, clipvalue=0.5. "
            "Keep one of them.",
            lambda: CLASSES[name](clipvalue=0.5, clipnorm=1.0),
        )

    @pytest.mark.parametrize("kind", ["clipnorm", "clipvalue", "global_clipnorm"])
    def test_clipping_at_nothing(self, name, kind):
        assert_refused(
            InvalidArgument,
            f"{kind} must be a number above 0, received 0.",
            lambda: CLASSES[name](**{kind: 0}),
        )

    @pytest.mark.parametrize(
        ("argument", "value", "rule"),
        [
            ("use_ema", 1, "True or False"),
            ("ema_momentum", 1.5, "a float between 0 and 1"),
            ("ema_overwrite_frequency", 0, "a positive integer"),
        ],
    )
    def test_averages(self, name, argument, value, rule):
        assert_refused(
            InvalidArgument,
            f"{argument} must be {rule}, received {value!r}.",
            lambda: CLASSES[name](**{argument: value}),
        )

    @pytest.mark.parametrize("steps", [1, 0, -3])
    def test_accumulation(self, name, steps):
        assert_refused(
            InvalidArgument,
            f"gradient_accumulation_steps must be an integer of 2 or more, received {steps!r}. "
            "Leave it out to update after every batch.",
            lambda: CLASSES[name](gradient_accumulation_steps=steps),
        )

    def test_loss_scaling(self, name):
        assert_refused(
            Unsupported,
            f"{name}: loss_scale_factor is not supported, received loss_scale_factor=2.0. "
            "Leave it out: gradients are float32 and need no scaling.",
            lambda: CLASSES[name](loss_scale_factor=2.0),
        )

    @pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf"), "0.1", None, True, [0.1]])
    def test_learning_rate(self, name, rate):
        text = (
            f"learning_rate must be a number of 0 or more, received {rate!r}. "
            "Use a number, learning_rate=0.001, or a schedule."
        )
        assert_refused(InvalidArgument, text, lambda: CLASSES[name](rate))
        optimizer = CLASSES[name]()
        assert_refused(InvalidArgument, text, lambda: setattr(optimizer, "learning_rate", rate))

    def test_functions(self, name):
        assert_refused(
            Unsupported,
            f"learning_rate: functions are not supported, received {float!r}. Write a subclass of "
            "schedules.LearningRateSchedule, or use callbacks.LearningRateScheduler.",
            lambda: CLASSES[name](float),
        )

    def test_weight_decay(self, name):
        assert_refused(
            InvalidArgument,
            "weight_decay must be a number of 0 or more, received -0.1.",
            lambda: CLASSES[name](weight_decay=-0.1),
        )

    @pytest.mark.parametrize(
        ("argument", "hint"),
        [("lr", " Use learning_rate."), ("clip_norm", " Did you mean 'clipnorm'?"), ("zzz", "")],
    )
    def test_unknown_arguments(self, name, argument, hint):
        assert_refused(
            InvalidArgument,
            f"{name} has no argument {argument!r}.{hint}",
            lambda: CLASSES[name](**{argument: 1.0}),
        )


@pytest.mark.parametrize("cls", CLASSES.values())
def test_documented(cls):
    for heading in ("Formula:", "Raises:", "Source:", ">>> "):
        assert heading in cls.__doc__
