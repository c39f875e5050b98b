"""What a trial is judged by: a metric of the predictions on its test rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.predictor.metric_names import ERRORS, nearest_metric, score_name

__all__ = ["CLASSES", "NUMBERS", "is_error", "measured", "metric_named"]

Function = Callable[[Doubles, Doubles], float]

#: Probabilities stay this far from 0 and 1.
SMALLEST = 1e-7


def _r2(true: Doubles, predicted: Doubles) -> float:
    around = float(((true - true.mean(axis=0)) ** 2).sum())
    return 1 - float(((true - predicted) ** 2).sum()) / around if around else float("nan")


def _classes(true: Doubles, probabilities: Doubles) -> tuple[Any, Doubles]:
    """Class numbers, and a column of probabilities for each class."""
    if probabilities.shape[1] == 1:
        probabilities = np.hstack([1 - probabilities, probabilities])
    if true.shape[1] > 1:
        return true.argmax(axis=1), probabilities
    return true[:, 0].astype(np.int64), probabilities


def _log_loss(true: Doubles, probabilities: Doubles) -> float:
    numbers, columns = _classes(true, probabilities)
    own = columns[np.arange(len(numbers)), numbers]
    return float(-np.log(np.clip(own, SMALLEST, 1 - SMALLEST)).mean())


def _accuracy(true: Doubles, probabilities: Doubles) -> float:
    numbers, columns = _classes(true, probabilities)
    return float((columns.argmax(axis=1) == numbers).mean())


def _balanced_accuracy(true: Doubles, probabilities: Doubles) -> float:
    numbers, columns = _classes(true, probabilities)
    right = columns.argmax(axis=1) == numbers
    return float(np.mean([right[numbers == each].mean() for each in np.unique(numbers)]))


def _roc_auc(true: Doubles, probabilities: Doubles) -> float:
    from scipy.stats import rankdata

    numbers, columns = _classes(true, probabilities)
    positive = numbers == 1
    count, others = int(positive.sum()), int((~positive).sum())
    if columns.shape[1] != 2 or not count or not others:
        return float("nan")
    ranks = rankdata(columns[:, 1])
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


#: Metrics of numbers, and of classes by their probabilities; the first is the default.
NUMBERS: Mapping[str, Function] = {
    "mae": lambda true, predicted: float(np.abs(true - predicted).mean()),
    "rmse": lambda true, predicted: float(np.sqrt(((true - predicted) ** 2).mean())),
    "r2": _r2,
}
CLASSES: Mapping[str, Function] = {
    "log_loss": _log_loss,
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "roc_auc": _roc_auc,
}


def measured(true: Any, predicted: Any, *, classes: bool) -> dict[str, float]:
    """All metrics of predictions.

    Args:
        true: targets ``(n,)`` or ``(n, outputs)``: numbers, class numbers, or a column per class.
        predicted: numbers or probabilities ``(n, outputs)``.
        classes: whether the targets are classes.

    Example:
        >>> measured([0.0, 1.0], [[0.0], [3.0]], classes=False)
        {'mae': 1.0, 'rmse': 1.4142135623730951, 'r2': -7.0}
    """
    targets = np.asarray(true, np.float64)
    targets = targets.reshape(len(targets), -1)
    found = np.asarray(predicted, np.float64).reshape(len(targets), -1)
    if not np.isfinite(found).all():
        return dict.fromkeys(CLASSES if classes else NUMBERS, float("nan"))
    table = CLASSES if classes else NUMBERS
    return {name: function(targets, found) for name, function in table.items()}


def metric_named(asked: Any, *, classes: bool, default: str | None = None) -> str:
    """The metric that was asked for, by the name it has here.

    Args:
        asked: as users call it; None: the default.
        classes: whether the targets are classes.
        default: where nothing is asked for; by default ``mae`` or ``log_loss``.

    Raises:
        InvalidArgument: there is no such metric for these targets.

    Example:
        >>> metric_named("mse", classes=False), metric_named(None, classes=True)
        ('rmse', 'log_loss')
    """
    known = list(CLASSES if classes else NUMBERS)
    if asked is None:
        return default or known[0]
    name = score_name(asked) if isinstance(asked, str) else None
    if name in known:
        return str(name)
    hint = nearest_metric(asked) if isinstance(asked, str) else ""
    what = "classes" if classes else "numbers"
    raise InvalidArgument(
        f"metric must be one of {checks.listing(known)} for {what}, received {brief(asked)}."
        + (f" {hint}" if hint and name is None else "")
    )


def is_error(metric: str) -> bool:
    """Whether less of a metric is better."""
    return metric in ERRORS
