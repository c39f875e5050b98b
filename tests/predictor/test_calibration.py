"""Intervals and sets at any level, from errors that are kept."""

import numpy as np
import pytest

from tests.support.close import assert_same_bits
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.insight.uncertainty import conformal
from trimtab.predictor import calibration
from trimtab.predictor.calibration import FOLDS, TEST, VALIDATION, ConformityScores
from trimtab.predictor.several.calibrations import SeveralCalibrations, calibration_from
from trimtab.tables.preprocessing.error_scale import ErrorScale

LOG = ErrorScale("log", lowest=0.0)


def numbers(rows=99, seed=0, **more):
    generator = np.random.default_rng(seed)
    y = generator.normal(size=rows)
    return ConformityScores.of("regression", y, y + generator.normal(size=rows), part=TEST, **more)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.99])
def test_intervals_are_as_wide_as_the_quantile_of_absolute_errors(level):
    y, p = np.arange(99.0), np.arange(99.0) + np.linspace(-3, 5, 99)
    scores = ConformityScores.of("regression", y, p, part=TEST)
    lower, upper = scores.interval(np.array([10.0, -1e6]), level)
    reach = conformal.quantile(np.abs(y - p), level)
    assert_same_bits(lower, np.array([10 - reach, -1e6 - reach]))
    assert_same_bits(upper, np.array([10 + reach, -1e6 + reach]))


def test_coverage_is_what_was_asked_for():
    """Mean over 400 tables: the share inside lies between level and level + 1 / (n + 1)."""
    inside = []
    for seed in range(400):
        generator = np.random.default_rng(seed)
        y = generator.standard_t(3, size=39 + 200)
        scores = ConformityScores.of("regression", y[:39], np.zeros(39), part=TEST)
        lower, upper = scores.interval(np.zeros(200), 0.8)
        inside.append(((lower <= y[39:]) & (y[39:] <= upper)).mean())
    error = np.std(inside) / np.sqrt(len(inside))
    assert 0.8 - 4 * error <= np.mean(inside) <= 0.8 + 1 / 40 + 4 * error


def test_sets_hold_the_classes_that_are_likely_enough():
    proba = np.full((9, 3), 0.1)
    proba[np.arange(9), np.arange(9) % 3] = 0.8
    scores = ConformityScores.of("multiclass", np.arange(9) % 3, proba, part=VALIDATION)
    asked = np.array([[0.8, 0.2, 0.0], [0.5, 0.3, 0.2], [0.9, 0.1, 0.0]])
    assert scores.sets(asked, 0.9).tolist() == [
        [True, False, False],
        [False, False, False],
        [True, False, False],
    ]


def test_sets_cover():
    inside = []
    for seed in range(300):
        generator = np.random.default_rng(seed)
        proba = generator.dirichlet(np.ones(4), size=39 + 100)
        y = (proba.cumsum(axis=1) < generator.random((139, 1))).sum(axis=1)
        scores = ConformityScores.of("multiclass", y[:39], proba[:39], part=TEST)
        inside.append(scores.sets(proba[39:], 0.8)[np.arange(100), y[39:]].mean())
    error = np.std(inside) / np.sqrt(len(inside))
    assert 0.8 - 4 * error <= np.mean(inside) <= 0.8 + 1 / 40 + 4 * error


def test_too_few_rows_say_how_many_a_level_needs():
    with pytest.raises(InvalidData) as refusal:
        numbers(18).interval(np.zeros(1), 0.95)
    assert str(refusal.value) == (
        "level=0.95 needs at least 19 calibration rows, received 18. Use level=0.94, or set "
        "more of them aside."
    )
    numbers(19).interval(np.zeros(1), 0.95)
    with pytest.raises(InvalidData, match="at least 9 groups of calibration rows, received 6"):
        numbers(99, groups=np.arange(99) % 6).quantile(0.9)
    with pytest.raises(InvalidArgument, match=r"Use level=0\.9 for 90 %"):
        numbers().quantile(90)


def test_groups_count_the_same_each():
    y = np.concatenate([np.full(90, 100.0), np.arange(1.0, 10.0)])
    groups = np.concatenate([np.zeros(90), np.arange(1, 10)])
    scores = ConformityScores.of("regression", y, np.zeros(99), part=TEST, groups=groups)
    assert scores.quantile(0.8) == 9  # the 9th smallest of ten groups' errors, not 100
    assert numbers(99).quantile(0.8) == numbers(99, groups=np.arange(99)).quantile(0.8)


def test_of_very_many_rows_some_are_kept(monkeypatch):
    monkeypatch.setattr(calibration, "MOST_SCORES", 40)
    scores = numbers(1000)
    assert (scores.rows, len(scores.scores)) == (1000, 40)
    assert scores.basis == "calibrated on 1,000 rows that were used for nothing else"
    everything = np.abs(np.arange(1000.0))
    thinned = ConformityScores.of("regression", everything, np.zeros(1000), part=TEST)
    assert abs(thinned.quantile(0.5) - 500) <= 1000 / 40 * 2
    assert len(numbers(1000, groups=np.arange(1000)).scores) == 1000


def test_basis():
    y = np.zeros(3)
    for part, words in (
        (TEST, "calibrated on 3 rows that were used for nothing else"),
        (
            VALIDATION,
            "calibrated on 3 rows that also picked the best epoch, so it may be slightly too "
            "narrow",
        ),
        (
            FOLDS,
            "calibrated on 3 rows out of fold, by networks trained on fewer rows",
        ),
    ):
        assert ConformityScores.of("regression", y, y, part=part).basis == words
    grouped = ConformityScores.of("regression", y, y, part=TEST, groups=["a", "b", "b"])
    assert grouped.basis == "calibrated on 3 rows of 2 groups that were used for nothing else"


def test_predictions_that_are_not_finite():
    with pytest.raises(InvalidData) as refusal:
        ConformityScores.of("regression", np.zeros(3), [0, np.nan, np.inf], part=TEST)
    assert str(refusal.value) == (
        "the prediction for calibration row 2 is not finite (2 such rows in all). Check whether "
        "training diverged."
    )


SCALES = [
    LOG,
    ErrorScale("log", lowest=0.0, offset=0.7),
    ErrorScale("log", 2.0, power=1.0, lowest=0.0),
    ErrorScale("yeo-johnson", 3.0, 1.0, 0.25),
    ErrorScale("yeo-johnson", 1.0, 0.0, 0.0, lowest=0.0),
    ErrorScale("yeo-johnson", 1.0, 0.0, 2.0),
]


@pytest.mark.parametrize("scale", SCALES)
def test_a_target_is_inside_where_its_error_is_at_most_the_quantile(scale):
    """Also on the edge, which rounding on the way over a curve must not move inwards."""
    generator = np.random.default_rng(0)
    y = np.floor(np.exp(generator.normal(1, 1.5, size=999)))
    y = np.maximum(y, 1) if scale == LOG else y
    p = np.exp(generator.normal(1, 0.5, size=999))
    scores = ConformityScores.of("regression", y, p, part=TEST, scale=scale)
    for level in (0.1, 0.5, 0.9, 0.99):
        lower, upper = scores.interval(p, level)
        errors = np.abs(scale.targets(y) - scale.predictions(p))
        inside = (lower <= y) & (y <= upper)
        assert inside[errors <= scores.quantile(level)].all()
        assert inside.mean() >= level and (lower <= p).all() and (p <= upper).all()
        assert np.isfinite(upper).all()
        if scale.lowest is not None:
            assert lower.min() >= 0
        if not scale.offset:  # else they are widened to hold the mean
            assert not inside[errors > scores.quantile(level) * (1 + 1e-9)].any()


@pytest.mark.parametrize("scale", SCALES)
def test_coverage_on_a_curve_is_what_was_asked_for(scale):
    inside = []
    for seed in range(400):
        generator = np.random.default_rng(seed)
        p = np.exp(generator.normal(size=39 + 200))
        y = p * np.exp(generator.standard_t(3, size=39 + 200))
        scores = ConformityScores.of("regression", y[:39], p[:39], part=TEST, scale=scale)
        lower, upper = scores.interval(p[39:], 0.8)
        inside.append(((lower <= y[39:]) & (y[39:] <= upper)).mean())
    error = np.std(inside) / np.sqrt(len(inside))
    assert 0.8 - 4 * error <= np.mean(inside) <= 0.8 + 1 / 40 + 4 * error


def test_a_target_that_training_rows_say_cannot_be_is_in_no_interval_with_an_end():
    y, p = np.array([-3.0, 0.0, *np.full(17, 2.0)]), np.ones(19)
    scores = ConformityScores.of("regression", y, p, part=TEST, scale=LOG)
    lower, upper = scores.interval(np.array([5.0]), 0.85)
    np.testing.assert_allclose([lower[0], upper[0]], [2.5, 10.0])
    lower, upper = scores.interval(np.array([5.0]), 0.9)
    assert (lower[0], upper[0]) == (0.0, np.finfo(float).max)


def test_how_far_intervals_reach_in_words():
    y, p = np.full(19, 3.0), np.full(19, 1.5)

    def said(scale, **more):
        return ConformityScores.of("regression", y, p, part=TEST, scale=scale, **more).reach(0.9)

    assert said(None) == "± 1.5"
    assert said(LOG) == "from 0.5 to 2 times the prediction"
    assert said(ErrorScale("log", 1.5, power=1.0, lowest=0.0)) == (
        "from 0.667 to 1.5 times large predictions, up to 0.75 where 0 is predicted"
    )
    assert said(SCALES[3]) == "of one width on the scale of Yeo and Johnson"
    both = SeveralCalibrations.of(
        ("a", "b"), np.stack([y, y], 1), np.stack([p, p], 1), part=TEST, scales=(None, LOG)
    )
    assert both.reach(0.9) == "a ± 1.5; b from 0.5 to 2 times the prediction"
    lower, upper = both.interval(np.array([[10.0, 10.0]]), 0.9)
    np.testing.assert_allclose([lower[0], upper[0]], [[8.5, 5.0], [11.5, 20.0]])
    again = calibration_from(*both.record())
    assert again["b"].scale == LOG and again["a"].scale is None


@pytest.mark.parametrize("groups", [None, np.arange(99) % 50])
def test_record(groups):
    scores = numbers(groups=groups)
    again = ConformityScores.from_record(*scores.record())
    assert (again.part, again.rows, again.basis) == (scores.part, 99, scores.basis)
    assert again.quantile(0.9) == scores.quantile(0.9)
    assert "scale" not in scores.record()[0]  # as files of earlier versions are


@pytest.mark.parametrize("scale", SCALES)
def test_record_of_a_scale(scale):
    y = np.arange(1.0, 100.0)
    scores = ConformityScores.of("regression", y, y[::-1], part=TEST, scale=scale)
    again = ConformityScores.from_record(*scores.record())
    assert again.scale == scale
    for ours, theirs in zip(again.interval(y, 0.9), scores.interval(y, 0.9), strict=True):
        assert_same_bits(ours, theirs)


@pytest.mark.parametrize(
    ("document", "arrays", "error"),
    [
        ({"classifies": 1}, {}, InvalidArgument),
        ({"part": "train"}, {}, InvalidArgument),
        ({"part": None}, {}, InvalidArgument),
        ({"rows": 2.0}, {}, InvalidArgument),
        ({"rows": 2}, {}, InvalidArgument),
        ({"scale": "log"}, {}, InvalidArgument),
        ({"scale": {"curve": "line"}}, {}, InvalidArgument),
        ({"scale": {"curve": "log", "stretch": -1.0}}, {}, InvalidArgument),
        ({"scale": {"curve": "log", "power": 3.0}}, {}, InvalidArgument),
        ({"scale": {"curve": "log", "code": "x"}}, {}, InvalidArgument),
        ({"classifies": True, "scale": {"curve": "log"}}, {}, InvalidArgument),
        ({}, {"scores": np.zeros(3, np.float32)}, InvalidArgument),
        ({}, {"scores": np.zeros((3, 1))}, InvalidArgument),
        ({}, {"scores": np.zeros(0)}, InvalidArgument),
        ({}, {"scores": np.array([1.0, 0.0])}, InvalidArgument),
        ({}, {"scores": np.array([1.0, np.nan])}, InvalidArgument),
        ({}, {"groups": np.zeros(3, np.int64)}, InvalidArgument),
        ({}, {"groups": np.zeros(99)}, InvalidArgument),
        ({}, {"groups": np.full(99, -1)}, InvalidArgument),
        ({}, {"groups": np.full(99, 2**62)}, InvalidArgument),
        ({}, {"groups": np.full(99, 1)}, InvalidArgument),
    ],
)
def test_damaged_records(document, arrays, error):
    good, kept = numbers().record()
    with pytest.raises(error):
        ConformityScores.from_record(good | document, kept | arrays)


@pytest.mark.parametrize("name", ["classifies", "part", "rows"])
def test_records_with_something_missing(name):
    good, kept = numbers().record()
    with pytest.raises(InvalidArgument):
        ConformityScores.from_record({k: v for k, v in good.items() if k != name}, kept)
    with pytest.raises(KeyError):
        ConformityScores.from_record(good, {})
