"""The moving average of weights over epochs."""

import numpy as np
import pytest

from tests.support.close import assert_close
from trimtab.errors import InvalidArgument
from trimtab.training.weight_average import WeightAverage


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8, 0.95])
def test_it_is_a_plain_mean_until_the_memory_is_full(memory):
    rng = np.random.default_rng(0)
    states = rng.normal(size=(40, 3)).astype(np.float32)
    average = WeightAverage(memory)
    expected = states[0].astype(np.float64)
    for number, state in enumerate(states):
        share = max(1 - memory, 1 / (number + 1))
        expected = expected + share * (state - expected)
        (value,) = average.add([state], number)
        assert value.dtype == np.float32
        assert_close(value, expected, 1e-5)
        if 1 / (number + 1) >= 1 - memory:
            assert_close(value, states[: number + 1].mean(axis=0), 1e-5)


def test_what_was_given_out_stays_as_it_was():
    average = WeightAverage(0.5)
    first = average.add([np.zeros(2, np.float32)], 0)
    average.add([np.ones(2, np.float32)], 1)
    assert first[0].tolist() == [0, 0]


@pytest.mark.parametrize("memory", [-0.1, 1.0, float("nan"), "0.8", None])
def test_a_memory_that_is_none(memory):
    with pytest.raises(InvalidArgument, match="memory must be a float of at least 0 and below 1"):
        WeightAverage(memory)
