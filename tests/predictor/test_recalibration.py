"""Curves for probabilities: against scikit-learn, in files, and whether they are needed."""

import json

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from tests.support.close import assert_close
from trimtab.core.records import from_record, to_record
from trimtab.errors import InvalidArgument
from trimtab.predictor.classes.recalibration import Curve, Recalibration
from trimtab.predictor.classes.reliability import Agreement, Reliability
from trimtab.predictor.draws import Draws, Score


def rows(size=3000, seed=0, weight=8.0):
    """Labels, and probabilities as of balanced weights: too high for the rare class."""
    generator = np.random.default_rng(seed)
    true = 1 / (1 + np.exp(-(generator.normal(size=size) * 1.5 - 3)))
    y = (generator.random(size) < true).astype(int)
    odds = weight * true / (1 - true)
    p = odds / (1 + odds)
    return y, np.stack([1 - p, p], axis=1), true


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
@pytest.mark.parametrize("seed", range(3))
def test_probabilities_become_shares(method, seed):
    y, p, _ = rows(seed=seed)
    curves = Recalibration.of(method, p, y, part="valid")
    _, new, true = rows(seed=seed + 100)
    found = curves(new)
    assert_close(found.sum(axis=1), np.ones(len(found)), 1e-12)
    assert abs(new[:, 1] - true).mean() >= 0.1
    assert abs(found[:, 1] - true).mean() <= 0.02
    assert (found > 0).all() and (found < 1).all()
    order = np.argsort(new[:, 1])
    assert (np.diff(found[order, 1]) >= 0).all()


def test_isotonic_is_scikit_learns():
    y, p, _ = rows(400)
    found = Recalibration.of("isotonic", p, y, part="valid")(p)[:, 1]
    least = 1 / 402
    fit = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    assert_close(found, fit.fit_transform(p[:, 1], y), 1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_sigmoid_is_a_logistic_regression_of_the_logit(weighted):
    y, p, _ = rows(4000)
    w = np.random.default_rng(1).integers(1, 4, 4000) if weighted else np.ones(4000)
    (curve,) = Recalibration.of("sigmoid", p, y, part="folds", weights=w).curves
    logit = np.log(p[:, 1] / p[:, 0])[:, None]
    fit = LogisticRegression(C=np.inf).fit(logit, y, sample_weight=w)
    # Platt's targets are a little inside 0 and 1.
    assert_close([curve.slope, curve.offset], [fit.coef_[0, 0], fit.intercept_[0]], 0.03)


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
def test_rows_named_arguments_perfectly_stay_finite(method):
    y = np.repeat([0, 1], 20)
    p = np.where(y, 1.0, 0.0)
    found = Recalibration.of(method, np.stack([1 - p, p], axis=1), y, part="valid")
    shares = found(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert np.isfinite(np.log(shares)).all()
    assert shares[0, 1] <= 0.06 and shares[1, 1] >= 0.94


def test_what_is_ranked_the_wrong_way_round_becomes_the_share():
    generator = np.random.default_rng(0)
    p = generator.random(500)
    y = (generator.random(500) > p).astype(int)
    found = Recalibration.of("sigmoid", np.stack([1 - p, p], axis=1), y, part="valid")
    assert np.ptp(found(np.stack([1 - p, p], axis=1))[:, 1]) <= 1e-12


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
def test_several_classes(method):
    generator = np.random.default_rng(0)
    true = generator.dirichlet([1, 3, 8], size=4000)
    y = (true.cumsum(axis=1) < generator.random((4000, 1))).sum(axis=1)
    p = true * [9, 2, 1]
    p /= p.sum(axis=1, keepdims=True)
    found = Recalibration.of(method, p, y, part="valid")(p)
    assert_close(found.sum(axis=1), np.ones(len(found)), 1e-12)
    assert abs(found - true).mean() <= 0.4 * abs(p - true).mean()
    assert_close(found.mean(axis=0), true.mean(axis=0), 0.02)


def test_a_class_without_rows_keeps_its_probabilities():
    y, p, _ = rows(200)
    three = np.concatenate([p * 0.9, np.full((200, 1), 0.1)], axis=1)
    found = Recalibration.of("isotonic", three, y, part="valid")
    assert found.curves[2] == Curve()


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
def test_records(method):
    y, p, _ = rows(300)
    made = Recalibration.of(method, p, y, part="valid")
    again = from_record(Recalibration, json.loads(json.dumps(to_record(made), allow_nan=False)))
    assert again == made and (again(p) == made(p)).all()
    record = to_record(made)
    for wrong in (
        record | {"method": "magic"},
        record | {"part": "train"},
        record | {"curves": []},
        record | {"curves": [{"x": [1.0, 0.0], "y": [0.5, 0.6]}]},
        record | {"curves": [{"x": [0.0, 1.0], "y": [0.5, 0.4]}]},
        record | {"curves": [{"x": [0.0], "y": [1.5]}]},
        record | {"curves": [{"slope": -1.0}]},
        record | {"curves": [{"slope": float("nan")}]},
    ):
        with pytest.raises((InvalidArgument, ValueError)):
            from_record(Recalibration, wrong)


# -- is it needed ---------------------------------------------------------------------------------


def reliability(y, p, groups=None):
    return Reliability.of("'fraud'", Draws(np.ones(len(y)), groups), p, y == 1)


def test_probabilities_that_are_shares_are_not_reported():
    off = 0
    for seed in range(200):
        y, _, true = rows(600, seed=seed)
        off += reliability(y, true).off > 0
    assert off <= 4


def test_probabilities_that_are_too_high_are_reported_with_numbers():
    y, p, _ = rows()
    found = reliability(y, p[:, 1])
    said = found.sentence()
    mean, share = 100 * p[:, 1].mean(), 100 * y.mean()
    assert share < 10 < mean
    assert said == (
        f"Probabilities of 'fraud' are too high: on these rows they average {mean:.0f} %, and "
        f"{share:.1f} % of these rows are 'fraud'."
    )
    assert found.method == "isotonic"
    y, p, _ = rows(1000)
    assert reliability(y, p[:, 1]).method == "sigmoid"
    assert reliability(y[:60], p[:60, 1]).method == ""  # too few rows of the class
    assert Reliability.from_record(json.loads(json.dumps(found.record()))) == found


def test_probabilities_that_are_right_on_average_only():
    """Too sure: the highest ones are too high, the others too low."""
    y, _, true = rows(4000)
    logit = np.log(true / (1 - true))
    shift = [1 / (1 + np.exp(-(2.5 * logit + each))) for each in np.linspace(-3, 5, 200)]
    sure = min(shift, key=lambda p: abs(p.mean() - y.mean()))
    found = reliability(y, sure)
    assert found.all_rows.off == 0
    assert "in the tenth of rows where they are highest, they average" in found.sentence()


def test_few_rows_and_one_group_say_nothing():
    assert reliability(np.array([0, 1]), np.array([0.9, 0.9])).off == 0
    y, p, _ = rows(300)
    assert reliability(y, p[:, 1], np.zeros(300, np.int64)).off == 0
    assert Agreement(10, 0.5, Score(0.45, 0.001)).off == 0  # clear, but little
