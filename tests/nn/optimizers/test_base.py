"""The learning rate: float32, settable, or a schedule."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import optimizers, schedules
from trimtab.nn.names import reset_names


def test_learning_rate_is_a_float32():
    optimizer = optimizers.Adam(0.1)
    assert type(optimizer.learning_rate.numpy()) is np.float32
    assert float(optimizer.learning_rate) == float(np.float32(0.1)) != 0.1
    assert optimizer.get_config()["learning_rate"] == float(np.float32(0.1))


@pytest.mark.parametrize("rate", [1, 0.5, np.float64(0.25), np.array(0.5)])
def test_learning_rate_can_be_set(rate):
    optimizer = optimizers.SGD()
    optimizer.learning_rate = rate
    assert optimizer.learning_rate == rate
    rates = optimizer.learning_rates(7, 3)
    assert rates.dtype == np.float32 and rates.tolist() == [rate] * 3


def test_schedule():
    schedule = schedules.ExponentialDecay(0.5, 10, 0.5)
    optimizer = optimizers.SGD(schedule)
    assert optimizer.schedule is schedule
    assert optimizer.learning_rates(10, 11)[[0, 10]].tolist() == [0.25, 0.125]
    optimizer.iterations = 20
    assert type(optimizer.learning_rate.numpy()) is np.float32 and optimizer.learning_rate == 0.125
    assert_refused(
        InvalidArgument,
        "learning_rate follows a schedule, ExponentialDecay(initial_learning_rate=0.5, "
        "decay_steps=10, decay_rate=0.5, staircase=False), and cannot be set to 0.1. Make the "
        "optimizer with a number to be able to set it.",
        lambda: setattr(optimizer, "learning_rate", 0.1),
    )
    other = schedules.CosineDecay(0.5, 10)
    optimizer.learning_rate = other
    assert optimizer.schedule is other


def test_a_number_can_be_replaced_by_a_schedule():
    optimizer = optimizers.SGD(0.5)
    optimizer.learning_rate = schedules.CosineDecay(0.25, 10)
    assert optimizer.learning_rate == 0.25


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("sgd", optimizers.SGD),
        ("SGD", optimizers.SGD),
        ("Adam", optimizers.Adam),
        ("ADAM", optimizers.Adam),
        ("adamw", optimizers.AdamW),
        ("AdamW", optimizers.AdamW),
        (optimizers.Adam, optimizers.Adam),
        ({"class_name": "Adam", "config": {"learning_rate": 0.5}}, optimizers.Adam),
    ],
)
def test_get(identifier, cls):
    assert type(optimizers.get(identifier)) is cls


@pytest.mark.parametrize(
    ("identifier", "error", "text"),
    [
        ("adm", InvalidArgument, "no optimizer is called 'adm'. Did you mean 'adam'?"),
        ("Muon", Unsupported, "optimizers.Muon is not supported yet. Use optimizers.Adam()."),
        ("muon", Unsupported, "optimizers.Muon is not supported yet. Use optimizers.Adam()."),
        (
            3,
            InvalidArgument,
            "optimizer must be a name or an optimizer of trimtab.optimizers, received 3.",
        ),
    ],
)
def test_get_refused(identifier, error, text):
    assert_refused(error, text, lambda: optimizers.get(identifier))


def test_bare_optimizer_does_not_lower():
    assert_refused(
        NotImplementedError,
        "Optimizer does not lower itself",
        lambda: optimizers.Optimizer(0.1).lower(),
    )


def test_repr():
    assert repr(optimizers.SGD(0.5)) == "<SGD learning_rate=0.5>"


def test_optimizers_of_earlier_versions_update_as_they_did():
    path = Path(__file__).parents[2] / "files" / "pickles" / "optimizers.pickle"
    for optimizer in pickle.loads(path.read_bytes()):
        op = optimizer.lower()
        assert (op.accumulation, op.ema_momentum) == (1, None) and op.rule in ("sgd", "adam")
        assert type(optimizer).from_config(optimizer.get_config()).lower() == op


def test_automatic_names_are_those_of_keras():
    keras = import_keras()
    keras.backend.clear_session(free_memory=False)
    reset_names()
    for cls in ("SGD", "Adam", "AdamW", "Adam", "SGD", "Adam"):
        assert getattr(optimizers, cls)().name == getattr(keras.optimizers, cls)().name
    assert optimizers.Adam(name="mine").name == "mine"
