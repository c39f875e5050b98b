"""Metrics against scikit-learn, standard errors against simulation, sentences word by word."""

import json
import math

import numpy as np
import pytest
from sklearn import metrics as reference

from tests.support.close import assert_close
from trimtab.errors import InvalidData
from trimtab.predictor.draws import headline, row_losses
from trimtab.predictor.figures import plus_minus
from trimtab.predictor.scores import Baseline, Score, Scores, score

TASKS = ("regression", "binary", "multiclass")


def case(task, rows=200, seed=0, groups=None, quality=1.0):
    """Targets, and predictions that know something of them (``quality`` 0: nothing).

    With ``groups`` rows of a group share what is not known.
    """
    generator = np.random.default_rng(seed)
    signal, noise = generator.normal(size=rows), generator.normal(size=rows)
    if groups is not None:
        signal = generator.normal(size=int(groups.max()) + 1)[groups] + 0.3 * signal
        noise = generator.normal(size=int(groups.max()) + 1)[groups] + 0.3 * noise
    latent = signal + noise
    known = quality * signal
    if task == "regression":
        return 5 + latent, 5 + known
    if task == "binary":
        p = 1 / (1 + np.exp(-known))
        return (latent > 0).astype(float), np.stack([1 - p, p], axis=1)
    y = np.digitize(latent, [-0.7, 0.7]).astype(float)
    logits = np.stack([-known, np.full(rows, 0.3), known], axis=1)
    p = np.exp(logits)
    return y, p / p.sum(axis=1, keepdims=True)


def scores_of(task, y, p, **more):
    y_before, _ = case(task, 1000, seed=99)
    return score(task, y, p, baseline=Baseline.of(task, y_before), **more)


# -- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
def test_regression_metrics_are_scikit_learns(weighted):
    y, p = case("regression")
    weights = np.random.default_rng(1).random(200) if weighted else None
    found = scores_of("regression", y, p, weights=weights).metrics
    given = {"sample_weight": weights}
    assert list(found) == ["mae", "rmse", "r2"]
    assert_close(found["mae"].value, reference.mean_absolute_error(y, p, **given), 1e-12)
    assert_close(found["rmse"].value, reference.mean_squared_error(y, p, **given) ** 0.5, 1e-12)
    assert_close(found["r2"].value, reference.r2_score(y, p, **given), 1e-12)


@pytest.mark.parametrize("power", [-1000, -100, 100, 1000])
@pytest.mark.parametrize("groups", [None, np.arange(200) % 50])
def test_any_unit_is_a_unit(power, groups):
    """To the bit, where the other unit is a power of two of this one; nothing overflows."""
    y, p = case("regression", groups=groups)
    plain = score("regression", y, p, baseline=Baseline.of("regression", y), groups=groups)
    y, p = np.ldexp(y, power), np.ldexp(p, power)
    found = score("regression", y, p, baseline=Baseline.of("regression", y), groups=groups)
    for own, other in ((plain.metrics, found.metrics), (plain.baseline, found.baseline)):
        for name in ("mae", "rmse"):
            assert other[name].value == np.ldexp(own[name].value, power)
            assert other[name].error == np.ldexp(own[name].error, power)
        assert other["r2"] == own["r2"]
    assert found.relative == plain.relative
    assert found.gain.error == np.ldexp(plain.gain.error, power)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_class_metrics_are_scikit_learns(task, weighted):
    y, p = case(task)
    weights = np.random.default_rng(1).random(200) if weighted else None
    found = scores_of(task, y, p, weights=weights).metrics
    given = {"sample_weight": weights}
    expected = reference.accuracy_score(y, p.argmax(axis=1), **given)
    assert_close(found["accuracy"].value, expected, 1e-12)
    assert_close(found["log_loss"].value, reference.log_loss(y, p, **given), 1e-12)
    assert ("roc_auc" in found) == (task == "binary")
    if task == "binary":
        rounded = p.round(1)  # many ties
        found = scores_of(task, y, rounded, weights=weights).metrics
        expected = reference.roc_auc_score(y, rounded[:, 1], **given)
        assert_close(found["roc_auc"].value, expected, 1e-12)


def test_two_classes_asked_for_as_several():
    y, p = case("binary")
    asked = scores_of("binary", y, p)
    several = score("multiclass", y, p, baseline=Baseline.of("multiclass", y, classes=2))
    assert several.metrics == asked.metrics
    assert Scores.from_record(several.record()).metrics == asked.metrics


def test_area_needs_both_classes():
    _, p = case("binary", 20)
    assert "roc_auc" not in scores_of("binary", np.ones(20), p).metrics


def test_baseline():
    y = [1.0, 2.0, 3.0, 10.0]
    assert Baseline.of("regression", y) == Baseline("regression", 4.0, 2.5)
    assert Baseline.of("regression", y[:3]).median == 2
    weighted = Baseline.of("regression", y, weights=[1, 1, 1, 5])
    assert (weighted.mean, weighted.median) == (7.0, 10.0)
    binary = Baseline.of("binary", [0, 0, 0])
    assert (binary.frequencies, binary.most_frequent) == ((1.0, 0.0), 0)
    classes = Baseline.of("multiclass", [1, 1, 0], weights=[1, 1, 6], classes=4)
    assert (classes.frequencies, classes.most_frequent) == ((0.75, 0.25, 0, 0), 0)


def test_the_baseline_is_scored_like_a_model():
    y, p = case("regression")
    scores = scores_of("regression", y, p)
    constant = Baseline.of("regression", case("regression", 1000, seed=99)[0])
    assert_close(scores.baseline["mae"].value, np.abs(y - constant.median).mean(), 1e-12)
    squared = np.square(y - constant.mean).mean()
    assert_close(scores.baseline["rmse"].value, np.sqrt(squared), 1e-12)
    assert_close(
        scores.gain.value, scores.baseline["mae"].value - scores.metrics["mae"].value, 1e-12
    )
    y, p = case("binary")
    scores = scores_of("binary", y, p)
    assert scores.baseline["roc_auc"].value == 0.5
    assert scores.baseline["accuracy"].value in (y.mean(), 1 - y.mean())


def test_probabilities_of_nothing_cost_a_finite_loss():
    losses = row_losses("binary", [0, 1], [[0.0, 1.0], [0.0, 1.0]])
    assert_close(losses, [-math.log(1e-7), 0], 1e-12)
    assert row_losses("regression", [1, 2], [3, 2]).tolist() == [2, 0]
    assert [headline(task) for task in TASKS] == ["mae", "log_loss", "log_loss"]


# -- standard errors ------------------------------------------------------------------------------


def everything(scores):
    return scores.metrics | {"gain": scores.gain, "relative": scores.relative}


@pytest.mark.parametrize("grouping", ["rows", "groups", "weights"])
@pytest.mark.parametrize("task", TASKS)
def test_standard_errors_are_the_spread_over_other_rows(task, grouping):
    """800 draws: the spread is known to 2.5 %, and influences are first order only."""
    groups = np.arange(240) % 60 if grouping == "groups" else None
    weights = None
    values, errors = {}, {}
    for seed in range(800):
        y, p = case(task, 240, seed, groups)
        if grouping == "weights":
            weights = np.where(np.arange(240) % 3 == 0, 4.0, 0.5)
        found = scores_of(task, y, p, groups=groups, weights=weights)
        for name, each in everything(found).items():
            if not math.isnan(each.value):
                values.setdefault(name, []).append(each.value)
                errors.setdefault(name, []).append(each.error)
    assert len(values) >= 3
    for name, drawn in values.items():
        spread = np.std(drawn)
        said = np.sqrt(np.mean(np.square(errors[name])))
        assert abs(said / spread - 1) <= 0.1, (name, said, spread)


def test_rows_of_a_group_taken_as_draws_are_too_sure():
    groups = np.arange(240) % 60
    y, p = case("regression", 240, 3, groups)
    alone, grouped = (scores_of("regression", y, p, groups=g) for g in (None, groups))
    assert 1.5 * alone.metrics["mae"].error <= grouped.metrics["mae"].error
    assert (alone.groups, grouped.groups) == (None, 60)


def test_a_mean_has_the_error_of_a_mean():
    y, p = case("regression")
    error = scores_of("regression", y, p).metrics["mae"].error
    assert_close(error, np.std(np.abs(y - p), ddof=1) / np.sqrt(200), 1e-12)


def test_delongs_variance():
    """DeLong, DeLong & Clarke-Pearson 1988, from its definition."""
    y, p = case("binary", 60)
    ranked, positive = p[:, 1].round(1), y == 1
    wins = (ranked[positive][:, None] > ranked[~positive]) + 0.5 * (
        ranked[positive][:, None] == ranked[~positive]
    )
    m, n = wins.shape
    variance = wins.mean(axis=1).var(ddof=1) / m + wins.mean(axis=0).var(ddof=1) / n
    found = scores_of("binary", y, np.stack([1 - ranked, ranked], axis=1)).metrics["roc_auc"]
    # One divisor n - 1 of all rows instead of two of the classes'.
    assert_close(found.error, math.sqrt(variance), 0.02)


def test_one_draw_says_nothing_of_the_next():
    for more in ({}, {"groups": ["a"] * 5}):
        rows = 5 if more else 1
        scores = scores_of("regression", np.arange(rows) + 3.0, np.arange(rows) + 3.5, **more)
        assert scores.metrics["mae"].value == 0.5
        assert math.isnan(scores.metrics["mae"].error)


# -- the sentence ---------------------------------------------------------------------------------


def numbers(gain, rows=480, seed=0, offset=0.0, **more):
    """A model whose error is the share ``1 - gain`` of the baseline's, more or less."""
    generator = np.random.default_rng(seed)
    y = generator.normal(size=rows)
    p = gain * y + offset + 1e-3 * generator.normal(size=rows)
    baseline = Baseline("regression", 0.0, 0.0)
    return score("regression", y, p, baseline=baseline, target="quality", **more)


def test_a_better_model():
    scores = numbers(0.26, part="validation rows")
    assert scores.sentence() == (
        "On 480 validation rows its mean absolute error is 0.601 ± 0.021; predicting the median "
        "quality (0) would be off by 0.812 ± 0.028: 26.0 % ± 0.1 % less error."
    )


def test_a_worse_model():
    assert numbers(-0.5).sentence() == (
        "On 480 rows its mean absolute error is 1.218 ± 0.042; predicting the median quality (0) "
        "would be off by 0.812 ± 0.028: 50.0 % ± 0.1 % more error. It is worse than no model."
    )


def test_no_better():
    sentence = numbers(0.0).sentence()
    assert sentence.endswith("no better than the median (difference 0.000058 ± 0.000042).")


def test_too_few_rows_to_tell():
    generator = np.random.default_rng(0)
    y, p = generator.normal(size=6), 0.5 * generator.normal(size=6)
    scores = score("regression", y, p, baseline=Baseline("regression", 0.0, 0.0))
    assert ": too few rows to tell the two apart (difference" in scores.sentence()
    grouped = score(
        "regression", y, p, baseline=Baseline("regression", 0.0, 0.0), groups=[1, 1, 2, 2, 3, 3]
    )
    assert "On 6 rows (3 groups) its" in grouped.sentence()
    assert ": too few groups to tell the two apart" in grouped.sentence()


@pytest.mark.parametrize("rows", [8, 40, 400])
def test_what_chance_explains_is_called_no_gain(rows):
    """Where the gain is less than its standard error, the sentence never calls it one."""
    seen = 0
    for seed in range(60):
        y, noise = np.random.default_rng(seed).normal(size=(2, rows))
        baseline = Baseline("regression", 0.0, 0.0)
        scores = score("regression", y, 0.02 * noise, baseline=baseline)
        if abs(scores.gain.value) < scores.gain.error:
            seen += 1
            sentence = scores.sentence()
            assert "too few rows to tell" in sentence or "no better than the median" in sentence
            assert f"(difference {scores.gain})" in sentence
    assert seen > 0
    seen = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        y = (generator.random(rows) < 0.4).astype(int)
        p = np.column_stack([1 - (q := generator.random(rows) * 0.6 + 0.05 * y), q])
        baseline = Baseline.of("binary", [0, 0, 0, 1, 1])
        scores = score("binary", y, p, baseline=baseline, classes=("no", "yes"))
        if abs(scores.gain.value) < scores.gain.error:
            seen += 1
            said = scores.sentence()
            assert "too few rows to tell" in said or "no better than that class" in said
    assert seen > 0


def test_one_row():
    baseline = Baseline("regression", 5.0, 5.0)
    scores = score("regression", [4.0], [4.5], baseline=baseline, part="rows of new.csv")
    assert scores.sentence() == (
        "On 1 row of new.csv its mean absolute error is 0.5 ± ?; predicting the median target (5) "
        "would be off by 1 ± ?: one row is too few to tell the two apart."
    )


@pytest.mark.parametrize("y", [[4.0], [4.0, 4.0, 4.0]])
def test_no_r2_where_targets_are_all_the_same(y):
    baseline = Baseline("regression", 5.0, 5.0)
    scores = score("regression", y, [4.5] * len(y), baseline=baseline, quoted="r2")
    assert list(scores.metrics) == ["mae", "rmse"] and "nan" not in str(scores)
    assert Scores.from_record(scores.record()).sentence() == scores.sentence()


def test_a_metric_by_its_name():
    scores = score("regression", [4.0, 6.0], [4.5, 6.0], baseline=Baseline("regression", 5.0, 5.0))
    assert scores["mae"] is scores.metrics["mae"]
    with pytest.raises(KeyError, match="'mse': there are 'mae', 'rmse', 'r2'"):
        scores["mse"]


def test_better_than_the_mean_but_not_than_the_median():
    """Where a few targets are very large, the median beats the mean without knowing anything."""
    y = np.exp(2 * np.random.default_rng(0).normal(size=500))
    baseline = Baseline.of("regression", y)
    scores = score("regression", y, np.full(500, baseline.median), baseline=baseline)
    assert ": no better than the median (difference 0 ± 0)." in scores.sentence()
    assert 0 < scores.metrics["mae"].value < np.abs(y - y.mean()).mean()


def test_classes():
    y, p = case("multiclass", 300, quality=3)
    baseline = Baseline.of("multiclass", y)
    sentence = score(
        *("multiclass", y, p), baseline=baseline, part="test rows", classes=["a", "b", "c"]
    ).sentence()
    assert sentence == (
        "On 300 test rows 56 % ± 3 % of predictions are right; always predicting 'b', the most "
        "frequent class in training, gives 38 % ± 3 %: 18 ± 5 percentage points more."
    )


def test_every_one_right():
    y = np.arange(36) % 2
    p = np.stack([1 - y, y], axis=1) * 0.8 + 0.1
    baseline = Baseline("binary", frequencies=(0.5, 0.5))
    assert score("binary", y, p, baseline=baseline, part="test rows").sentence() == (
        "On 36 test rows all predictions are right (up to 8.3 % wrong cannot be ruled out); always "
        "predicting 0, the most frequent class in training, gives 50 % ± 8 %: 50 ± 8 "
        "percentage points more."
    )


def test_folds():
    assert (
        numbers(0.5, part="5-fold")
        .sentence()
        .startswith("On 480 rows in 5-fold cross-validation its mean absolute error is")
    )


def test_people_read_scores_as_they_are_printed():
    y = np.array([1.0, 2.0, 3.0, 4.0])
    scores = scores_of("regression", y, y + 0.5)
    assert repr(scores).startswith(f"<Scores of 4 {scores.part}: mae 0.5 ± 0, rmse ")
    assert "\n" not in repr(scores)
    assert str(scores).splitlines() == [*scores.lines(), "", scores.sentence()]


def test_lines():
    y, p = case("regression")
    lines = scores_of("regression", y, p).lines()
    assert len(lines) == 4 and lines[0].split() == ["model", "best", "constant"]
    assert lines[1].startswith("mean absolute error") and "  the median, " in lines[1]
    assert "  the mean, " in lines[2] and "  the mean, " in lines[3]
    assert len({line.rindex("  the m") for line in lines[1:]} | {len(lines[0])}) == 1


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.50312, 0.0187, "0.503 ± 0.019"),
        (1234.5, 0.5, "1,234.50 ± 0.50"),
        (1234567, 4321, "1,234,567 ± 4,321"),
        (1.5e-9, 2e-10, "1.5e-09 ± 2e-10"),
        (3e15, 2e12, "3e+15 ± 2e+12"),
        (0.25, 0.0, "0.25 ± 0"),
        (0.25, 1e-17, "0.25 ± 0"),
        (math.nan, math.nan, "nan ± ?"),
    ],
)
def test_plus_minus(value, error, text):
    assert plus_minus(value, error) == text
    assert str(Score(value, error)) == text


# -- refusals and files ---------------------------------------------------------------------------


def test_refusals():
    baseline = Baseline("regression", 0.0, 0.0)
    with pytest.raises(InvalidData) as refusal:
        score("regression", [], [], baseline=baseline)
    assert str(refusal.value) == (
        "there are no rows to score. Pass at least one row with a target."
    )
    with pytest.raises(InvalidData) as refusal:
        score("regression", [1, 2], [1, np.inf], baseline=baseline, part="test rows")
    assert str(refusal.value) == (
        "the prediction for row 2 of the test rows is not finite (1 such rows in all). Check "
        "whether training diverged."
    )
    for weights in ([1], [1, -1], [0, 0], [1, np.nan], [1, np.inf]):
        with pytest.raises(InvalidData, match="weights must hold one finite number of 0 or more"):
            score("regression", [1, 2], [1, 2], baseline=baseline, weights=weights)


@pytest.mark.parametrize("task", TASKS)
def test_records(task):
    y, p = case(task)
    for groups in (None, np.arange(200) % 7, np.zeros(200)):
        scores = scores_of(task, y, p, groups=groups, part="test rows", target="y")
        text = json.dumps(scores.record(), allow_nan=False)
        again = Scores.from_record(json.loads(text))
        assert json.dumps(again.record(), allow_nan=False) == text
        assert again.sentence() == scores.sentence()
    baseline = Baseline.of(task, y)
    again = Baseline.from_record(json.loads(json.dumps(baseline.record(), allow_nan=False)))
    assert again.record() == baseline.record()


def damaged(record):
    """One wrong thing each, in every place."""
    for name, value in record.items():
        yield {key: each for key, each in record.items() if key != name}
        for wrong in (None, [], {}, "x", -1, 1.5, [1], {"mae": [1]}, [None, None, None]):
            if type(wrong) is not type(value):
                yield record | {name: wrong}


@pytest.mark.parametrize("task", TASKS)
def test_damaged_records(task):
    y, p = case(task, 30)
    refused = 0
    for kind, record in (
        (Scores, scores_of(task, y, p).record()),
        (Baseline, Baseline.of(task, y).record()),
    ):
        for wrong in damaged(record):
            try:
                read = kind.from_record(wrong)
            except (KeyError, TypeError, ValueError):
                refused += 1
            else:
                assert isinstance(read, kind)
                if kind is Scores:
                    read.sentence()
                    read.lines()
    assert refused >= 60
