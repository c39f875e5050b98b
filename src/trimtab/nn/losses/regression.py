"""Losses for numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.rows import QUIET, row_means, same_width
from trimtab.nn.losses.table import FUNCTIONS, REGISTRY
from trimtab.program.ops.losses import LossOp

__all__ = [
    "Huber",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "huber",
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


@QUIET
def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Doubles:
    """Half the squared error up to ``delta``, a straight line beyond; the mean of the columns.

    Example:
        >>> from trimtab import losses
        >>> losses.huber([[1.0, 2.0]], [[2.0, 5.0]]).tolist()
        [1.5]
    """
    true, pred = same_width(y_true, y_pred)
    error = np.abs(true - pred)
    near = np.minimum(error, delta)
    return row_means(near * (error - near / 2))


@REGISTRY.register("huber_loss", "Huber")
class Huber(Loss):
    """Squared error of small errors, absolute error of large ones: means, but outliers pull less.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``error^2 / 2`` where ``error = |y_true - y_pred|`` is at most ``delta``, of
        ``delta * (error - delta / 2)`` beyond.

    Args:
        delta: error from which on the loss is a straight line.

    Raises:
        InvalidArgument: ``delta`` is not above 0.
        InvalidData: the shapes do not fit.

    Example:
        >>> from trimtab import losses
        >>> losses.Huber()([1.0, 2.0], [2.0, 5.0])
        1.5

    Source:
        Huber 1964, "Robust Estimation of a Location Parameter".
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.delta = checks.positive_number("delta", delta)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.delta}

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return huber(y_true, y_pred, self.delta)

    def lower(self) -> LossOp:
        return LossOp(loss="huber", delta=self.delta)


FUNCTIONS[huber] = Huber
