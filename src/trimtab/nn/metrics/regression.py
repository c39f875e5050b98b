"""Metrics for numbers."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.nn.losses.regression import mean_absolute_error, mean_squared_error
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import FUNCTIONS, REGISTRY

__all__ = ["MeanAbsoluteError", "MeanSquaredError", "RootMeanSquaredError"]


@REGISTRY.register("mae", "MAE")
class MeanAbsoluteError(Metric):
    """Mean of ``|y_true - y_pred|``.

    Example:
        >>> from trimtab import metrics
        >>> metrics.MeanAbsoluteError()([1.0, 2.0], [2.0, 4.0])
        1.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_absolute_error(y_true, y_pred)


FUNCTIONS[mean_absolute_error] = MeanAbsoluteError


@REGISTRY.register("mse", "MSE")
class MeanSquaredError(Metric):
    """Mean of ``(y_true - y_pred)^2``.

    Example:
        >>> from trimtab import metrics
        >>> metrics.MeanSquaredError()([1.0, 2.0], [2.0, 4.0])
        2.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_squared_error(y_true, y_pred)


FUNCTIONS[mean_squared_error] = MeanSquaredError


@REGISTRY.register("rmse", "RMSE")
class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean of ``(y_true - y_pred)^2``.

    Example:
        >>> from trimtab import metrics
        >>> metrics.RootMeanSquaredError()([0.0, 0.0], [3.0, 3.0])
        3.0
    """

    def result(self) -> float:
        return math.sqrt(super().result())
