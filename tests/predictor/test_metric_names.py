"""Names of metrics, as people type them; which one is quoted."""

import pytest

from trimtab.errors import InvalidArgument
from trimtab.predictor.metric_names import METRICS, nearest_metric, quoted_metric, score_name
from trimtab.predictor.training import defaults
from trimtab.predictor.training.options import TrainOptions


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("auc", "roc_auc"),
        ("AUC", "roc_auc"),
        ("roc_auc", "roc_auc"),
        ("ROC-AUC", "roc_auc"),
        ("RocAuc", "roc_auc"),
        ("f1", "f1"),
        ("F1 score", "f1"),
        ("f1_score", "f1"),
        ("neg_mean_absolute_error", "mae"),
        ("neg_root_mean_squared_error", "rmse"),
        ("RootMeanSquaredError", "rmse"),
        ("neg_log_loss", "log_loss"),
        ("r2_score", "r2"),
        ("balanced_accuracy_score", "balanced_accuracy"),
        ("average_precision", "average_precision"),
        ("acc", "accuracy"),
        ("sensitivity", "recall"),
    ],
)
def test_names_from_elsewhere(typed, name):
    assert score_name(typed) == name
    assert score_name(TrainOptions(metric=typed).metric[0]) == name


def test_all_names_are_their_own():
    for names in METRICS.values():
        for name in names:
            assert score_name(name) == name


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("mape", "The nearest: mae is the absolute error in the target's own units."),
        ("f1_macro", "The nearest: balanced_accuracy counts all classes alike."),
        ("neg_brier_score", "The nearest: log_loss also measures probabilities."),
        ("acuracy", "Did you mean 'accuracy'?"),
        ("rock_auc", "Did you mean 'roc_auc'?"),
    ],
)
def test_what_scores_lack_has_a_nearest(typed, hint):
    assert score_name(typed) is None and nearest_metric(typed) == hint
    with pytest.raises(InvalidArgument) as refusal:
        TrainOptions(metric=typed)
    assert str(refusal.value) == (
        f"metric has no {typed!r}. {hint} For numbers there are 'mae', 'rmse', 'r2'; for classes "
        "'accuracy', 'balanced_accuracy', 'log_loss', 'roc_auc', 'average_precision', "
        "'precision', 'recall', 'f1', 'cost'."
    )


@pytest.mark.parametrize(
    ("options", "shares", "quoted"),
    [
        ({}, (0.6, 0.4), "accuracy"),
        ({}, (0.95, 0.05), "roc_auc"),
        ({"class_weight": "balanced"}, (0.6, 0.4), "balanced_accuracy"),
        ({"class_weight": "balanced"}, (0.99, 0.01), "balanced_accuracy"),
        ({"threshold": "f1"}, (0.99, 0.01), "f1"),
        ({"threshold": "balanced"}, (0.5, 0.5), "balanced_accuracy"),
        ({"cost": {"a": 5.0}}, (0.5, 0.5), "cost"),
        ({"threshold": 0.3}, (0.5, 0.5), "accuracy"),
        ({"metric": ["log_loss", "auc"], "class_weight": "balanced"}, (0.5, 0.5), "log_loss"),
        ({"metric": ["cost"]}, (0.5, 0.5), "accuracy"),
    ],
)
def test_what_is_quoted_of_two_classes(options, shares, quoted):
    assert quoted_metric(options, "binary", shares, speaks=True) == quoted


def test_what_is_quoted_of_others():
    assert quoted_metric({}, "multiclass", (0.5, 0.3, 0.2), speaks=False) == "accuracy"
    assert quoted_metric({}, "multiclass", (0.95, 0.03, 0.02), speaks=False) == "log_loss"
    assert quoted_metric({"metric": ["f1"]}, "multiclass", (0.5, 0.3), speaks=False) == "accuracy"
    assert quoted_metric({"metric": ["f1"]}, "multiclass", (0.5, 0.3), speaks=True) == "f1"
    assert quoted_metric({}, "regression", (), speaks=False) == "mae"
    assert quoted_metric({"loss": "mse"}, "regression", (), speaks=False) == "rmse"
    assert quoted_metric({"metric": ["r2"]}, "regression", (), speaks=False) == "r2"


@pytest.mark.parametrize(
    ("typed", "task", "loss"),
    [
        ("absolute_error", "regression", "mae"),
        ("l1", "regression", "mae"),
        ("squared_error", "regression", "mse"),
        ("neg_mean_squared_error", "regression", "mse"),
        ("mae", "regression", "mae"),
        ("log_loss", "binary", "binary_crossentropy"),
        ("categorical_crossentropy", "multiclass", "sparse_categorical_crossentropy"),
        ("cross_entropy", "multiclass", "sparse_categorical_crossentropy"),
        ("bce", "binary", "bce"),
    ],
)
def test_losses_by_names_from_elsewhere(typed, task, loss):
    assert defaults.decide(TrainOptions(loss=typed), task=task, rows=100).loss == loss


def test_losses_that_do_not_fit():
    for typed, task in (("log_loss", "regression"), ("mae", "binary"), ("mse", "multiclass")):
        with pytest.raises(InvalidArgument, match=rf"loss must be one of .* for {task}, received"):
            defaults.decide(TrainOptions(loss=typed), task=task, rows=100)
    with pytest.raises(InvalidArgument, match="no loss is called 'mea'"):
        TrainOptions(loss="mea")
