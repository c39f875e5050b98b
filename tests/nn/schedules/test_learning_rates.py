"""Learning rates that Keras does not have: flat first, or in cycles."""

import math

import numpy as np
import pytest

from tests.support.close import EPSILON, assert_close
from trimtab.errors import InvalidArgument
from trimtab.nn import schedules

CASES = [
    schedules.FlatCosineDecay(0.1, 50),
    schedules.FlatCosineDecay(0.1, 50, flat=0.0),
    schedules.FlatCosineDecay(0.3, 7.5, flat=0.9, name="mine"),
    schedules.LogCosineDecay(0.1, 50),
    schedules.LogCosineDecay(0.1, 50, cycles=1),
    schedules.LogCosineDecay(0.3, 1000, cycles=6),
]
IDS = [repr(each) for each in CASES]


def expected(schedule, step):
    """The formula in float64."""
    done = min(step / schedule.decay_steps, 1.0)
    if isinstance(schedule, schedules.FlatCosineDecay):
        falling = max(0.0, done - schedule.flat) / (1 - schedule.flat)
        return schedule.initial_learning_rate * (1 + math.cos(math.pi * falling)) / 2
    turns = math.log2(1 + (2**schedule.cycles - 1) * done)
    return schedule.initial_learning_rate * (1 - math.cos(2 * math.pi * turns)) / 2


@pytest.mark.parametrize("schedule", CASES, ids=IDS)
def test_values(schedule):
    steps = [*range(70), 499, 999, 5000]
    rates = schedule(steps)
    assert rates.dtype == np.float32
    right = np.array([expected(schedule, step) for step in steps])
    assert right.max() > 0
    assert_close(rates, right, 40 * EPSILON, scale=schedule.initial_learning_rate)


@pytest.mark.parametrize("schedule", CASES, ids=IDS)
def test_one_step_and_many_are_the_same(schedule):
    many = schedule.learning_rates(5, 70)
    assert many.shape == (70,) and many.dtype == np.float32
    assert np.array_equal(many, schedule(np.arange(5, 75)))
    assert abs(schedule(40) - many[35]) <= EPSILON * many.max()


@pytest.mark.parametrize("schedule", CASES, ids=IDS)
def test_configuration(schedule):
    record = schedules.serialize(schedule)
    again = schedules.deserialize(record)
    assert schedules.serialize(again) == record and type(again) is type(schedule)
    assert np.array_equal(again(np.arange(60)), schedule(np.arange(60)))


def test_flat_means_flat_and_cycles_end_at_zero():
    flat = schedules.FlatCosineDecay(0.5, 100, flat=0.4)(np.arange(101))
    assert (flat[:41] == np.float32(0.5)).all() and (np.diff(flat[41:]) < 0).all()
    assert flat[100] == 0
    ends = [15 * (2**turn - 1) for turn in range(5)]  # each cycle is twice as long
    rates = schedules.LogCosineDecay(0.5, 15 * 15, cycles=4)(ends)
    assert_close(rates, np.zeros(5), 1e-6, scale=0.5)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: schedules.FlatCosineDecay(-0.1, 5), "must be a number of 0 or more"),
        (lambda: schedules.FlatCosineDecay(0.1, 0), "decay_steps must be a number above 0"),
        (lambda: schedules.FlatCosineDecay(0.1, 5, flat=1.0), "flat must be"),
        (lambda: schedules.LogCosineDecay(-0.1, 5), "must be a number of 0 or more"),
        (lambda: schedules.LogCosineDecay(0.1, -1), "decay_steps must be a number above 0"),
        (lambda: schedules.LogCosineDecay(0.1, 5, cycles=0), "cycles must be an integer"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(InvalidArgument, match=text):
        make()
