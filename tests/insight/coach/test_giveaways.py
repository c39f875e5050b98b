"""Columns that give the target away: what some rows show already is true of all."""

import numpy as np
import pytest

from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.giveaways import SOME, _mixed, telling_columns


def wrong(x, y):
    """Rows whose target is not the usual one of their value, one by one."""
    return sum(
        len(of) - np.unique(of, return_counts=True)[1].max() for of in (y[x == v] for v in set(x))
    )


@pytest.mark.parametrize("values", [2, 30, 3000])
def test_some_rows_never_count_more_than_all_have(values):
    rng = np.random.default_rng(values)
    x = rng.integers(0, values, 3 * SOME).astype(np.float64)
    y = np.where(rng.random(len(x)) < 0.9, x % 5, rng.integers(0, 5, len(x)))
    assert 0 < _mixed(x, y) <= wrong(x, y)


def test_a_column_that_determines_the_target_is_found_in_a_large_table():
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat(np.arange(5.0), 1000))
    code = np.array([4.0, 0.0, 3.0, 1.0, 2.0])[y.astype(int)]
    noise = rng.integers(0, 5, len(y)).astype(np.float64)
    few_wrong = np.where(np.arange(len(y)) < 4, noise, code)
    x = GivenTable(np.stack([noise, code, few_wrong], axis=1), "x")
    told = telling_columns(x, GivenTable(y, "y"), np.arange(len(y)))
    assert told.keys() == {1, 2}
    assert all("determines y" in how for how in told.values())
