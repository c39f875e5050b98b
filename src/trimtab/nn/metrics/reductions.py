"""Means and sums of numbers, to count with or to build a metric on."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.nn.losses.rows import cell_weights, weighted_rows
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import REGISTRY

__all__ = ["Mean", "Sum"]


def _table(values: ArrayLike) -> Doubles:
    """A number, or several a row, as rows and columns."""
    array = np.asarray(values, np.float64)
    return array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)


@REGISTRY.register()
class Mean(Metric):
    """Weighted mean of the numbers it is given.

    Example:
        >>> from trimtab import metrics
        >>> mean = metrics.Mean()
        >>> mean.update_state([1.0, 3.0])
        >>> mean.update_state(8.0)
        >>> mean.result()
        4.0
    """

    per_batch: bool = True
    direction: ClassVar[str | None] = None

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:  # type: ignore[override]
        """Takes in a number, or an array with one or several a row.

        Args:
            values: of several columns, the mean counts for the row.
            sample_weight: one for all, for each row or for each number.
        """
        weighted, weights = weighted_rows(
            _table(values), 1.0 if sample_weight is None else sample_weight
        )
        self.total += float(weighted.sum())
        self.count += float(weights.sum())

    def __call__(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:  # type: ignore[override]
        self.update_state(values, sample_weight)
        return self.result()


@REGISTRY.register()
class Sum(Metric):
    """Weighted sum of the numbers it is given.

    Example:
        >>> from trimtab import metrics
        >>> metrics.Sum()([1.0, 3.0, 5.0], sample_weight=[1.0, 1.0, 0.0])
        4.0
    """

    per_batch: bool = True
    direction: ClassVar[str | None] = None

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:  # type: ignore[override]
        """Takes in a number, or an array.

        Args:
            values: of several columns, the sum counts for the row.
            sample_weight: one for all, for each row or for each number.
        """
        table = _table(values)
        self.total += float((table * cell_weights(sample_weight, table.shape)).sum())

    def result(self) -> float:
        return self.total

    def __call__(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:  # type: ignore[override]
        self.update_state(values, sample_weight)
        return self.result()
