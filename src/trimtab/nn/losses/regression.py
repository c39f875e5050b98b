"""Losses for numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.rows import QUIET, row_means, same_width
from trimtab.nn.losses.table import FUNCTIONS, REGISTRY
from trimtab.program.ops.losses import LossOp

__all__ = [
    "MeanAbsoluteError",
    "MeanSquaredError",
    "mean_absolute_error",
    "mean_squared_error",
]


@QUIET
def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``|y_true - y_pred|`` over the columns, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.mean_absolute_error([[1.0, 2.0]], [[2.0, 4.0]]).tolist()
        [1.5]
    """
    true, pred = same_width(y_true, y_pred)
    return row_means(np.abs(true - pred))


@QUIET
def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``(y_true - y_pred)^2`` over the columns, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.mean_squared_error([[1.0, 2.0]], [[2.0, 4.0]]).tolist()
        [2.5]
    """
    true, pred = same_width(y_true, y_pred)
    return row_means(np.square(true - pred))


@REGISTRY.register("mae", "MAE")
class MeanAbsoluteError(Loss):
    """Mean absolute error: the median is its best constant, outliers pull little.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``|y_true - y_pred|``. Its gradient at 0 is 0.

    Raises:
        InvalidData: the shapes do not fit.

    Example:
        >>> from trimtab import losses
        >>> losses.MeanAbsoluteError()([1.0, 2.0], [2.0, 4.0])
        1.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_absolute_error(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="mean_absolute_error")


FUNCTIONS[mean_absolute_error] = MeanAbsoluteError


@REGISTRY.register("mse", "MSE")
class MeanSquaredError(Loss):
    """Mean squared error: the mean is its best constant.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``(y_true - y_pred)^2``.

    Raises:
        InvalidData: the shapes do not fit.

    Example:
        >>> from trimtab import losses
        >>> losses.MeanSquaredError()([1.0, 2.0], [2.0, 4.0])
        2.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_squared_error(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="mean_squared_error")


FUNCTIONS[mean_squared_error] = MeanSquaredError
