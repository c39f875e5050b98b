"""Facts on predicted classes: confusion, curves of thresholds, calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.core.words import figure
from trimtab.insight.uncertainty.conformal import group_numbers
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.classes.deciding import decided
from trimtab.predictor.draws import Draws, weights_or_ones
from trimtab.predictor.reporting.plain import number, numbers
from trimtab.predictor.reporting.rows import Seen
from trimtab.tables.columns.storage import plain_labels

__all__ = ["class_facts"]

#: Most classes of a table, and of a picture of lines.
MOST_CLASSES, MOST_LINES = 12, 5

#: Points of a curve.
_POINTS = 120

#: Parts of the rows by probability, and fewest rows of one.
_PARTS, _FEWEST = 10, 10


def class_facts(predictor: PredictorBase, seen: Seen) -> dict[str, Any]:
    """Predicted classes beside the true ones, of rows held out."""
    labels = seen.y.astype(np.int64)
    p, weights = seen.outputs, weights_or_ones(seen.weights, len(seen))
    positive = predictor.schema.positive_class
    names = plain_labels(predictor.schema.classes)
    chosen = decided(p, positive, predictor.threshold)
    frequent = np.argsort(-np.bincount(labels, minlength=len(names)), kind="stable")
    lines = [positive] if positive is not None else frequent[:MOST_LINES].tolist()
    lines = [each for each in lines if 0 < np.count_nonzero(labels == each) < len(labels)]
    return {
        "positive": None if positive is None else names[positive],
        "threshold": predictor.threshold,
        "confusion": _confusion(labels, chosen, names, frequent),
        "roc": [_roc(labels == each, p[:, each], weights, names[each]) for each in lines],
        "precision": [
            _precision(labels == each, p[:, each], weights, names[each]) for each in lines
        ],
        "calibration": [
            _calibration(seen, labels == each, p[:, each], names[each]) for each in lines
        ],
        "point": _point(labels, chosen, positive, weights, predictor.threshold, names),
        "classes": len(names),
    }


def _confusion(
    labels: NDArray[np.int64],
    chosen: NDArray[np.int64],
    names: list[str],
    frequent: NDArray[np.int64],
) -> dict[str, Any]:
    """Rows of each class by the class that is predicted; of many classes the most frequent."""
    kept = np.sort(frequent[:MOST_CLASSES])
    place = np.full(len(names), len(kept))
    place[kept] = np.arange(len(kept))
    size = len(kept) + (len(kept) < len(names))
    counts = np.bincount(place[labels] * size + place[chosen], minlength=size * size)
    named = [names[each] for each in kept] + (["others"] if size > len(kept) else [])
    table = counts.reshape(size, size)
    recall = [float(row[i] / row.sum()) if row.sum() else None for i, row in enumerate(table)]
    return {"names": named, "counts": table.tolist(), "recall": recall}


def _ranked(
    own: NDArray[np.bool_], p: Doubles, weights: Doubles
) -> tuple[Doubles, Doubles, Doubles]:
    """Sums of weights of the class and of others at or above each probability, highest first."""
    values, place = np.unique(-p, return_inverse=True)
    hits = np.cumsum(np.bincount(place, weights=weights * own, minlength=len(values)))
    alarms = np.cumsum(np.bincount(place, weights=weights * ~own, minlength=len(values)))
    return -values, np.asarray(hits, np.float64), np.asarray(alarms, np.float64)


def _thin(x: Doubles, y: Doubles) -> tuple[list[float | None], list[float | None]]:
    """A curve with fewer points, evenly along its length."""
    steps = np.abs(np.diff(x, prepend=x[0])) + np.abs(np.diff(y, prepend=y[0]))
    along = np.cumsum(steps)
    wanted = np.linspace(0, along[-1], _POINTS)
    places = np.unique(np.concatenate([[0], np.searchsorted(along, wanted), [len(x) - 1]]))
    places = places[places < len(x)]
    return numbers(x[places], 4), numbers(y[places], 4)


def _roc(own: NDArray[np.bool_], p: Doubles, weights: Doubles, name: str) -> dict[str, Any]:
    _, hits, alarms = _ranked(own, p, weights)
    x = np.concatenate([[0.0], alarms / max(alarms[-1], 1e-300)])
    y = np.concatenate([[0.0], hits / max(hits[-1], 1e-300)])
    area = float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))
    xs, ys = _thin(x, y)
    return {
        "name": name,
        "x": xs,
        "y": ys,
        "area": number(area, 4),
        "said": f"{area:.3f}",
        "chance": 0.5,
    }


def _precision(own: NDArray[np.bool_], p: Doubles, weights: Doubles, name: str) -> dict[str, Any]:
    _, hits, alarms = _ranked(own, p, weights)
    precision = hits / np.maximum(hits + alarms, 1e-300)
    recall = hits / max(hits[-1], 1e-300)
    area = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    xs, ys = _thin(np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision]))
    share = float(np.average(own, weights=weights))
    return {
        "name": name,
        "x": xs,
        "y": ys,
        "area": number(area, 4),
        "said": f"{area:.3f}",
        "chance": number(share, 4),
    }


def _point(
    labels: NDArray[np.int64],
    chosen: NDArray[np.int64],
    positive: int | None,
    weights: Doubles,
    threshold: float | None,
    names: list[str],
) -> dict[str, Any] | None:
    """Where the model's own decisions lie on both curves."""
    if positive is None or len(names) != 2:
        return None
    own, said = labels == positive, chosen == positive
    hit = float(weights[own & said].sum())
    alarms = float(weights[~own & said].sum())
    if not weights[own].any() or not weights[~own].any() or not hit + alarms:
        return None
    return {
        "recall": number(hit / weights[own].sum(), 4),
        "alarms": number(alarms / weights[~own].sum(), 4),
        "precision": number(hit / (hit + alarms), 4),
        "said": f"{names[positive]} from a probability of {figure(threshold or 0.5)} on",
    }


def _calibration(seen: Seen, own: NDArray[np.bool_], p: Doubles, name: str) -> dict[str, Any]:
    """Mean probability and share of the class, in parts of the rows by probability."""
    groups = None if seen.groups is None else group_numbers(seen.groups, len(seen))
    weights = weights_or_ones(seen.weights, len(seen))
    order = np.argsort(p, kind="stable")
    parts = np.array_split(order, max(1, min(_PARTS, len(p) // _FEWEST)))
    found = []
    for rows in parts:
        if not len(rows) or not weights[rows].any():
            continue
        inside = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
        share = Draws(weights[rows], inside).mean(own[rows].astype(np.float64))
        mean = float(np.average(p[rows], weights=weights[rows]))
        # Chance alone moves a share this much if the probabilities are right.
        chance = float(np.sqrt((p[rows] * (1 - p[rows])).sum()) / len(rows))
        error = max(share.error if share.error == share.error else 0.0, chance)
        found.append(
            {
                "mean": number(mean, 4),
                "share": number(share.value, 4),
                "low": number(max(share.value - 2 * error, 0.0), 4),
                "high": number(min(share.value + 2 * error, 1.0), 4),
                "rows": len(rows),
            }
        )
    return {"name": name, "parts": found}
