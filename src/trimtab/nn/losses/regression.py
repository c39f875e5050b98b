"""Losses for numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.rows import EPSILON, QUIET, last_axis, row_means, same_width
from trimtab.nn.losses.table import FUNCTIONS, REGISTRY
from trimtab.program.ops.losses import LossOp

__all__ = [
    "CosineSimilarity",
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
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


@QUIET
def mean_absolute_percentage_error(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``100 |y_true - y_pred| / |y_true|`` over the columns, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 5.0]]).tolist()
        [37.5]
    """
    true, pred = same_width(y_true, y_pred)
    return 100.0 * row_means(np.abs(true - pred) / np.maximum(np.abs(true), EPSILON))


@QUIET
def mean_squared_logarithmic_error(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``(log(1 + y_true) - log(1 + y_pred))^2`` over the columns, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.mean_squared_logarithmic_error([[1.0]], [[3.0]]).round(4).tolist()
        [0.4805]
    """
    true, pred = (np.maximum(values, EPSILON) for values in same_width(y_true, y_pred))
    return row_means(np.square(np.log1p(true) - np.log1p(pred)))


@QUIET
def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Doubles:
    """Squares of small errors, absolute values of large ones, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.huber([[0.0], [0.0]], [[0.5], [4.0]]).tolist()
        [0.125, 3.5]
    """
    true, pred = same_width(y_true, y_pred)
    size = np.abs(true - pred)
    return row_means(np.where(size <= delta, np.square(size) / 2, delta * size - delta * delta / 2))


@QUIET
def log_cosh(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``log(cosh(y_true - y_pred))`` over the columns, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.log_cosh([[0.0]], [[1.0]]).round(4).tolist()
        [0.4338]
    """
    true, pred = same_width(y_true, y_pred)
    return row_means(np.logaddexp(true - pred, pred - true) - np.log(2.0))


@QUIET
def cosine_similarity(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Doubles:
    """Minus the cosine of the angle between the rows, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.cosine_similarity([[1.0, 0.0]], [[2.0, 2.0]]).round(4).tolist()
        [-0.7071]
    """
    last_axis("cosine_similarity", axis)
    true, pred = (
        values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), EPSILON)
        for values in same_width(y_true, y_pred)
    )
    cosines: Doubles = -(true * pred).sum(axis=1)
    return cosines


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


@REGISTRY.register("mape", "MAPE")
class MeanAbsolutePercentageError(Loss):
    """Absolute error in percent of the target.

    It favors predictions that are too low: those can be wrong by 100 % at most.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``100 |y_true - y_pred| / max(|y_true|, 1e-7)``.

    Raises:
        InvalidData: the shapes do not fit.

    Example:
        >>> from trimtab import losses
        >>> losses.MeanAbsolutePercentageError()([2.0, 4.0], [1.0, 5.0])
        37.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_absolute_percentage_error(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="mean_absolute_percentage_error")


FUNCTIONS[mean_absolute_percentage_error] = MeanAbsolutePercentageError


@REGISTRY.register("msle", "MSLE")
class MeanSquaredLogarithmicError(Loss):
    """Squared error of logarithms, for targets from 0 on that span several sizes.

    Shape:
        Targets and predictions ``(rows, outputs)``; targets from 0 on.

    Formula:
        Mean of ``(log(1 + y_true) - log(1 + y_pred))^2``, both at least 1e-7. A prediction below
        that has no gradient: a network that predicts only such values stays there. End it with
        ``softplus``.

    Raises:
        InvalidData: the shapes do not fit, or ``fit`` gets a target below 0.

    Example:
        >>> from trimtab import losses
        >>> round(losses.MeanSquaredLogarithmicError()([1.0, 3.0], [3.0, 3.0]), 4)
        0.2402
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_squared_logarithmic_error(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="mean_squared_logarithmic_error")


FUNCTIONS[mean_squared_logarithmic_error] = MeanSquaredLogarithmicError


@REGISTRY.register()
class Huber(Loss):
    """Squared error near the target, absolute error far from it: outliers pull little.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``d^2 / 2`` where ``|d| <= delta``, else ``delta |d| - delta^2 / 2``, with
        ``d = y_true - y_pred`` (Huber 1964).

    Args:
        delta: from which error on it is linear, in units of the target.

    Raises:
        InvalidArgument: delta is not above 0.

    Example:
        >>> from trimtab import losses
        >>> losses.Huber(delta=2.0)([0.0, 0.0], [1.0, 4.0])
        3.25
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.delta = checks.positive_number("delta", delta)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return huber(y_true, y_pred, self.delta)

    def lower(self) -> LossOp:
        return LossOp(loss="huber", delta=self.delta)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.delta}


FUNCTIONS[huber] = Huber


@REGISTRY.register()
class LogCosh(Loss):
    """About half the squared error near the target, the absolute error less log(2) far from it.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``log(cosh(y_true - y_pred))``.

    Raises:
        InvalidData: the shapes do not fit.

    Example:
        >>> from trimtab import losses
        >>> round(losses.LogCosh()([0.0, 0.0], [1.0, 0.0]), 4)
        0.2169
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return log_cosh(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="log_cosh")


FUNCTIONS[log_cosh] = LogCosh


@REGISTRY.register()
class CosineSimilarity(Loss):
    """Minus the cosine of the angle between the outputs and the targets: -1 where they agree.

    The length of a row counts for nothing, so it takes several outputs.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        ``-sum(y_true y_pred) / (|y_true| |y_pred|)``, norms of rows, at least 1e-7.

    Args:
        axis: -1.

    Raises:
        InvalidData: the shapes do not fit.
        Unsupported: another axis.

    Example:
        >>> from trimtab import losses
        >>> round(losses.CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [2.0, 2.0]]), 6)
        -0.5
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        last_axis("CosineSimilarity", axis)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return cosine_similarity(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="cosine_similarity")


FUNCTIONS[cosine_similarity] = CosineSimilarity
