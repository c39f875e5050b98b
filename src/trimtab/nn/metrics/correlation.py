"""Correlations of targets and predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument
from trimtab.nn.losses.rows import EPSILON, QUIET, same_width
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import FUNCTIONS, REGISTRY

__all__ = [
    "ConcordanceCorrelation",
    "PearsonCorrelation",
    "concordance_correlation",
    "pearson_correlation",
]


@QUIET
def pearson_correlation(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Doubles:
    """Pearson's correlation along an axis: -1 one number a row, 0 one number a column.

    Example:
        >>> from trimtab import metrics
        >>> metrics.pearson_correlation([[0.0, 1.0, 2.0]], [[0.0, 2.0, 1.0]]).round(4).tolist()
        [0.5]
    """
    true, pred = same_width(y_true, y_pred)
    true, pred = (
        (values - values.mean(axis=axis, keepdims=True)) / values.std(axis=axis, keepdims=True)
        for values in (true, pred)
    )
    means: Doubles = (true * pred).mean(axis=axis)
    return means


@QUIET
def concordance_correlation(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Doubles:
    """Lin's concordance along an axis: -1 one number a row, 0 one number a column.

    Example:
        >>> from trimtab import metrics
        >>> metrics.concordance_correlation([[0.0, 1.0, 2.0]], [[0.0, 2.0, 1.0]]).round(4).tolist()
        [0.5]
    """
    true, pred = same_width(y_true, y_pred)
    mean_true, mean_pred = (values.mean(axis=axis, keepdims=True) for values in (true, pred))
    spread = true.var(axis=axis, keepdims=True) + pred.var(axis=axis, keepdims=True)
    whole = spread + np.square(mean_true - mean_pred)
    products = (true - mean_pred) * (pred - mean_pred)
    means: Doubles = (2.0 * products / (whole + EPSILON)).mean(axis=axis)
    return means


class _Correlation(Metric):
    """Base: along the columns of each row, or along the rows of each batch."""

    direction: ClassVar[str | None] = "up"
    along: ClassVar[Callable[..., Doubles]]

    def __init__(self, name: str | None = None, dtype: Any = None, axis: int = -1) -> None:
        super().__init__(name, dtype)
        if isinstance(axis, bool) or axis not in (-1, 0, 1):
            raise InvalidArgument(
                f"axis must be -1, along the columns, or 0, along the rows, received {axis!r}."
            )
        self.axis = axis
        self.per_batch = axis == 0

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return type(self).along(y_true, y_pred, self.axis)

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        if sample_weight is not None and self.axis == 0:
            raise InvalidArgument(
                f"metric {self.name} along the rows of a batch takes no sample weights. Put it "
                "into metrics, not weighted_metrics."
            )
        super().update(y_true, y_pred, sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


@REGISTRY.register()
class PearsonCorrelation(_Correlation):
    """Mean of Pearson's correlation: whether predictions rise where targets do.

    Args:
        axis: -1: along the columns of each row; 0: along the rows of each batch, whose mean over
            batches, as in Keras, is not the correlation of all rows.

    Raises:
        InvalidArgument: another axis, or sample weights along the rows.

    Example:
        >>> from trimtab import metrics
        >>> metric = metrics.PearsonCorrelation(axis=0)
        >>> round(metric([0.0, 1.0, 2.0], [0.0, 2.0, 1.0]), 4)
        0.5
    """

    along = staticmethod(pearson_correlation)


FUNCTIONS[pearson_correlation] = PearsonCorrelation


@REGISTRY.register()
class ConcordanceCorrelation(_Correlation):
    """Mean of Lin's concordance: the correlation, less where means or spreads differ.

    Args:
        axis: -1: along the columns of each row; 0: along the rows of each batch, whose mean over
            batches, as in Keras, is not the concordance of all rows.

    Raises:
        InvalidArgument: another axis, or sample weights along the rows.

    Example:
        >>> from trimtab import metrics
        >>> metric = metrics.ConcordanceCorrelation(axis=0)
        >>> round(metric([0.0, 1.0, 2.0], [0.0, 2.0, 1.0]), 4)
        0.5
    """

    along = staticmethod(concordance_correlation)


FUNCTIONS[concordance_correlation] = ConcordanceCorrelation
