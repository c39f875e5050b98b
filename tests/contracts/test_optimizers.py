"""One contract for every optimizer: configuration, Keras' signature, lowering, refusals."""

import inspect

import numpy as np
import pytest

from tests.support.keras import ARRAY_COPY, import_keras, plain
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import optimizers, schedules
from trimtab.nn.names import reset_names

CLASSES = optimizers.REGISTRY.classes

#: Class -> arguments to try beside the defaults; a new optimizer is one row.
CASES = {
    "Adam": [{"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5, "weight_decay": 0.01}],
    "AdamW": [{"weight_decay": 0.1, "beta_1": 0.8}],
    "SGD": [{"momentum": 0.9, "nesterov": True}, {"weight_decay": 0.01}],
}
COMMON = [
    {},
    {"learning_rate": 0.25, "name": "mine"},
    {"clipnorm": 1.0},
    {"clipvalue": 0.5},
    {"global_clipnorm": 2.0},
]
ALL = [(name, case) for name, cases in CASES.items() for case in COMMON + cases]


def test_every_optimizer_has_cases():
    assert set(CASES) == set(CLASSES)


@pytest.mark.filterwarnings(ARRAY_COPY)
@pytest.mark.parametrize(("name", "case"), ALL)
def test_configuration(name, case):
    keras = import_keras()
    keras.backend.clear_session()
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
    for key, value in op.record().items():
        if key != "rule" and hasattr(optimizer, key) and getattr(optimizer, key) is not None:
            assert value == getattr(optimizer, key), key


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
        ("argument", "value"),
        [
            ("use_ema", True),
            ("ema_momentum", 0.9),
            ("ema_overwrite_frequency", 5),
            ("loss_scale_factor", 2.0),
            ("gradient_accumulation_steps", 2),
        ],
    )
    def test_not_there(self, name, argument, value):
        assert_refused(
            Unsupported,
            f"{name}: {argument} is not supported, received {argument}={value!r}. Leave it out.",
            lambda: CLASSES[name](**{argument: value}),
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
