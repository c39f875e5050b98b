"""Metrics of predicted classes, and of the constants that are best by each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import BINARY
from trimtab.core.types import Doubles
from trimtab.predictor.baseline import Baseline
from trimtab.predictor.draws import Draws, Measured, row_losses

__all__ = ["cheapest", "metrics_of_classes"]

Labels = NDArray[np.int64]


def metrics_of_classes(
    rows: Draws,
    labels: Labels,
    p: Doubles,
    decided: Labels,
    baseline: Baseline,
    *,
    positive: int | None,
    costs: Sequence[float] = (),
) -> tuple[dict[str, Measured], dict[str, Measured]]:
    """The metrics of a model, and of the best constants; those that the rows allow.

    Accuracy is compared with always predicting the most frequent class in training, log loss with
    its shares of the classes, precision, recall and F1 with always predicting the positive class,
    the cost with the cheaper class; what no constant can raise, with any of them.

    Args:
        rows: their weights and groups.
        labels: class numbers.
        p: probabilities ``(n, classes)``.
        decided: predicted class numbers.
        baseline: of the training rows.
        positive: the class that precision, recall, ... speak of; None: there is none.
        costs: of a row of each class that is predicted as another one.
    """
    weights = rows.weights
    usual = np.full_like(labels, baseline.most_frequent)
    naive = baseline.predictions(len(labels))
    ours = {"accuracy": _accuracy(rows, labels, decided)}
    base = {"accuracy": _accuracy(rows, labels, usual)}
    present = np.flatnonzero(np.bincount(labels, weights=weights, minlength=p.shape[1]) > 0)
    nothing = np.zeros(len(labels))
    if len(present) > 1:
        ours["balanced_accuracy"] = _balanced(rows, labels, decided, present)
        base["balanced_accuracy"] = Measured(1 / len(present), nothing)
    for metrics, each in ((ours, p), (base, naive)):
        metrics["log_loss"] = rows.measured(row_losses(BINARY, labels, each))
    if positive is not None and len(present) > 1 and positive in present:
        is_positive = labels == positive
        ours["roc_auc"] = _area(rows, is_positive, p[:, positive])
        base["roc_auc"] = Measured(0.5, nothing)
        ours["average_precision"] = _average_precision(rows, is_positive, p[:, positive])
        base["average_precision"] = rows.measured(is_positive.astype(np.float64))
        own = _of_class(rows, is_positive, decided == positive)
        always = _of_class(rows, is_positive, np.ones(len(labels), np.bool_))
        ours |= own
        base |= {name: always[name] for name in own}
    if len(costs):
        price = np.asarray(costs)[labels]
        constant = cheapest(baseline, costs)
        ours["cost"] = rows.measured(price * (decided != labels))
        base["cost"] = rows.measured(price * (labels != constant))
    return ours, base


def cheapest(baseline: Baseline, costs: Sequence[float]) -> int:
    """The class that costs least if it is always predicted, by its shares in training."""
    each = np.array(baseline.frequencies) * np.asarray(costs)
    return int(np.argmin(each.sum() - each))


def _accuracy(rows: Draws, labels: Labels, decided: Labels) -> Measured:
    return rows.measured((decided == labels).astype(np.float64))


def _balanced(rows: Draws, labels: Labels, decided: Labels, present: Labels) -> Measured:
    """The mean over classes of the share of their rows that is predicted right."""
    right = decided == labels
    value, influence = 0.0, np.zeros(len(labels))
    for number in present:
        own = (labels == number).astype(np.float64)
        recall = rows.ratio(own * right, own)
        assert recall is not None
        value += recall.value / len(present)
        influence += recall.influence / len(present)
    return Measured(value, influence)


def _of_class(
    rows: Draws, positive: NDArray[np.bool_], named: NDArray[np.bool_]
) -> dict[str, Measured]:
    """``precision``, ``recall`` and ``f1``; no precision where no row is named positive."""
    hit = (positive & named).astype(np.float64)
    one, other = positive.astype(np.float64), named.astype(np.float64)
    found = {
        "precision": rows.ratio(hit, other),
        "recall": rows.ratio(hit, one),
        "f1": rows.ratio(2 * hit, one + other),
    }
    return {name: each for name, each in found.items() if each is not None}


def _area(rows: Draws, positive: NDArray[np.bool_], values: Doubles) -> Measured:
    """The weighted share of pairs of a positive and another row that are ranked right."""
    won = np.empty(len(values))
    for mine, sign in ((positive, 1.0), (~positive, -1.0)):
        others = np.sort(sign * values[~mine])
        order = np.argsort(sign * values[~mine], kind="stable")
        passed = np.concatenate([[0.0], np.cumsum(rows.weights[~mine][order])])
        below = passed[np.searchsorted(others, sign * values[mine], "left")]
        up_to = passed[np.searchsorted(others, sign * values[mine], "right")]
        won[mine] = (below + up_to) / 2 / passed[-1]
    share = rows.average(positive.astype(np.float64))
    area = float(np.average(won[positive], weights=rows.weights[positive]))
    influence = (won - area) / np.where(positive, share, 1 - share)
    return Measured(area, influence)


def _average_precision(rows: Draws, positive: NDArray[np.bool_], values: Doubles) -> Measured:
    """The mean over positive rows of the precision among rows ranked at least as high.

    The influence of a row is that on the precisions of the rows at or below it, and, of a positive
    row, its own precision: the derivative by the weight of the row.
    """
    y = positive.astype(np.float64)
    _, place = np.unique(-values, return_inverse=True)  # equal values share a place, highest first
    share = rows.weights / len(y)
    above = np.cumsum(np.bincount(place, weights=share))[place]
    hits = np.cumsum(np.bincount(place, weights=share * y))[place]
    precision = np.divide(hits, above, out=np.zeros_like(hits), where=above > 0)
    total = float((share * y).sum())
    value = float((share * y * precision).sum()) / total
    # Sums over the positive rows at or below each row.
    inverse = np.divide(share * y, above, out=np.zeros_like(hits), where=above > 0)
    below = [
        np.cumsum(np.bincount(place, weights=each)[::-1])[::-1][place]
        for each in (inverse, inverse * precision)
    ]
    influence = (y * (precision - value) + y * below[0] - below[1]) / total
    return Measured(value, influence)
