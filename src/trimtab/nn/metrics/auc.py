"""Areas under curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.nn.losses.rows import EPSILON, cell_weights, same_width
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.counts import Counts, Thresholds, check_thresholds, even_thresholds, ratio
from trimtab.nn.metrics.table import REGISTRY

__all__ = ["AUC"]

_CURVES = ("ROC", "PR", "PRGAIN")
_METHODS = ("interpolation", "minoring", "majoring")


@REGISTRY.register()
class AUC(Metric):
    """The area under the ROC curve: how often a row of label 1 is predicted above one of label 0.

    It is exact: every prediction is a threshold. Keras takes 200 thresholds at equal distances,
    and so does this with ``num_thresholds=200``. The exact area keeps all predictions of a pass,
    about 20 bytes each, and is nan where one of them is.

    Shape:
        Targets (0 or 1) and predictions ``(rows, columns)``; without ``multi_label``, all columns
        count as one.

    Args:
        num_thresholds: None: exact; else so many thresholds from 0 to 1.
        curve: ``"ROC"``, ``"PR"`` (precision over recall) or ``"PRGAIN"`` (their gains; Flach &
            Kull 2015).
        summation_method: ``"interpolation"``, or ``"minoring"`` and ``"majoring"`` for the lower
            and the upper end of each step. For PR, interpolation is that of Davis & Goadrich 2006.
        thresholds: thresholds of one's own between 0 and 1, beside one below all predictions and
            one above.
        multi_label: the mean of the areas of the columns.
        num_labels: number of columns, checked where it is given; only with ``multi_label``.
        label_weights: weight of each column.
        from_logits: whether predictions are logits; needed with thresholds alone.

    Raises:
        InvalidArgument: an argument is out of range.
        InvalidData: the number of columns is not ``num_labels``, or not that of ``label_weights``.

    Example:
        >>> from trimtab import metrics
        >>> metrics.AUC()([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
        0.75
    """

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        num_thresholds: int | None = None,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        self.num_thresholds = num_thresholds
        if num_thresholds is not None:
            self.num_thresholds = checks.integer(
                "num_thresholds", num_thresholds, minimum=2, maximum=10**7
            )
        self.thresholds = None if thresholds is None else sorted(check_thresholds(thresholds))
        self.curve = checks.choice("curve", str(curve).upper(), _CURVES)
        self.summation_method = checks.choice(
            "summation_method", str(summation_method).lower(), _METHODS
        )
        self.multi_label = checks.boolean("multi_label", multi_label)
        self.num_labels = num_labels
        if num_labels is not None:
            self.num_labels = checks.positive_integer("num_labels", num_labels)
            if not multi_label:
                raise InvalidArgument(
                    "num_labels needs multi_label=True. Leave it out, or set both."
                )
        self.label_weights = None
        if label_weights is not None:
            self.label_weights = [
                checks.non_negative_number("label_weights", each) for each in label_weights
            ]
        self.from_logits = checks.boolean("from_logits", from_logits)
        self._given = self._made_of()
        super().__init__(name, dtype)

    def _made_of(self) -> Thresholds | None:
        inner = self.thresholds
        if inner is None and self.num_thresholds is not None:
            inner = even_thresholds(self.num_thresholds)[1:-1]
        return None if inner is None else Thresholds([-EPSILON, *inner, 1.0 + EPSILON])

    def reset(self) -> None:
        self._parts: list[tuple[NDArray[np.bool_], NDArray[np.float32], Doubles]] = []
        self._counts: list[Counts] = []

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        true, pred = same_width(y_true, y_pred)
        columns = pred.shape[1]
        if self.num_labels is not None and columns != self.num_labels:
            raise InvalidData(f"AUC of num_labels={self.num_labels} received {columns} columns.")
        if self.label_weights is not None and columns != len(self.label_weights):
            raise InvalidData(
                f"label_weights must hold a number for each of {columns} columns, received "
                f"{len(self.label_weights)}."
            )
        positive, pred32 = true != 0, pred.astype(np.float32)
        each = cell_weights(sample_weight, (len(true), columns))
        if not self.multi_label:
            if self.label_weights is not None:
                each = each * np.asarray(self.label_weights)
            positive, pred32 = positive.reshape(-1, 1), pred32.reshape(-1, 1)
            each = each.reshape(-1, 1)
        if self._given is None:
            self._parts.append((positive, pred32, each))
            return
        chances: NDArray[Any] = pred32
        if self.from_logits:
            with np.errstate(over="ignore"):
                chances = (1.0 / (1.0 + np.exp(-pred32))).astype(np.float32)
        for column in range(positive.shape[1]):
            counts = self._given.tally(positive[:, column], chances[:, column], each[:, column])
            if column == len(self._counts):
                self._counts.append(Counts.none(len(self._given.values)))
            self._counts[column].add(counts)

    def result(self) -> float:
        """The area; 0 before any row, and where the rows have one label only."""
        if self._given is None:
            if not self._parts:
                return 0.0
            parts = [np.concatenate(part) for part in zip(*self._parts, strict=True)]
            areas = [
                self._area(_exact(*(part[:, column] for part in parts)))
                if not np.isnan(parts[1][:, column]).any()
                else float("nan")
                for column in range(parts[0].shape[1])
            ]
        else:
            areas = [self._area(counts) for counts in self._counts]
        if not areas:
            return 0.0
        weights = self.label_weights if self.multi_label else None
        if weights is not None and not sum(weights):
            return 0.0
        return float(np.average(areas, weights=weights))

    def _area(self, counts: Counts) -> float:
        if self.curve == "PR" and self.summation_method == "interpolation":
            return _interpolated(counts)
        x, y = _POINTS[self.curve](counts)
        left, right = y[:-1], y[1:]
        heights = {
            "interpolation": (left + right) / 2,
            "minoring": np.minimum(left, right),
            "majoring": np.maximum(left, right),
        }[self.summation_method]
        return float(((x[:-1] - x[1:]) * heights).sum())

    def get_config(self) -> dict[str, Any]:
        own = {} if self.thresholds is None else {"thresholds": self.thresholds}
        count = self.num_thresholds if self.thresholds is None else len(self.thresholds) + 2
        return {
            **super().get_config(),
            "num_thresholds": count,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
            **own,
        }


def _exact(positive: NDArray[np.bool_], pred: NDArray[np.float32], weights: Doubles) -> Counts:
    """The counts with a threshold below each different prediction, and one above all."""
    values = np.unique(pred)
    cuts = np.concatenate([values[:1] - np.inf, values])
    return Thresholds(cuts.tolist()).tally(positive, pred, weights)


def _interpolated(counts: Counts) -> float:
    """The area under precision over recall (Davis & Goadrich 2006, equation 8 of its appendix)."""
    predicted = counts.true_positives + counts.false_positives
    true_steps = counts.true_positives[:-1] - counts.true_positives[1:]
    slopes = ratio(true_steps, np.maximum(predicted[:-1] - predicted[1:], 0.0))
    starts = counts.true_positives[1:] - slopes * predicted[1:]
    both = (predicted[:-1] > 0) & (predicted[1:] > 0)
    ratios = np.divide(predicted[:-1], predicted[1:], out=np.ones_like(slopes), where=both)
    steps = slopes * (true_steps + starts * np.log(ratios))
    positives = counts.true_positives[1:] + counts.false_negatives[1:]
    return float(ratio(steps, np.maximum(positives, 0.0)).sum())


def _roc(counts: Counts) -> tuple[Doubles, Doubles]:
    negatives = counts.false_positives + counts.true_negatives
    return ratio(counts.false_positives, negatives), counts.recall


def _precision_recall(counts: Counts) -> tuple[Doubles, Doubles]:
    return counts.recall, counts.precision


def _gains(counts: Counts) -> tuple[Doubles, Doubles]:
    """Recall gain and precision gain (Flach & Kull 2015)."""
    none = counts.true_positives == 0
    positives = counts.true_positives + counts.false_negatives
    odds = ratio(positives, counts.true_negatives + counts.false_positives)
    recall = 1.0 - odds * ratio(counts.false_negatives, counts.true_positives)
    precision = 1.0 - odds * ratio(counts.false_positives, counts.true_positives)
    recall = np.maximum(np.where(none, 0.0, recall), 0.0)
    return recall, np.where(none, 1.0, precision)


_POINTS = {"ROC": _roc, "PR": _precision_recall, "PRGAIN": _gains}
