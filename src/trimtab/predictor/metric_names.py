"""The metrics that scores hold: their names here and elsewhere, and which one is quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION

__all__ = [
    "ERRORS",
    "METRICS",
    "OF_ONE_CLASS",
    "RARE",
    "SHARES",
    "metrics_of",
    "quoted_metric",
    "score_name",
    "title",
]

_OF_CLASSES = ("accuracy", "balanced_accuracy", "log_loss")

#: Metrics that speak of one class.
OF_ONE_CLASS = ("roc_auc", "average_precision", "precision", "recall", "f1")

#: Names of all metrics in the order they are shown; the first is quoted where nothing else is asked.
METRICS = {
    REGRESSION: ("mae", "rmse", "r2"),
    BINARY: (*_OF_CLASSES, *OF_ONE_CLASS, "cost"),
    # May be used for two classes, and may speak of one of several.
    MULTICLASS: (*_OF_CLASSES, *OF_ONE_CLASS),
}

#: Metrics of which less is better, and metrics that are shares, given in percent.
ERRORS = ("mae", "rmse", "log_loss", "cost")
SHARES = ("accuracy", "balanced_accuracy", "roc_auc", "precision", "recall")

#: A class with a smaller share of the training rows hardly changes the accuracy.
RARE = 0.1

_TITLES = {
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "r2": "R²",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "log_loss": "log loss",
    "roc_auc": "area under the ROC curve",
    "average_precision": "average precision",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "cost": "mean cost",
}

#: What scikit-learn, Keras and people call the same thing.
_ALSO = {
    "mae": "mean_absolute_error l1 mean_absolute_deviation",
    "rmse": "root_mean_squared_error mse mean_squared_error l2",
    "r2": "r2_score r_squared r² rsquared",
    "accuracy": "acc accuracy_score binary_accuracy categorical_accuracy "
    "sparse_categorical_accuracy",
    "balanced_accuracy": "balanced_accuracy_score bal_acc macro_recall recall_macro",
    "log_loss": "logloss cross_entropy crossentropy binary_crossentropy bce "
    "categorical_crossentropy sparse_categorical_crossentropy binary_logloss multi_logloss nll",
    "roc_auc": "auc roc_auc_score auroc rocauc roc aucroc area_under_the_roc_curve",
    "average_precision": "average_precision_score ap pr_auc auc_pr prauc aucpr auprc",
    "precision": "precision_score ppv",
    "recall": "recall_score sensitivity tpr true_positive_rate",
    "f1": "f1_score f1score f_score",
    "cost": "mean_cost",
}
_NAMES = {name: name for name in _ALSO} | {
    other: name for name, others in _ALSO.items() for other in others.split()
}


def score_name(name: str) -> str | None:
    """The name that scores have for a metric of scikit-learn, Keras or anybody; None: they lack it.

    Example:
        >>> score_name("auc"), score_name("neg_mean_absolute_error"), score_name("F1-score")
        ('roc_auc', 'mae', 'f1')
        >>> print(score_name("mape"))
        None
    """
    snake = "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name))
    for written in (name, snake):
        plain = written.strip().lower().replace("-", "_").replace(" ", "_").strip("_")
        found = _NAMES.get(plain.removeprefix("neg_").removeprefix("negative_"))
        if found:
            return found
    return None


def metrics_of(task: str, *, speaks: bool) -> tuple[str, ...]:
    """The metrics that fit a task.

    Args:
        task: ``regression``, ``binary`` or ``multiclass``.
        speaks: whether there is a positive class to speak of.
    """
    return tuple(name for name in METRICS[task] if speaks or name not in OF_ONE_CLASS)


def quoted_metric(
    options: Mapping[str, Any], task: str, frequencies: Sequence[float], *, speaks: bool
) -> str:
    """The metric that sentences quote: the one that fits what was asked for.

    Args:
        options: of the training, plain data.
        task: ``regression``, ``binary`` or ``multiclass``.
        frequencies: of the classes in the training rows.
        speaks: whether there is a positive class to speak of.

    Example:
        >>> quoted_metric({"class_weight": "balanced"}, "binary", (0.9, 0.1), speaks=True)
        'balanced_accuracy'
        >>> quoted_metric({}, "binary", (0.99, 0.01), speaks=True)
        'roc_auc'
    """
    fitting = metrics_of(task, speaks=speaks)
    for asked in options.get("metric") or ():
        name = score_name(str(asked))
        if name in fitting and (name != "cost" or options.get("cost")):
            return str(name)
    if task == REGRESSION:
        return "rmse" if score_name(str(options.get("loss"))) == "rmse" else "mae"
    if options.get("cost"):
        return "cost"
    aim = options.get("threshold")
    if aim == "f1":
        return "f1"
    if aim == "balanced" or options.get("class_weight") is not None:
        return "balanced_accuracy"
    present = [each for each in frequencies if each > 0]
    if task == BINARY and min(present) < RARE:
        return "roc_auc"
    if max(present) > 1 - RARE:
        return "log_loss"
    return "accuracy"


def title(name: str, positive: str = "") -> str:
    """A metric in words.

    Args:
        name: of the metric.
        positive: the class it speaks of, as text; empty: there is none.
    """
    of = f" of {positive}" if positive and name in OF_ONE_CLASS and name != "roc_auc" else ""
    return _TITLES[name] + of
