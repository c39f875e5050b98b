"""Targets on a curve: there and back, means by the errors of rows held out, and the choice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose as assert_close

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.preprocessing.curved_target import MOST_ERRORS, CurvedTarget
from trimtab.tables.preprocessing.curves import back_from_yeo_johnson, yeo_johnson
from trimtab.tables.preprocessing.several_targets import (
    SeveralTargets,
    fit_targets,
    target_from,
    with_errors,
)
from trimtab.tables.preprocessing.target import Target, fit_target
from trimtab.tables.preprocessing.target_scale import curved, limited, log_likelihood, scale_said

LOGNORMAL = np.exp(2 + 1.2 * np.random.default_rng(0).normal(size=4000))
SHIFTED = LOGNORMAL - 30


@pytest.mark.parametrize(
    ("values", "how"),
    [
        (LOGNORMAL, "log"),
        (np.concatenate([[0.0, 0.0], LOGNORMAL]), "log"),
        (LOGNORMAL * 1e-9, "log"),
        (LOGNORMAL * 1e150, "log"),
        (LOGNORMAL, "yeo-johnson"),
        (SHIFTED, "yeo-johnson"),
        (-LOGNORMAL, "yeo-johnson"),
    ],
)
def test_there_and_back(values, how):
    target = curved(fit_target(values), values, how)
    scaled = target.scaled(values)
    assert scaled.shape == (len(values), 1) and scaled.dtype == np.float32
    assert_close(scaled.mean(), 0.0, atol=1e-4)
    assert_close(scaled.std(), 1.0, atol=1e-4)
    assert_close(
        target.of_outputs(scaled.astype(np.float64)), values, rtol=2e-5, atol=values.max() * 1e-6
    )
    assert target_from(target.record()) == target


@pytest.mark.parametrize("how", ["log", "yeo-johnson"])
@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_predictions_stay_within_limits(how, size):
    values = np.array([1.0, 2.0, 5.0, 300.0]) * size
    target = curved(Target(0.0, size), values, how)
    wild = target.to_units([-1e30, -50.0, 0.0, 50.0, 1e30])
    assert np.isfinite(wild).all()
    assert wild.max() <= 450 * size * (1 + 1e-9) and wild.min() >= 0
    assert np.isnan(target.to_units([np.nan])).all()
    means = target.with_errors(np.array([-100.0, 0.0, 100.0]), np.zeros(3))
    assert np.isfinite(means.to_units([-1e30, 0.0, 1e30])).all()
    assert np.isnan(means.to_units([np.nan])).all()


def test_validation_rows_beyond_a_logarithm_are_at_its_end():
    target = curved(fit_target(LOGNORMAL), LOGNORMAL, "log")
    scaled = target.scaled(np.array([-5.0, 0.0, 1e-300, LOGNORMAL.min()]))
    assert np.isfinite(scaled).all()
    assert scaled[0] == scaled[1] == scaled[2] < scaled[3]


def test_means_by_hand():
    log = CurvedTarget("log", shift=1.0, scale=2.0, least=1e-6, most=1e6)
    errors = log.with_errors(np.array([0.5, 0.0, -0.25]), np.array([0.0, 0.0, 0.25]))
    # exp(1 + 2 (0.1 + e)) for e = 0.5, 0, -0.5, a third each.
    by_hand = (np.exp(2.2) + np.exp(1.2) + np.exp(0.2)) / 3
    assert_close(errors.to_units([0.1]), [by_hand], rtol=1e-12)
    assert_close(log.to_units([0.1]), [np.exp(1.2)], rtol=1e-12)
    weighted = log.with_errors(np.array([0.5, 0.0]), np.zeros(2), np.array([1.0, 3.0]))
    assert_close(weighted.to_units([0.1]), [(np.exp(2.2) + 3 * np.exp(1.2)) / 4], rtol=1e-12)
    line = CurvedTarget("line", shift=10.0, scale=2.0, least=0.0, most=100.0)
    assert_close(line.with_errors(np.array([1.0, 3.0]), np.zeros(2)).to_units([1.0]), [16.0])
    assert log.with_errors(np.array([np.nan]), np.zeros(1)) == log


def test_many_errors_are_grouped_and_keep_their_mean():
    rng = np.random.default_rng(1)
    errors, weights = rng.standard_t(3, 20_000), rng.uniform(0, 2, 20_000)
    target = CurvedTarget("line", 0.0, 1.0, -1e9, 1e9)
    kept = target.with_errors(errors, np.zeros(20_000), weights)
    assert len(kept.errors) <= MOST_ERRORS
    assert {errors.min(), errors.max()} <= set(kept.errors)
    assert_close(kept.to_units([0.0]), [np.average(errors, weights=weights)], atol=1e-9)
    log = CurvedTarget("log", 0.0, 1.0, 0.0, 1e9).with_errors(0.5 * errors, np.zeros(20_000))
    assert_close(log.to_units([0.0]), [np.exp(0.5 * errors).mean()], rtol=0.01)


def test_yeo_johnson_is_that_of_scipy():
    from scipy.stats import yeojohnson

    u = np.array([-50.0, -1.0, -1e-9, 0.0, 1e-9, 0.5, 7.0])
    for power in (0.0, 0.3, 1.0, 1.7, 2.0):
        assert_close(yeo_johnson(u, power), yeojohnson(u, power), rtol=1e-9, atol=1e-15)
        assert_close(back_from_yeo_johnson(yeo_johnson(u, power), power), u, rtol=1e-9, atol=1e-12)


def test_the_scale_is_chosen_by_likelihood():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2000, 3))
    rows = np.arange(2000)
    even = 50 + x[:, 0] + rng.normal(size=2000)
    assert curved(fit_target(even), even, "auto", known=(rows, x)) == fit_target(even)
    # Skewed by an input alone: errors are even, so a curve would bend what is straight.
    straight = 5 + np.exp(1.5 * x[:, 0]) + 0.1 * rng.normal(size=2000)
    inputs = np.column_stack([x, np.exp(1.5 * x[:, 0])])
    assert isinstance(curved(fit_target(straight), straight, "auto", known=(rows, inputs)), Target)
    times = np.exp(3 + x[:, 0] + 0.5 * rng.normal(size=2000))
    chosen = curved(fit_target(times), times, "auto", known=(rows, x))
    assert isinstance(chosen, CurvedTarget) and chosen.curve == "log"
    assert "log scale" in scale_said(chosen, "price") and not scale_said(Target(), "price")
    many_zeros = np.where(rng.uniform(size=2000) < 0.6, 0.0, times)
    assert isinstance(curved(fit_target(many_zeros), many_zeros, "auto"), Target)


def test_likelihood_by_hand():
    y = np.array([1.0, np.e, np.e**3])
    log = CurvedTarget("log", 0.0, 1.0, 0.1, 100.0)
    # Var(log y) = 14 / 9, and the mean of log(1 / y) is -4 / 3.
    assert_close(log_likelihood(log, y), -4 / 3 - 0.5 * np.log(14 / 9), rtol=1e-9)
    # The unit of the network does not matter.
    other = CurvedTarget("log", 7.0, 3.0, 0.1, 100.0)
    assert_close(log_likelihood(other, y), log_likelihood(log, y), rtol=1e-9)


def test_a_logarithm_needs_no_negative_numbers():
    with pytest.raises(InvalidData, match=r"lowest of 'gain' is -22.*--target-scale yeo-johnson"):
        curved(fit_target(SHIFTED - 0.0), np.maximum(SHIFTED, -22.0), "log", name="gain")


def test_each_of_several_targets_has_its_own_scale():
    rng = np.random.default_rng(3)
    y = np.column_stack([LOGNORMAL, rng.normal(size=4000)])
    target, notes = fit_targets(y, ("a", "b"), None, scale=True, how="auto", means=True)
    assert isinstance(target, SeveralTargets)
    assert [one.curve for one in target.each] == ["log", "line"]
    assert len(notes) == 1 and notes[0].startswith("'a' is learned on a log scale")
    assert_close(target.to_units(target.scaled(y)), y, rtol=1e-4, atol=1e-4)
    means = with_errors(target, np.full((9, 2), 0.5), np.zeros((9, 2)), lines=False)
    assert means.each[1] == target.each[1] and len(means.each[0].errors) == 9
    assert target_from(means.record()) == means


def test_limits_and_damaged_records():
    target = limited(fit_target(SHIFTED), SHIFTED)
    assert target.to_units([1e9])[0] == target.most > SHIFTED.max()
    record = target.record()
    for wrong in ({"curve": "root"}, {"power": 3.0}, {"scale": 0.0}, {"errors": [0.5]}):
        with pytest.raises((InvalidArgument, ValueError)):
            target_from(record | wrong)
