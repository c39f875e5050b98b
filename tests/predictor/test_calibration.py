"""Intervals and sets at any level, from errors that are kept."""

import numpy as np
import pytest

from tests.support.close import assert_same_bits
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.insight.uncertainty import conformal
from trimtab.predictor import calibration
from trimtab.predictor.calibration import FOLDS, TEST, VALIDATION, ConformityScores


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


@pytest.mark.parametrize("groups", [None, np.arange(99) % 50])
def test_record(groups):
    scores = numbers(groups=groups)
    again = ConformityScores.from_record(*scores.record())
    assert (again.part, again.rows, again.basis) == (scores.part, 99, scores.basis)
    assert again.quantile(0.9) == scores.quantile(0.9)


@pytest.mark.parametrize(
    ("document", "arrays", "error"),
    [
        ({"classifies": 1}, {}, InvalidArgument),
        ({"part": "train"}, {}, InvalidArgument),
        ({"part": None}, {}, InvalidArgument),
        ({"rows": 2.0}, {}, InvalidArgument),
        ({"rows": 2}, {}, InvalidArgument),
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
