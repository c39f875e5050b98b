"""The best of one share where another reaches a value: what a threshold can do."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.nn.metrics.confusion import Counting, class_column
from trimtab.nn.metrics.counts import Thresholds, even_thresholds
from trimtab.nn.metrics.table import REGISTRY

__all__ = [
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
]


class _OperatingPoint(Counting):
    """Base: thresholds at equal distances, of which the best is taken."""

    direction: ClassVar[str | None] = "up"
    _wanted: ClassVar[str]

    def __init__(
        self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any
    ) -> None:
        setattr(self, self._wanted, checks.probability(self._wanted, value))
        self.num_thresholds = checks.positive_integer("num_thresholds", num_thresholds)
        self.class_id = class_column(class_id)
        known = Thresholds(even_thresholds(self.num_thresholds), self.class_id)
        super().__init__(name, dtype, known)

    def pairs(self) -> tuple[Doubles, Doubles]:
        """At each threshold: what has to reach the value, and what is reported."""
        raise NotImplementedError

    def result(self) -> float:
        reached, reported = self.pairs()
        good = reached >= getattr(self, self._wanted)
        return float(np.max(reported[good], initial=0.0))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            self._wanted: getattr(self, self._wanted),
            "num_thresholds": self.num_thresholds,
            "class_id": self.class_id,
        }


@REGISTRY.register()
class SensitivityAtSpecificity(_OperatingPoint):
    """The highest recall of label 1 at which that of label 0 reaches a value.

    Args:
        specificity: the value, between 0 and 1.
        num_thresholds: how many thresholds from 0 to 1 are tried.
        class_id: the one column to look at.

    Raises:
        InvalidArgument: an argument is out of range.

    Example:
        >>> from trimtab import metrics
        >>> metric = metrics.SensitivityAtSpecificity(0.5)
        >>> metric([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    _wanted = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def pairs(self) -> tuple[Doubles, Doubles]:
        return self.counts.specificity, self.counts.recall


@REGISTRY.register()
class SpecificityAtSensitivity(_OperatingPoint):
    """The highest recall of label 0 at which that of label 1 reaches a value.

    Args:
        sensitivity: the value, between 0 and 1.
        num_thresholds: how many thresholds from 0 to 1 are tried.
        class_id: the one column to look at.

    Raises:
        InvalidArgument: an argument is out of range.

    Example:
        >>> from trimtab import metrics
        >>> metric = metrics.SpecificityAtSensitivity(0.5)
        >>> metric([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8]) == 2 / 3
        True
    """

    _wanted = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def pairs(self) -> tuple[Doubles, Doubles]:
        return self.counts.recall, self.counts.specificity


@REGISTRY.register()
class PrecisionAtRecall(_OperatingPoint):
    """The highest precision at which the recall reaches a value.

    Args:
        recall: the value, between 0 and 1.
        num_thresholds: how many thresholds from 0 to 1 are tried.
        class_id: the one column to look at.

    Raises:
        InvalidArgument: an argument is out of range.

    Example:
        >>> from trimtab import metrics
        >>> metrics.PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    _wanted = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def pairs(self) -> tuple[Doubles, Doubles]:
        return self.counts.recall, self.counts.precision


@REGISTRY.register()
class RecallAtPrecision(_OperatingPoint):
    """The highest recall at which the precision reaches a value.

    Args:
        precision: the value, between 0 and 1.
        num_thresholds: how many thresholds from 0 to 1 are tried.
        class_id: the one column to look at.

    Raises:
        InvalidArgument: an argument is out of range.

    Example:
        >>> from trimtab import metrics
        >>> metrics.RecallAtPrecision(0.8)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
        0.5
    """

    _wanted = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def pairs(self) -> tuple[Doubles, Doubles]:
        return self.counts.precision, self.counts.recall
