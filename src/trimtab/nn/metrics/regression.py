"""Metrics for numbers."""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.nn.losses.regression import (
    cosine_similarity,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from trimtab.nn.losses.rows import QUIET, last_axis, same_width, weights_or_ones
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import FUNCTIONS, REGISTRY

__all__ = [
    "CosineSimilarity",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "R2Score",
    "RootMeanSquaredError",
]


@REGISTRY.register("mae", "MAE")
class MeanAbsoluteError(Metric):
    """Mean of ``|y_true - y_pred|``.

    Example:
        >>> from trimtab import metrics
        >>> metrics.MeanAbsoluteError()([1.0, 2.0], [2.0, 4.0])
        1.5
    """

    direction: ClassVar[str | None] = "down"

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

    direction: ClassVar[str | None] = "down"

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


@REGISTRY.register("mape", "MAPE")
class MeanAbsolutePercentageError(Metric):
    """Mean of ``100 |y_true - y_pred| / |y_true|``.

    Example:
        >>> from trimtab import metrics
        >>> metrics.MeanAbsolutePercentageError()([2.0, 4.0], [1.0, 5.0])
        37.5
    """

    direction: ClassVar[str | None] = "down"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_absolute_percentage_error(y_true, y_pred)


FUNCTIONS[mean_absolute_percentage_error] = MeanAbsolutePercentageError


@REGISTRY.register("msle", "MSLE")
class MeanSquaredLogarithmicError(Metric):
    """Mean of ``(log(1 + y_true) - log(1 + y_pred))^2``, negative numbers counting as 0.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.MeanSquaredLogarithmicError()([1.0, 3.0], [3.0, 3.0]), 4)
        0.2402
    """

    direction: ClassVar[str | None] = "down"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_squared_logarithmic_error(y_true, y_pred)


FUNCTIONS[mean_squared_logarithmic_error] = MeanSquaredLogarithmicError


@REGISTRY.register()
class LogCoshError(Metric):
    """Mean of ``log(cosh(y_true - y_pred))``.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.LogCoshError()([0.0, 0.0], [1.0, 0.0]), 4)
        0.2169
    """

    direction: ClassVar[str | None] = "down"

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return log_cosh(y_true, y_pred)


FUNCTIONS[log_cosh] = LogCoshError


@REGISTRY.register()
class CosineSimilarity(Metric):
    """Mean cosine of the angle between the rows of targets and predictions: 1 where they agree.

    Args:
        axis: -1.

    Raises:
        Unsupported: another axis.

    Example:
        >>> from trimtab import metrics
        >>> metric = metrics.CosineSimilarity()
        >>> round(metric([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [2.0, 2.0]]), 6)
        0.5
    """

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str | None = None, dtype: Any = None, axis: int = -1) -> None:
        super().__init__(name, dtype)
        last_axis("CosineSimilarity", axis)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return -cosine_similarity(y_true, y_pred)


_AGGREGATIONS = ("uniform_average", "variance_weighted_average")


@REGISTRY.register()
class R2Score(Metric):
    """The share of the targets' variance that predictions explain.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        ``1 - sum((y_true - y_pred)^2) / sum((y_true - mean)^2)`` for each output; 0 where the
        targets are constant and the predictions are not.

    Args:
        class_aggregation: ``"uniform_average"`` over the outputs, ``"variance_weighted_average"``,
            or None for an array.
        num_regressors: number of columns of x, for the adjusted score; 0: not adjusted.

    Raises:
        InvalidArgument: an argument is out of range.

    Example:
        >>> from trimtab import metrics
        >>> metrics.R2Score()([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
        0.5
    """

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if class_aggregation is not None:
            checks.choice("class_aggregation", class_aggregation, _AGGREGATIONS)
        self.class_aggregation = class_aggregation
        self.num_regressors = checks.integer(
            "num_regressors", num_regressors, minimum=0, maximum=2**31 - 1
        )
        super().__init__(name, dtype)

    def reset(self) -> None:
        self._sums: Doubles | None = None
        self._samples = 0

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        true, pred = same_width(y_true, y_pred)
        weights = weights_or_ones(sample_weight, len(true))
        each = np.stack([np.ones_like(true), true, np.square(true), np.square(true - pred)])
        with np.errstate(all="ignore"):
            sums = (each * weights[:, np.newaxis]).sum(axis=1)
            self._sums = sums if self._sums is None else self._sums + sums
        self._samples += true.size

    @QUIET
    def result(self) -> Any:
        """A number, or an array with one for each output if ``class_aggregation`` is None."""
        if self._sums is None:
            return 0.0
        count, total, squares, errors = self._sums
        variation = squares - total * (total / count)
        scores = 1.0 - errors / variation
        scores = np.where(np.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation == "variance_weighted_average":
            scores = (variation * scores).sum() / variation.sum()
        free = self._samples - self.num_regressors - 1
        if self.num_regressors and free <= 0:
            warnings.warn(
                f"R2Score: {self._samples} targets do not allow for num_regressors="
                f"{self.num_regressors}. The score is not adjusted.",
                stacklevel=checks.outside(),
            )
        elif self.num_regressors:
            scores = 1.0 - (1.0 - scores) * (self._samples - 1) / free
        return scores if self.class_aggregation is None else float(scores)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
