"""The statistics: known values, their error rates by simulation, and what cannot be tested."""

import math

import numpy as np
import pytest

from trimtab.trials.sequential import wealth
from trimtab.trials.statistics import LEVEL, effect, holm, pairs_needed, power


def test_agrees_with_the_paired_t_test_of_scipy():
    from scipy import stats

    gains = np.random.default_rng(1).normal(0.4, 1.0, 12)
    found = effect(gains)
    same = stats.ttest_1samp(gains, 0.0, alternative="greater")
    interval = stats.ttest_1samp(gains, 0.0).confidence_interval(0.95)
    assert found.p_better == pytest.approx(same.pvalue)
    assert [found.low, found.high] == pytest.approx([interval.low, interval.high])


def test_overlap_widens_as_nadeau_and_bengio_say():
    gains = np.random.default_rng(1).normal(0.4, 1.0, 16)
    plain, wide = effect(gains), effect(gains, overlap=0.25)
    ratio = math.sqrt((1 / 16 + 0.25) * 16)
    assert wide.high - wide.mean == pytest.approx(ratio * (plain.high - plain.mean))


def test_power_for_overlapping_splits_is_what_the_formula_gives():
    # 16 splits of 4:1, an effect of one deviation: in 39 % of cases, as docs/trials.md says.
    assert power(1.0, 1.0, 16, overlap=0.25) == pytest.approx(0.39, abs=0.01)
    assert power(1.0, 1.0, 16) >= 0.95


def test_needed_pairs_have_the_power_and_one_less_has_not():
    needed = pairs_needed(0.5, 1.0)
    assert needed is not None
    assert power(0.5, 1.0, needed) >= 0.8
    assert not power(0.5, 1.0, needed - 1) >= 0.8


def test_false_claims_are_as_rare_as_asked_for():
    rng = np.random.default_rng(0)
    gains = rng.normal(size=(4_000, 16))
    claims = sum(effect(each).p_better <= LEVEL for each in gains[:1_000])
    assert claims <= 40  # 25 are expected, with a deviation of 5


def test_looking_after_each_pair_makes_no_more_false_claims():
    rng = np.random.default_rng(0)
    found = [wealth(each) for each in rng.normal(size=(1_000, 60))]
    both = sum(each.decided(1) for each in found)
    assert both <= 70  # at most 5 % to both sides
    effects = [wealth(each) for each in rng.normal(1.0, 1.0, size=(200, 30))]
    assert sum(each.decided(1) for each in effects) >= 180


def test_wealth_does_not_depend_on_the_unit():
    gains = np.random.default_rng(3).normal(0.5, 1.0, 20)
    assert wealth(gains).highest == pytest.approx(wealth(gains * 1e-4).highest)


def test_interval_of_the_sequential_test_is_where_it_would_decide():
    gains = np.random.default_rng(3).normal(1.0, 1.0, 20)
    found = wealth(gains)
    inside = wealth(gains - (found.low + 1e-6))
    from trimtab.trials.sequential import _value

    def last(shifted):
        return _value(shifted.sum(), (shifted**2).sum(), len(shifted))

    assert last(gains - found.low) == pytest.approx(1 / (2 * LEVEL), rel=1e-6)
    assert inside.pairs == 20


def test_divergence_is_counted_by_signs():
    found = effect([math.inf] * 8)
    assert found.signs
    assert found.p_better == 0.5**8
    assert effect([-math.inf, *[1.0] * 7]).p_better == pytest.approx(9 / 256)


def test_equal_networks_have_no_difference():
    found = effect([0.0, 0.0, 0.0])
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)
    assert found.p_better == found.p_worse == 1.0


@pytest.mark.parametrize("gains", [[], [math.nan], [1.0]])
def test_too_few_pairs_make_no_claim(gains):
    found = effect(gains)
    assert found.p_better == found.p_worse == 1.0


def test_holm_is_monotone_and_at_most_bonferroni():
    rng = np.random.default_rng(2)
    p_values = {str(number): float(p) for number, p in enumerate(rng.uniform(size=9))}
    raised = holm(p_values)
    ranked = sorted(p_values, key=p_values.__getitem__)
    assert [raised[name] for name in ranked] == sorted(raised.values())
    assert all(p <= raised[name] <= min(1.0, 9 * p) for name, p in p_values.items())
