"""Scores, baselines and calibrations of several targets."""

import json
import math
import re

import numpy as np
import pytest

from tests.support.close import assert_close
from trimtab.errors import InvalidData
from trimtab.predictor.scores import Scores, score
from trimtab.predictor.several.baselines import SeveralBaselines, baseline_from
from trimtab.predictor.several.calibrations import SeveralCalibrations, calibration_from
from trimtab.predictor.several.scores import SeveralScores, score_several, scores_from

NAMES = ("b", "a", "c")
UNITS = np.array([1.0, 1e6, 1e-6])


def rows(count=300, quality=1.0, seed=0):
    """Targets, and predictions whose errors go together in the three targets."""
    generator = np.random.default_rng(seed)
    y = generator.normal(size=(count, 3))
    common = generator.normal(size=(count, 1))
    noise = 0.7 * common + 0.5 * generator.normal(size=(count, 3))
    return y * UNITS + UNITS, (y + quality * noise * [0.2, 0.5, 1.0]) * UNITS + UNITS


def test_each_target_is_scored_as_if_it_were_alone():
    y, p = rows()
    weights = np.random.default_rng(1).uniform(0.2, 3, len(y))
    groups = np.arange(len(y)) // 3
    baseline = SeveralBaselines.of(NAMES, y, weights=weights)
    both = score_several(y, p, baseline=baseline, groups=groups, weights=weights, part="test rows")
    assert (both.rows, both.groups, both.part, both.target) == (300, 100, "test rows", NAMES)
    for i, name in enumerate(NAMES):
        alone = score(
            "regression",
            y[:, i],
            p[:, i],
            baseline=baseline[name],
            groups=groups,
            weights=weights,
            part="test rows",
            target=name,
        )
        assert both[name].record() == alone.record()
    shares = [each.relative.value for each in both.targets.values()]
    assert_close(both.relative.value, np.mean(shares), 1e-12)
    assert_close(
        both.r2.value, np.mean([s.metrics["r2"].value for s in both.targets.values()]), 1e-12
    )


def test_the_standard_error_of_the_mean_counts_that_errors_go_together():
    """Against rows drawn again and again."""
    y, p = rows(4000)
    baseline = SeveralBaselines.of(NAMES, y)
    both = score_several(y[:200], p[:200], baseline=baseline)
    drawn = [
        score_several(y[start : start + 200], p[start : start + 200], baseline=baseline)
        for start in range(0, 4000, 200)
    ]
    spread = np.std([each.relative.value for each in drawn], ddof=1)
    assert_close(np.mean([each.relative.error for each in drawn]), spread, 0.35, scale=spread)
    errors = [each.relative.error for each in both.targets.values()]
    independent = math.sqrt(sum(error**2 for error in errors)) / 3
    assert independent < both.relative.error <= np.mean(errors) * (1 + 1e-12)


def test_one_target_twice_has_the_error_of_one():
    y, p = rows()
    twice = np.repeat(y[:, :1], 2, axis=1), np.repeat(p[:, :1], 2, axis=1)
    both = score_several(*twice, baseline=SeveralBaselines.of(("u", "v"), twice[0]))
    one = both["u"].relative
    assert_close([both.relative.value, both.relative.error], [one.value, one.error], 1e-12)


@pytest.mark.parametrize(
    ("quality", "count", "said"),
    [
        (
            1.0,
            300,
            r"it makes 51 % ± 2 % less error than predicting the medians, on average over 3",
        ),
        (
            9.0,
            300,
            r"it makes \d+ % ± \d+ % more error than predicting the medians, .*\. It is worse ",
        ),
        (2.9, 8, r"there are too few rows to tell it from predicting the medians \(difference "),
        (1.0, 1, r"On 1 row nothing tells it from predicting the medians: one row is too few\."),
    ],
)
def test_what_is_said(quality, count, said):
    y, p = rows(count, quality, seed=3)
    train, _ = rows(500)
    sentence = score_several(y, p, baseline=SeveralBaselines.of(NAMES, train)).sentence()
    assert re.search(said, sentence), sentence
    for name in NAMES:
        assert f"{name}: its mean absolute error is " in sentence


def test_no_better_than_the_medians_is_said():
    y, _ = rows(2000)
    baseline = SeveralBaselines.of(NAMES, y)
    noise = 1e-3 * np.random.default_rng(1).normal(size=y.shape) * UNITS
    text = score_several(y, baseline.medians + noise, baseline=baseline).sentence()
    assert "it is no better than predicting the medians, on average over 3 targets (diff" in text


def test_a_target_that_is_the_same_everywhere_leaves_nothing_to_compare():
    y, p = rows(50)
    y[:, 1] = 2.0
    baseline = SeveralBaselines.of(NAMES, y)
    both = score_several(y, p, baseline=baseline)
    assert math.isnan(both.relative.value)
    assert "there is nothing to compare with: one target is the same in every row" in str(both)
    assert "R²" in repr(both)


def test_sentences_and_tables_have_a_limit_and_survive_odd_names():
    y = np.random.default_rng(0).normal(size=(40, 12))
    names = ("a\nb", "a very long name of a column that is wider than titles", *"cdefghijkl")
    both = score_several(y, y * 0.9, baseline=SeveralBaselines.of(names, y))
    assert both.sentence().endswith(" And 7 more.")
    lines = both.lines()
    assert len(lines) == 12 * 5  # a heading, three metrics, an empty line; one name on its own
    assert lines[0].startswith("a b  ")
    assert all("\n" not in line for line in lines)


def test_rows_and_numbers_that_cannot_be_scored_are_refused():
    y, p = rows(20)
    baseline = SeveralBaselines.of(NAMES, y)
    with pytest.raises(InvalidData, match="there are no rows to score"):
        score_several(y[:0], p[:0], baseline=baseline)
    p[3, 2] = np.nan
    with pytest.raises(InvalidData, match="prediction for row 4 of the rows is not finite"):
        score_several(y, p, baseline=baseline)


def test_large_units_do_not_overflow():
    y, p = rows(60)
    both = score_several(y * 1e200, p * 1e200, baseline=SeveralBaselines.of(NAMES, y * 1e200))
    small = score_several(y, p, baseline=SeveralBaselines.of(NAMES, y))
    assert_close(both.r2.value, small.r2.value, 1e-9)
    assert_close(both.relative.value, small.relative.value, 1e-9)


def test_records_come_back_in_order():
    y, p = rows(60)
    baseline = SeveralBaselines.of(NAMES, y)
    both = score_several(y, p, baseline=baseline, part="validation rows")
    again = scores_from(json.loads(json.dumps(both.record())))
    assert isinstance(again, SeveralScores)
    assert (again.target, again.sentence(), again.record()) == (
        both.target,
        both.sentence(),
        both.record(),
    )
    assert baseline_from(json.loads(json.dumps(baseline.record()))) == baseline
    one = both["a"]
    assert isinstance(scores_from(one.record()), Scores)
    assert baseline_from(baseline["a"].record()) == baseline["a"]
    calibration = SeveralCalibrations.of(NAMES, y, p, part="validation", groups=np.arange(60) // 2)
    document, arrays = calibration.record()
    back = calibration_from(json.loads(json.dumps(document)), arrays)
    assert tuple(back.targets) == NAMES
    np.testing.assert_array_equal(back.quantile(0.9), calibration.quantile(0.9))


DAMAGES = {
    "no targets": lambda r: r.update(targets={}),
    "one target": lambda r: r["targets"].pop("a") and r["targets"].pop("c"),
    "another task": lambda r: r.update(task="binary"),
    "no mean": lambda r: r.pop("relative"),
    "a mean of text": lambda r: r.update(relative=["x", 1.0]),
    "three numbers": lambda r: r.update(r2=[1.0, 1.0, 1.0]),
    "a list of targets": lambda r: r.update(targets=[]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_records_are_refused(damage):
    y, p = rows(60)
    record = score_several(y, p, baseline=SeveralBaselines.of(NAMES, y)).record()
    DAMAGES[damage](record)
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        scores_from(record)


def test_intervals_of_each_target_come_from_its_own_errors():
    y, p = rows(200)
    new, _ = rows(5, seed=5)
    both = SeveralCalibrations.of(NAMES, y, p, part="test")
    lower, upper = both.interval(new, 0.8)
    assert lower.shape == upper.shape == (5, 3)
    for i, name in enumerate(NAMES):
        one = both[name].interval(new[:, i], 0.8)
        np.testing.assert_array_equal([lower[:, i], upper[:, i]], one)
        inside = np.abs(y[:, i] - p[:, i]) <= both[name].quantile(0.8)
        assert 0.8 <= inside.mean() < 0.83
    assert both.basis == "calibrated on 200 rows that were used for nothing else"
    with pytest.raises(InvalidData, match=r"needs at least 999 calibration rows"):
        both.quantile(0.999)
