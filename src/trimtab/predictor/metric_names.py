"""The metrics that scores hold: their names here and elsewhere, and which one is quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.core import checks
from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION

__all__ = [
    "ERRORS",
    "METRICS",
    "OF_ONE_CLASS",
    "RARE",
    "SHARES",
    "metrics_of",
    "nearest_metric",
    "quoted_metric",
    "score_name",
    "title",
]

_OF_CLASSES = ("accuracy", "balanced_accuracy", "log_loss")

#: Metrics that speak of one class.
OF_ONE_CLASS = ("roc_auc", "average_precision", "precision", "recall", "f1")

#: Names of all metrics in the order they are shown; the first is quoted unless more is asked.
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
#: Metrics that scores lack -> the nearest, and why it is.
_NEAREST = {
    "mape": "mae is the absolute error in the target's own units",
    "mean_absolute_percentage_error": "mae is the absolute error in the target's own units",
    "smape": "mae is the absolute error in the target's own units",
    "median_absolute_error": "mae is the mean of the same errors",
    "medae": "mae is the mean of the same errors",
    "max_error": "rmse is the one that large errors raise most",
    "msle": "rmse is the same without the logarithm; train on the logarithm of the column",
    "rmsle": "rmse is the same without the logarithm; train on the logarithm of the column",
    "mean_squared_log_error": "rmse is the same without the logarithm",
    "explained_variance": "r2 is the same, less the square of the bias",
    "f1_macro": "balanced_accuracy counts all classes alike",
    "macro_f1": "balanced_accuracy counts all classes alike",
    "f1_weighted": "balanced_accuracy counts all classes alike; f1 is of one class",
    "f1_micro": "accuracy is the same number",
    "precision_macro": "balanced_accuracy counts all classes alike; precision is of one class",
    "roc_auc_ovr": "roc_auc is of one class: name it with positive='CLASS' (--positive CLASS)",
    "roc_auc_ovo": "roc_auc is of one class: name it with positive='CLASS' (--positive CLASS)",
    "mcc": "balanced_accuracy is as little impressed by a frequent class",
    "matthews_corrcoef": "balanced_accuracy is as little impressed by a frequent class",
    "kappa": "balanced_accuracy is as little impressed by a frequent class",
    "cohen_kappa": "balanced_accuracy is as little impressed by a frequent class",
    "brier": "log_loss also measures probabilities",
    "brier_score": "log_loss also measures probabilities",
    "brier_score_loss": "log_loss also measures probabilities",
    "gini": "roc_auc says the same: gini is 2 roc_auc - 1",
    "specificity": "recall is the same of the other class: positive='OTHER' (--positive OTHER)",
    "top_k_accuracy": "accuracy is that of the most likely class",
    "jaccard": "f1 ranks models in the same order",
    "fbeta": "f1 is the one with beta 1",
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
    return next((_NAMES[plain] for plain in _plain(name) if plain in _NAMES), None)


def nearest_metric(name: str) -> str:
    """What to use instead of a metric that scores lack; empty if nothing is known of it.

    Example:
        >>> nearest_metric("mape")
        "The nearest: mae is the absolute error in the target's own units."
        >>> nearest_metric("acuracy")
        "Did you mean 'accuracy'?"
    """
    for plain in _plain(name):
        if plain in _NEAREST:
            return f"The nearest: {_NEAREST[plain]}."
    plain = _plain(name)[0]
    return checks.nearest(plain, _NAMES) or checks.nearest(plain, [n for n in _NAMES if "_" in n])


def _plain(name: str) -> list[str]:
    """A name as it may be spelled here: ``F1-score`` is ``f1_score``, ``RocAUC`` ``roc_auc``."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    spelled = [re.sub(r"[\s-]+", "_", each.strip().lower()) for each in (snake, name)]
    return [each.removeprefix("neg_").removeprefix("negative_") for each in spelled]


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
    for asked in (options.get("optimize"), *(options.get("metric") or ())):
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
