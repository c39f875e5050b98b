"""Metrics of classes against scikit-learn; each beside the constant that is best by it."""

import numpy as np
import pytest
from sklearn import metrics as reference

from tests.support.close import assert_close
from trimtab.predictor.baseline import Baseline
from trimtab.predictor.classes.metrics import cheapest, metrics_of_classes
from trimtab.predictor.draws import Draws
from trimtab.predictor.scores import Scores, score


def rows(rare=0.1, size=400, seed=0, digits=2):
    """Labels of which some are rare, and probabilities that know something of them, with ties."""
    generator = np.random.default_rng(seed)
    labels = (generator.random(size) < rare).astype(int)
    p = np.clip((0.3 * labels + generator.random(size) * 0.7).round(digits), 0, 1)
    return labels, np.stack([1 - p, p], axis=1), generator.random(size)


def scores_of(labels, p, **more):
    baseline = Baseline("binary", frequencies=(0.9, 0.1))
    return score("binary", labels, p, baseline=baseline, classes=("ok", "fraud"), **more)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("positive", [0, 1])
@pytest.mark.parametrize("threshold", [None, 0.35])
def test_metrics_are_scikit_learns(weighted, positive, threshold):
    labels, p, weights = rows()
    given = {"sample_weight": weights if weighted else None}
    found = scores_of(
        labels, p, positive=positive, threshold=threshold, weights=given["sample_weight"]
    ).metrics
    least = 0.5 if threshold is None else threshold
    # Of equal probabilities the first class is the most likely one.
    named = (
        p[:, positive] > least if threshold is None and positive == 1 else p[:, positive] >= least
    )
    truth = labels == positive
    expected = {
        "accuracy": reference.accuracy_score(truth, named, **given),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, named, **given),
        "log_loss": reference.log_loss(labels, np.clip(p, 1e-7, 1 - 1e-7), **given),
        "roc_auc": reference.roc_auc_score(truth, p[:, positive], **given),
        "average_precision": reference.average_precision_score(truth, p[:, positive], **given),
        "precision": reference.precision_score(truth, named, **given),
        "recall": reference.recall_score(truth, named, **given),
        "f1": reference.f1_score(truth, named, **given),
    }
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert_close(found[name].value, value, 1e-6 if name == "log_loss" else 1e-12, what=name)


def test_several_classes_are_balanced_over_those_that_occur():
    labels = np.array([0, 0, 0, 1, 1, 3])
    p = np.eye(4)[[0, 0, 1, 1, 0, 3]]
    baseline = Baseline("multiclass", frequencies=(0.4, 0.3, 0.2, 0.1))
    found = score("multiclass", labels, p, baseline=baseline)
    assert_close(found.metrics["balanced_accuracy"].value, (2 / 3 + 1 / 2 + 1) / 3, 1e-12)
    assert_close(found.baseline["balanced_accuracy"].value, 1 / 3, 1e-12)
    assert list(found.metrics) == ["accuracy", "balanced_accuracy", "log_loss"]
    of_one = score("multiclass", labels, p, baseline=baseline, positive=1)
    assert_close(of_one.metrics["recall"].value, 0.5, 1e-12)
    assert_close(of_one.metrics["precision"].value, 0.5, 1e-12)


@pytest.mark.parametrize(
    ("quoted", "words", "value"),
    [
        ("accuracy", "always 'ok'", lambda y: 1 - y.mean()),
        ("balanced_accuracy", "any constant", lambda y: 0.5),
        ("roc_auc", "any constant", lambda y: 0.5),
        ("average_precision", "any constant", lambda y: y.mean()),
        ("precision", "always 'fraud'", lambda y: y.mean()),
        ("recall", "always 'fraud'", lambda y: 1.0),
        ("f1", "always 'fraud'", lambda y: 2 * y.mean() / (1 + y.mean())),
        ("cost", "always 'fraud'", lambda y: (1 - y).mean()),
        (
            "log_loss",
            "the shares of the classes",
            lambda y: -(y * np.log(0.1) + (1 - y) * np.log(0.9)).mean(),
        ),
    ],
)
def test_each_metric_beside_its_best_constant(quoted, words, value):
    labels, p, _ = rows()
    found = scores_of(labels, p, quoted=quoted, costs=(1.0, 30.0))
    assert found.quoted == quoted and found.constants[quoted] == words
    assert_close(found.baseline[quoted].value, value(labels), 1e-12)
    sign = -1 if quoted in ("cost", "log_loss") else 1
    difference = sign * (found.metrics[quoted].value - found.baseline[quoted].value)
    assert_close(found.gain.value, difference, 1e-12)
    assert Scores.from_record(found.record()).record() == found.record()
    again = Scores.from_record(found.record())
    assert (again.sentence(), again.lines()) == (found.sentence(), found.lines())


def test_no_constant_has_a_lower_cost_in_training():
    for costs in [(1, 1), (1, 5), (1, 20), (3, 1)]:
        for rare in (0.01, 0.3, 0.6):
            shares = (1 - rare, rare)
            each = [shares[1] * costs[1], shares[0] * costs[0]]  # of always 0, of always 1
            baseline = Baseline("binary", frequencies=shares)
            assert cheapest(baseline, costs) == int(np.argmin(each))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("constant", ["median", "mean"])
def test_the_constant_for_numbers_is_the_best_one(weighted, constant):
    """By weight, too: no other constant has a lower error on the training rows."""
    generator = np.random.default_rng(3)
    y, w = generator.lognormal(size=301), generator.random(301) ** 3
    w = w if weighted else None
    found = score(
        "regression", y, y + 1, baseline=Baseline.of("regression", y, weights=w), weights=w
    )
    name, power = {"median": ("mae", 1), "mean": ("rmse", 2)}[constant]
    best = min(
        np.average(np.abs(y - each) ** power, weights=w) ** (1 / power)
        for each in np.linspace(y.min(), np.quantile(y, 0.9), 4001)
    )
    assert best * (1 - 1e-12) >= found.baseline[name].value * (1 - 1e-5)
    assert found.baseline[name].value <= best + 1e-12
    assert found.constants[name].startswith(f"the {constant}, ")


def test_rows_of_one_class_have_what_they_allow():
    _, p, _ = rows(size=20)
    found = scores_of(np.zeros(20, int), p, quoted="balanced_accuracy", costs=(1.0, 9.0))
    assert list(found.metrics) == ["accuracy", "log_loss", "cost"]
    assert found.quoted == "accuracy" and "of predictions are right" in found.sentence()
    assert Scores.from_record(found.record()).sentence() == found.sentence()


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("costs", [(), (1.0, 9.0)])
def test_rows_of_one_class_tell_nothing_about_a_constant(label, costs):
    """The constant of that class is always right, and the other one always wrong."""
    _, p, _ = rows(size=60)
    quoted = "cost" if costs else "balanced_accuracy"
    found = scores_of(np.full(60, label), p, quoted=quoted, costs=costs)
    assert found.sentence().endswith(": rows of one class cannot tell the two apart.")
    assert "worse than no model" not in str(found)


def test_one_row_of_classes():
    found = scores_of([1], [[0.2, 0.8]], part="rows of new.csv", quoted="roc_auc")
    assert found.sentence().startswith("On 1 row of new.csv the prediction is right; always")
    found = scores_of([1], [[0.8, 0.2]], part="rows of new.csv")
    assert found.sentence().startswith("On 1 row of new.csv the prediction is wrong; always")
    assert found.sentence().endswith(": one row is too few to tell the two apart.")
    found = scores_of([1, 1], [[0.2, 0.8]] * 2)
    assert "all predictions are right (up to 100 % wrong cannot be ruled out)" in found.sentence()


def test_no_row_is_named_positive():
    labels, p, _ = rows()
    found = scores_of(labels, p, threshold=1.0)
    assert "precision" not in found.metrics
    assert (found.metrics["recall"].value, found.metrics["f1"].value) == (0, 0)
    assert_close(found.metrics["balanced_accuracy"].value, 0.5, 1e-12)


@pytest.mark.parametrize(
    ("quoted", "begins", "ends"),
    [
        (
            "balanced_accuracy",
            "its balanced accuracy is ",
            "always predicting one class gives 50 %",
        ),
        ("roc_auc", "it ranks a row of class 'fraud' above another one in ", "chance gives 50 %"),
        ("f1", "its F1 of 'fraud' is 0.", "always predicting 'fraud' gives 0."),
        ("recall", "its recall of 'fraud' is ", "always predicting 'fraud' gives 100 %"),
        ("cost", "a row costs 1.", "always predicting 'fraud' costs 0."),
        (
            "log_loss",
            "its log loss is 0.",
            "predicting the shares of the classes in training gives",
        ),
    ],
)
def test_sentences_name_the_constant(quoted, begins, ends):
    labels, p, _ = rows()
    said = scores_of(labels, p, quoted=quoted, costs=(1.0, 30.0), part="test rows").sentence()
    assert said.startswith(f"On 400 test rows {begins}") and f"; {ends}" in said


def test_order_of_classes_does_not_depend_on_the_positive_one():
    labels, p, _ = rows()
    first, second = (scores_of(labels, p, positive=number) for number in (0, 1))
    assert (first.positive, second.positive) == ("ok", "fraud")
    for name in ("accuracy", "balanced_accuracy", "log_loss", "roc_auc"):
        assert_close(first.metrics[name].value, second.metrics[name].value, 1e-12)
    assert first.metrics["f1"].value != second.metrics["f1"].value
    assert any(line.startswith("F1 of 'ok'") for line in first.lines())


def test_long_labels_are_shortened():
    labels, p, _ = rows()
    baseline = Baseline("binary", frequencies=(0.9, 0.1))
    found = score("binary", labels, p, baseline=baseline, classes=("a" * 500, "b" * 500))
    assert max(map(len, [*found.lines(), found.sentence()])) <= 300


def test_influences_are_derivatives_by_the_weight_of_a_row():
    labels, p, weights = rows(0.2, 150, digits=1)  # many ties
    weights += 0.1

    def measured(w):
        baseline = Baseline("binary", frequencies=(0.8, 0.2))
        named = (p[:, 1] >= 0.5).astype(int)
        draws = Draws(w, None)
        return metrics_of_classes(draws, labels, p, named, baseline, positive=1, costs=(1.0, 5.0))[
            0
        ]

    before, step = measured(weights), 1e-5
    assert len(before) == 9
    for row in range(0, 150, 11):
        changed = weights.copy()
        changed[row] *= 1 + step
        for name, after in measured(changed).items():
            slope = (after.value - before[name].value) / step
            influence = weights[row] / weights.mean() * before[name].influence[row] / 150
            assert abs(slope - influence) <= 1e-7, (name, row)
