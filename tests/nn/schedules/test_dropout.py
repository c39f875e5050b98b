"""Schedules of dropout rates: values, units, configuration, refusals."""

import inspect
import json

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.nn import optimizers, schedules

#: Class -> arguments to try; a new schedule is one row.
CASES = {
    "CosineDropout": [{"start": 0.1, "end": 0.6}, {"start": 0.6, "end": 0.1}],
    "EarlyDropout": [{"rate": 0.3}],
    "FlatCosineDropout": [{"start": 0.5}, {"start": 0.1, "end": 0.5, "flat": 0.25}],
    "LateDropout": [{"rate": 0.3}],
    "LinearDropout": [{"start": 0.5, "end": 0.0}, {"start": 0.0, "end": 1.0}],
}
CLASSES = {
    name: cls
    for name, cls in schedules.REGISTRY.classes.items()
    if issubclass(cls, schedules.DropoutSchedule)
}
ALL = [(name, case) for name, cases in CASES.items() for case in cases]

#: What they mean, in plain float64, of the share of the time that has passed.
FORMULAS = {
    "CosineDropout": lambda t, start, end: (
        end + (start - end) * (1 + np.cos(np.pi * np.minimum(t, 1))) / 2
    ),
    "EarlyDropout": lambda t, rate: np.where(t < 1, rate, 0.0),
    "FlatCosineDropout": lambda t, start, end=0.0, flat=0.75: np.where(
        t <= flat,
        start,
        end + (start - end) * (1 + np.cos(np.pi * (np.clip(t, flat, 1) - flat) / (1 - flat))) / 2,
    ),
    "LateDropout": lambda t, rate: np.where(t < 1, 0.0, rate),
    "LinearDropout": lambda t, start, end: start + (end - start) * np.minimum(t, 1),
}


def test_every_schedule_has_a_case_and_a_formula():
    assert set(CASES) == set(CLASSES) == set(FORMULAS)
    for name, cls in CLASSES.items():
        assert name in schedules.__all__ and ">>> " in cls.__doc__ and "Formula:" in cls.__doc__


@pytest.mark.parametrize(("name", "case"), ALL)
def test_values(name, case):
    steps = np.arange(0, 57)
    schedule = CLASSES[name](**case, steps=40)
    rates = schedule(steps)
    assert rates.dtype == np.float32 and (rates >= 0).all() and (rates <= 1).all()
    assert_close(rates, FORMULAS[name](steps / 40, **case), 1e-7)
    assert np.array_equal(rates[3:10], schedule.rates(3, 7))
    assert np.ndim(schedule(5)) == 0 and schedule(5) == rates[5]
    assert schedule.rates(3, 0).shape == (0,)


@pytest.mark.parametrize(("name", "case"), ALL)
def test_epochs_are_so_many_steps(name, case):
    in_epochs, in_steps = CLASSES[name](**case, epochs=4), CLASSES[name](**case, steps=40)
    assert np.array_equal(in_epochs.rates(0, 60, 10), in_steps.rates(0, 60))
    assert np.array_equal(in_epochs.rates(0, 60, 10), in_steps.rates(0, 60, 7))
    half = CLASSES[name](**case, epochs=2.5)
    assert np.array_equal(half.rates(0, 60, 16), in_steps.rates(0, 60))


@pytest.mark.parametrize(("name", "case"), ALL)
def test_what_is_not_known_is_refused(name, case):
    schedule = CLASSES[name](**case, epochs=4)
    assert schedule(0) == schedule.rates(0, 1)[0] == schedule.rates(0, 1, 3)[0]
    for action in (lambda: schedule(1), lambda: schedule.rates(0, 2), lambda: schedule.rates(1, 1)):
        with pytest.raises(InvalidArgument, match="counts in epochs, and it is not known how many"):
            action()


@pytest.mark.parametrize(("name", "case"), ALL)
def test_configuration(name, case):
    for length in ({"epochs": 3}, {"steps": 40}):
        schedule = CLASSES[name](**case, **length)
        record = json.loads(json.dumps(schedules.serialize(schedule)))
        again = schedules.deserialize(record)
        assert schedules.serialize(again) == record and repr(again) == repr(schedule)
        assert np.array_equal(again.rates(0, 50, 10), schedule.rates(0, 50, 10))
        assert set(record["config"]) == set(inspect.signature(CLASSES[name]).parameters)


class Saw(schedules.DropoutSchedule):
    """One of one's own."""

    def rate_at(self, done):
        return 0.5 * (done % 1)


def test_own_schedule():
    assert Saw(steps=4).rates(0, 6).tolist() == [0.0, 0.125, 0.25, 0.375, 0.0, 0.125]


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (
            lambda: schedules.LinearDropout(0.5, 0.0),
            "LinearDropout takes epochs or steps, one of the two, received neither. "
            "Use LinearDropout(..., epochs=50).",
        ),
        (
            lambda: schedules.EarlyDropout(0.5, epochs=2, steps=3),
            "EarlyDropout takes epochs or steps, one of the two, received epochs=2 and steps=3. "
            "Use EarlyDropout(..., epochs=50).",
        ),
        (
            lambda: schedules.LateDropout(0.5, epochs=0),
            "epochs must be a number above 0, received 0.",
        ),
        (
            lambda: schedules.LateDropout(1.5, epochs=2),
            "rate must be a float between 0 and 1, received 1.5.",
        ),
        (
            lambda: schedules.CosineDropout(-1, 0.5, steps=2),
            "start must be a float between 0 and 1, received -1.",
        ),
        (
            lambda: schedules.LinearDropout(0.5, 2, steps=2),
            "end must be a float between 0 and 1, received 2.",
        ),
        (
            lambda: schedules.FlatCosineDropout(0.5, flat=1.0, steps=2),
            "flat must be a float of at least 0 and below 1, received 1.0.",
        ),
        (
            lambda: optimizers.Adam(schedules.EarlyDropout(0.5, steps=2)),
            "learning_rate cannot follow EarlyDropout(rate=0.5, epochs=None, steps=2), which is "
            "for the rate of a dropout. Use schedules.CosineDecay or schedules.ExponentialDecay.",
        ),
    ],
)
def test_refused(action, text):
    assert_refused(InvalidArgument, text, action)
