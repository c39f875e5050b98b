"""Means of precision and recall."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.losses.rows import EPSILON, same_width, weights_or_ones
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import REGISTRY

__all__ = ["F1Score", "FBetaScore"]

_AVERAGES = ("micro", "macro", "weighted")


@REGISTRY.register()
class FBetaScore(Metric):
    """Weighted harmonic mean of precision and recall, for each column.

    Shape:
        Targets (0 or 1) and predictions ``(rows, classes)``.

    Formula:
        ``(1 + beta^2) precision recall / (beta^2 precision + recall)``.

    Args:
        average: None: an array with one score a column; ``"micro"``: one of all columns together;
            ``"macro"``: the mean of theirs; ``"weighted"``: weighted by how often each is 1.
            ``fit`` needs one of these where there are several columns.
        beta: how much more recall counts than precision.
        threshold: predictions above it count as 1; None: the greatest of each row.

    Raises:
        InvalidArgument: an argument is out of range.

    Example:
        >>> from trimtab import metrics
        >>> metric = metrics.FBetaScore(beta=2.0, threshold=0.5)
        >>> metric([[1, 1, 1], [1, 0, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6]]).round(4).tolist()
        [0.0, 0.8333, 0.8333]
    """

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        if average is not None:
            checks.choice("average", average, _AVERAGES)
        self.average = average
        self.beta = checks.positive_number("beta", beta)
        if threshold is not None and not (checks.is_number(threshold) and 0 < threshold <= 1):
            raise InvalidArgument(
                "threshold must be None or a number above 0, at most 1, received "
                f"{brief(threshold)}."
            )
        self.threshold = threshold
        super().__init__(name, dtype)

    def reset(self) -> None:
        self._sums: Doubles | None = None

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        true, pred = same_width(y_true, y_pred)
        weights = weights_or_ones(sample_weight, len(true))[:, np.newaxis]
        pred32 = pred.astype(np.float32)
        if self.threshold is None:
            greatest = pred32 >= pred32.max(axis=1, keepdims=True)
            chosen = (greatest & (np.abs(pred32) > 1e-9)).astype(np.float64)
        else:
            chosen = (pred32 > np.float32(self.threshold)).astype(np.float64)
        each = np.stack([chosen * true, chosen * (1 - true), (1 - chosen) * true, true])
        sums = (each * weights).sum(axis=1)
        if self.average == "micro":
            sums = sums.sum(axis=1)
        self._sums = sums if self._sums is None else self._sums + sums

    def result(self) -> Any:
        """A number, or an array with one for each column if ``average`` is None."""
        if self._sums is None:
            return 0.0
        hits, false, missed, true = self._sums
        precision = hits / (hits + false + EPSILON)
        recall = hits / (hits + missed + EPSILON)
        square = self.beta**2
        scores = (1 + square) * precision * recall / (square * precision + recall + EPSILON)
        if self.average is None:
            return scores
        if self.average == "weighted":
            return float((scores * true / (true.sum() + EPSILON)).sum())
        return float(np.mean(scores))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


@REGISTRY.register()
class F1Score(FBetaScore):
    """Harmonic mean of precision and recall, for each column.

    Shape:
        Targets (0 or 1) and predictions ``(rows, classes)``.

    Args:
        average: None: an array with one score a column; ``"micro"``, ``"macro"`` or ``"weighted"``
            as for :class:`FBetaScore`.
        threshold: predictions above it count as 1; None: the greatest of each row.

    Raises:
        InvalidArgument: an argument is out of range.

    Example:
        >>> from trimtab import metrics
        >>> metric = metrics.F1Score(average="macro", threshold=0.5)
        >>> round(metric([[1], [1], [0]], [[0.9], [0.2], [0.6]]), 4)
        0.5
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
