"""Schedules of one's own, and refusals."""

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.nn import optimizers, schedules


class Halving(schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.5**step


def test_own_schedule():
    rates = optimizers.SGD(Halving()).learning_rates(1, 3)
    assert rates.dtype == np.float32 and rates.tolist() == [0.5, 0.25, 0.125]
    assert optimizers.SGD(Halving()).learning_rate == 1.0


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (
            lambda: schedules.ExponentialDecay(0.1, 0, 0.5),
            "decay_steps must be a number above 0, received 0.",
        ),
        (
            lambda: schedules.ExponentialDecay("a", 1, 0.5),
            "initial_learning_rate must be a number of 0 or more, received 'a'.",
        ),
        (
            lambda: schedules.ExponentialDecay(0.1, 1, 0),
            "decay_rate must be a number above 0, received 0.",
        ),
        (
            lambda: schedules.ExponentialDecay(0.1, 1, 0.5, staircase=1),
            "staircase must be True or False, received 1.",
        ),
        (
            lambda: schedules.CosineDecay(0.1, -5),
            "decay_steps must be a number above 0, received -5.",
        ),
        (
            lambda: schedules.CosineDecay(0.1, 5, alpha=-1),
            "alpha must be a number of 0 or more, received -1.",
        ),
        (
            lambda: schedules.CosineDecay(0.1, 5, warmup_steps=3),
            "warmup_steps must be 0 without a warmup_target, received 3. "
            "Set warmup_target to the rate that the warm-up ends in.",
        ),
        (
            lambda: schedules.CosineDecay(0.1, 5, warmup_target=-1, warmup_steps=3),
            "warmup_target must be a number of 0 or more, received -1.",
        ),
        (
            lambda: schedules.CosineDecay(0.1, 5, warmup_target=1, warmup_steps=-3),
            "warmup_steps must be a number of 0 or more, received -3.",
        ),
        (
            lambda: schedules.deserialize({"class_name": "CosineDecai"}),
            "no schedule is called 'CosineDecai'. Did you mean 'CosineDecay'?",
        ),
    ],
)
def test_refused(action, text):
    assert_refused(InvalidArgument, text, action)


def test_bare_schedule_does_not_compute():
    assert_refused(
        NotImplementedError,
        "LearningRateSchedule does not compute",
        lambda: schedules.LearningRateSchedule()(0),
    )
