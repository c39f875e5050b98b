"""Two samples of one kind, and of two: their distance, and how often the rule may be wrong."""

import numpy as np
import pytest
from scipy import stats

from tests.insight.coach.cases import case
from tests.support.close import assert_close
from trimtab.insight.coach.rules.unlike import LEVEL
from trimtab.insight.coach.two_samples import different_columns, distance, probability


def sample(rows, seed, round_to=None):
    values = np.random.default_rng(seed).normal(size=rows)
    return values if round_to is None else np.round(values, round_to)


@pytest.mark.parametrize("round_to", [None, 0])
@pytest.mark.parametrize(("one", "other"), [(20, 20), (30, 200), (500, 400)])
def test_as_scipy_has_it(one, other, round_to):
    for seed in range(20):
        both = sample(one, seed, round_to), sample(other, 100 + seed, round_to) + 0.2 * (seed % 5)
        theirs = stats.ks_2samp(*both, method="exact")
        assert_close(distance(*both), theirs.statistic, 1e-12)
        ours = probability(theirs.statistic, one, other)
        assert abs(ours - theirs.pvalue) <= 0.06
        assert theirs.pvalue > 0.03 or theirs.pvalue <= ours  # where it matters, ours is larger


def test_the_ends():
    assert probability(0.0, 50, 50) == 1.0 and distance(np.zeros(3), np.zeros(5)) == 0.0
    assert probability(1.0, 50, 50) < 1e-15 and distance(np.zeros(3), np.ones(5)) == 1.0


def test_holm_by_hand():
    """Sorted 0.01, 0.02, 0.03, 0.04 against 0.05 / 4, / 3, / 2, / 1: the second one stops it."""
    assert different_columns([0.03, 0.01, 0.02, 0.04], 0.05) == [1]
    assert different_columns([0.001, 0.01, 0.02, 0.04], 0.05) == [0, 1, 2, 3]
    assert different_columns([0.5], 0.05) == [] == different_columns([], 0.05)


def test_no_more_false_alarms_than_promised():
    """Any column is named in at most 5 % of 400 tables of 15 columns that depend on each other."""
    level, alarms = 0.05, 0
    for seed in range(400):
        generator = np.random.default_rng(seed)
        rows = generator.normal(size=(150, 15))
        rows[:, 5:] += rows[:, :1]
        rows[:, 10:] = np.round(rows[:, 10:])
        chances = [probability(distance(c[:100], c[100:]), 100, 50) for c in rows.T]
        alarms += bool(different_columns(chances, level))
    assert alarms <= 400 * level + 3 * np.sqrt(400 * level * (1 - level))


def test_splits_at_random_are_not_called_unlike():
    """60 tables at the level of the rule, of which it allows one in a thousand."""
    found = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        x = generator.exponential(size=(160, 12))
        y = generator.normal(size=160)
        valid = (x[120:], y[120:])
        codes = case(x=x[:120], y=y[:120], valid=valid, epochs=100).check().codes
        found += "unlike-validation" in codes
    assert found == 0 and LEVEL == 0.001


def test_differences_are_found():
    """A shift by one standard deviation in one of 12 columns: nearly always."""
    found = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        x, x_valid = generator.normal(size=(150, 12)), generator.normal(size=(100, 12))
        x_valid[:, 3] += 1.0
        y, y_valid = generator.normal(size=150), generator.normal(size=100)
        check = case(x=x, y=y, valid=(x_valid, y_valid), epochs=100).check()
        found += any(
            finding.code == "unlike-validation" and finding.evidence["worst"] == "column 3"
            for finding in check
        )
    assert found >= 36
