"""Learning rates that Keras does not have, and what the others refuse."""

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
    schedules.OneCycle(0.1, 50),
    schedules.OneCycle(0.3, 7.5, 0.2, 0.0, cycle=1.0, name="mine"),
    schedules.OneCycle(0.1, 1000, 0.01, 0.02, cycle=0.3),
]
IDS = [repr(each) for each in CASES]


def expected(schedule, step):
    """The formula in float64."""
    if isinstance(schedule, schedules.OneCycle):
        return one_cycle(schedule, step)
    done = min(step / schedule.decay_steps, 1.0)
    if isinstance(schedule, schedules.FlatCosineDecay):
        falling = max(0.0, done - schedule.flat) / (1 - schedule.flat)
        return schedule.initial_learning_rate * (1 + math.cos(math.pi * falling)) / 2
    turns = math.log2(1 + (2**schedule.cycles - 1) * done)
    return schedule.initial_learning_rate * (1 - math.cos(2 * math.pi * turns)) / 2


def one_cycle(schedule, step):
    """Up, down, and far down."""
    low, top = schedule.initial_learning_rate, schedule.max_learning_rate
    cycle = schedule.cycle * schedule.decay_steps
    if step <= cycle:
        return top - (top - low) * abs(2 * step / cycle - 1)
    if schedule.cycle == 1:
        return low
    done = min((step - cycle) / (schedule.decay_steps - cycle), 1.0)
    return low + (schedule.end_learning_rate - low) * done


@pytest.mark.parametrize("schedule", CASES, ids=IDS)
def test_values(schedule):
    steps = [*range(70), 499, 999, 5000]
    rates = schedule(steps)
    assert rates.dtype == np.float32
    right = np.array([expected(schedule, step) for step in steps])
    assert right.max() > 0
    assert_close(rates, right, 40 * EPSILON, scale=right.max())


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


def test_one_cycle_ends_a_thousand_times_below_its_top():
    """What is left out: a tenth of the top, a hundredth of that."""
    schedule = schedules.OneCycle(0.5, 100)
    assert schedule.initial_learning_rate == 0.05 and schedule.end_learning_rate == 0.0005
    rates = schedule(np.arange(200))
    assert rates.argmax() == 45 and rates[45] == np.float32(0.5)
    assert (np.diff(rates[:46]) > 0).all() and (np.diff(rates[45:101]) < 0).all()
    assert (rates[100:] == np.float32(0.0005)).all()


@pytest.mark.parametrize("t_mul", [1.0, 1.5, 2.0, 3.0])
def test_a_restart_begins_at_the_top(t_mul):
    """Also where the logarithm of the cycle's number is rounded down."""
    schedule = schedules.CosineDecayRestarts(0.5, 4096, t_mul=t_mul, m_mul=0.5)
    start = 0.0
    for cycle in range(9):
        assert start == int(start)
        before, first = schedule([max(start - 1, 0), start])
        assert first == np.float32(0.5 ** (cycle + 1))
        assert cycle == 0 or before <= first * 1e-6
        start += 4096 * t_mul**cycle


@pytest.mark.parametrize(
    ("schedule", "steps", "expected"),
    [
        (schedules.PiecewiseConstantDecay([2, 4.5], [3, 2, 1]), [0, 2, 3, 4, 5], [3, 3, 2, 2, 1]),
        (schedules.PiecewiseConstantDecay(np.array([2]), (0.5, 1)), [2, 3], [0.5, 1]),
        (schedules.PolynomialDecay(1, 4, 0, cycle=True), [0, 4, 6, 8, 9], [1, 0, 0.25, 0, 0.25]),
        (schedules.PolynomialDecay(1, 4, 0, power=2), [0, 2, 4, 5], [1, 0.25, 0, 0]),
        (schedules.InverseTimeDecay(1, 2, 1, staircase=True), [0, 1, 2, 3], [1, 1, 0.5, 0.5]),
    ],
)
def test_by_hand(schedule, steps, expected):
    assert schedule(steps).tolist() == expected
    assert schedules.deserialize(schedules.serialize(schedule))(steps).tolist() == expected


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: schedules.OneCycle(-0.1, 5), "max_learning_rate must be a number of 0 or more"),
        (lambda: schedules.OneCycle(0.1, 0), "decay_steps must be a number above 0"),
        (lambda: schedules.OneCycle(0.1, 5, 0.2), "initial_learning_rate must not be above"),
        (lambda: schedules.OneCycle(0.1, 5, cycle=1.5), "cycle must be a float between"),
        (lambda: schedules.OneCycle(0.1, 5, cycle=0), "cycle must be above 0, received 0. Use"),
        (lambda: schedules.CosineDecayRestarts(0.1, 0), "first_decay_steps must be a number above"),
        (
            lambda: schedules.CosineDecayRestarts(0.1, 5, t_mul=0.5),
            "t_mul must be 1 or more, received 0.5: .* Use t_mul=1",
        ),
        (lambda: schedules.CosineDecayRestarts(0.1, 5, m_mul=-1), "m_mul must be a number of 0"),
        (lambda: schedules.PolynomialDecay(0.1, -5), "decay_steps must be a number above 0"),
        (lambda: schedules.PolynomialDecay(0.1, 5, cycle=1), "cycle must be True or False"),
        (lambda: schedules.PolynomialDecay(0.1, 5, power=-1), "power must be a number of 0 or"),
        (lambda: schedules.InverseTimeDecay(0.1, 5, -1), "decay_rate must be a number of 0 or"),
        (
            lambda: schedules.PiecewiseConstantDecay([5], [0.1]),
            "received 1 boundaries and 1 values. Use boundaries=",
        ),
        (lambda: schedules.PiecewiseConstantDecay([], [0.1]), "there must be a boundary"),
        (
            lambda: schedules.PiecewiseConstantDecay([5, 3], [0.1, 0.2, 0.3]),
            r"boundaries must increase, received \[5, 3\]. Use boundaries=\[3, 5\]",
        ),
        (
            lambda: schedules.PiecewiseConstantDecay(5, [0.1, 0.2]),
            "boundaries must be a list of numbers, received 5",
        ),
        (
            lambda: schedules.PiecewiseConstantDecay([5], [0.1, float("nan")]),
            "each of values must be a number of 0 or more, received nan",
        ),
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
