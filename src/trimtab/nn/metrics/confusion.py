"""Counts of right and wrong predictions of yes-or-no columns, precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.counts import LOWEST, Counts, Thresholds, check_thresholds
from trimtab.nn.metrics.table import REGISTRY

__all__ = [
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "Recall",
    "TrueNegatives",
    "TruePositives",
]


class Counting(Metric):
    """Base of the metrics that are made of counts at thresholds."""

    def __init__(self, name: str | None, dtype: Any, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        super().__init__(name, dtype)

    def reset(self) -> None:
        self.counts = Counts.none(len(self._thresholds.values))

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        self.counts.add(self._thresholds.count(y_true, y_pred, sample_weight))

    def values(self) -> Doubles:
        """The metric at each threshold."""
        raise NotImplementedError

    def result(self) -> Any:
        """A number, or an array with one for each of several thresholds."""
        values = self.values()
        return float(values[0]) if len(values) == 1 else values


class _Count(Counting):
    """Base of the four counts."""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.thresholds = thresholds
        known = check_thresholds(0.5 if thresholds is None else thresholds)
        super().__init__(name, dtype, Thresholds(known))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.thresholds}


@REGISTRY.register()
class TruePositives(_Count):
    """How many predictions above a threshold have a label of 1; rows count with their weight.

    Shape:
        Targets (0 or 1) and predictions ``(rows, columns)``; all columns count.

    Args:
        thresholds: one between 0 and 1, or several, each with a result of its own; None: 0.5.

    Raises:
        InvalidArgument: a threshold is not between 0 and 1.

    Example:
        >>> from trimtab import metrics
        >>> metrics.TruePositives()([0, 1, 1, 1], [0.9, 0.2, 0.8, 0.7])
        2.0
    """

    direction: ClassVar[str | None] = "up"

    def values(self) -> Doubles:
        return self.counts.true_positives


@REGISTRY.register()
class TrueNegatives(_Count):
    """How many predictions up to a threshold have a label of 0; rows count with their weight.

    Args:
        thresholds: one between 0 and 1, or several, each with a result of its own; None: 0.5.

    Raises:
        InvalidArgument: a threshold is not between 0 and 1.

    Example:
        >>> from trimtab import metrics
        >>> metrics.TrueNegatives()([0, 1, 0, 0], [0.9, 0.2, 0.3, 0.1])
        2.0
    """

    direction: ClassVar[str | None] = "up"

    def values(self) -> Doubles:
        return self.counts.true_negatives


@REGISTRY.register()
class FalsePositives(_Count):
    """How many predictions above a threshold have a label of 0; rows count with their weight.

    Args:
        thresholds: one between 0 and 1, or several, each with a result of its own; None: 0.5.

    Raises:
        InvalidArgument: a threshold is not between 0 and 1.

    Example:
        >>> from trimtab import metrics
        >>> metrics.FalsePositives()([0, 1, 0, 0], [0.9, 0.2, 0.3, 0.8])
        2.0
    """

    direction: ClassVar[str | None] = "down"

    def values(self) -> Doubles:
        return self.counts.false_positives


@REGISTRY.register()
class FalseNegatives(_Count):
    """How many predictions up to a threshold have a label of 1; rows count with their weight.

    Args:
        thresholds: one between 0 and 1, or several, each with a result of its own; None: 0.5.

    Raises:
        InvalidArgument: a threshold is not between 0 and 1.

    Example:
        >>> from trimtab import metrics
        >>> metrics.FalseNegatives()([0, 1, 1, 1], [0.9, 0.2, 0.8, 0.1])
        2.0
    """

    direction: ClassVar[str | None] = "down"

    def values(self) -> Doubles:
        return self.counts.false_negatives


class _Share(Counting):
    """Base of precision and recall."""

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.thresholds = thresholds
        self.top_k = None if top_k is None else checks.positive_integer("top_k", top_k)
        self.class_id = class_column(class_id)
        known = [0.5 if top_k is None else LOWEST]
        if thresholds is not None:
            known = check_thresholds(thresholds)
        super().__init__(name, dtype, Thresholds(known, self.class_id, self.top_k))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "thresholds": self.thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


@REGISTRY.register()
class Precision(_Share):
    """Share of the predictions of 1 that are right; 0 without any.

    Shape:
        Targets (0 or 1) and predictions ``(rows, columns)``; all columns count.

    Args:
        thresholds: predictions above it count as 1; one between 0 and 1, or several, each with a
            result of its own; None: 0.5.
        top_k: the greatest so many predictions of a row count as 1.
        class_id: the one column to look at.

    Raises:
        InvalidArgument: a threshold is not between 0 and 1, or top_k or class_id is no such number.
        InvalidData: there is no column class_id.

    Example:
        >>> from trimtab import metrics
        >>> metrics.Precision()([0, 1, 1, 1], [0.9, 0.2, 0.8, 0.7]) == 2 / 3
        True
    """

    def values(self) -> Doubles:
        return self.counts.precision


@REGISTRY.register()
class Recall(_Share):
    """Share of the labels of 1 that are predicted; 0 without any.

    Shape:
        Targets (0 or 1) and predictions ``(rows, columns)``; all columns count.

    Args:
        thresholds: predictions above it count as 1; one between 0 and 1, or several, each with a
            result of its own; None: 0.5.
        top_k: the greatest so many predictions of a row count as 1.
        class_id: the one column to look at.

    Raises:
        InvalidArgument: a threshold is not between 0 and 1, or top_k or class_id is no such number.
        InvalidData: there is no column class_id.

    Example:
        >>> from trimtab import metrics
        >>> metrics.Recall()([0, 1, 1, 1], [0.9, 0.2, 0.8, 0.7]) == 2 / 3
        True
    """

    def values(self) -> Doubles:
        return self.counts.recall


def class_column(class_id: Any) -> int | None:
    """``class_id`` if it is None or the number of a column."""
    if class_id is None:
        return None
    return checks.integer("class_id", class_id, minimum=0, maximum=2**31 - 1)
