"""A user's function as a metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn import registration
from trimtab.nn.losses.rows import paired, row_means, weighted_rows
from trimtab.nn.metrics.base import Metric
from trimtab.nn.registry import snake_case

__all__ = ["MeanMetricWrapper"]


class MeanMetricWrapper(Metric):
    """A Python function of ``(y_true, y_pred)`` as a metric.

    The function is called once a batch with two float32 arrays ``(rows, columns)``. It returns one
    number a row, or one number for the batch; then the result is the mean over batches, each
    counting once, as in Keras.

    Args:
        fn: the function.
        name: key in History; None: the function's name.

    Raises:
        InvalidArgument: it returns anything else.

    Example:
        >>> import numpy as np
        >>> from trimtab import metrics
        >>> def worst(y_true, y_pred):
        ...     return np.abs(y_true - y_pred).max()
        >>> metric = metrics.MeanMetricWrapper(worst)
        >>> metric.name, metric([1.0, 2.0], [2.0, 4.0])
        ('worst', 2.0)
    """

    per_batch: bool = True

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        if not callable(fn):
            raise InvalidArgument(
                f"fn must be a function of (y_true, y_pred), received {brief(fn)}."
            )
        super().__init__(_function_name(fn) if name is None else name, dtype)
        self.fn = fn
        self.kwargs = kwargs

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        true, pred = paired(y_true, y_pred)
        returned = self.fn(true.astype(np.float32), pred.astype(np.float32), **self.kwargs)
        values = self._numbers(returned)
        if values.ndim == 0:
            if sample_weight is not None:
                raise InvalidArgument(
                    f"metric {self.name} returns one number a batch, which sample weights cannot "
                    "weigh. Return one number a row."
                )
            self.total += float(values)
            self.count += 1
            return
        if sample_weight is None:
            self.total += float(row_means(values.reshape(len(values), -1)).sum())
            self.count += len(values)
        else:
            if values.ndim > 1:
                values = values.reshape(len(values), -1)
            values, weights = weighted_rows(values, sample_weight)
            self.total += float(values.sum())
            self.count += float(weights.sum())

    def _numbers(self, returned: Any) -> Doubles:
        try:
            if returned is None:
                raise TypeError
            return np.asarray(returned, np.float64)
        except (TypeError, ValueError):
            raise InvalidArgument(
                f"metric {self.name} must return one number, or one number a row, received "
                f"{type(returned).__name__}."
            ) from None

    def get_config(self) -> dict[str, Any]:
        """Raises ``InvalidArgument`` where the function is not registered."""
        return {**super().get_config(), "fn": registration.record_of_function(self.fn)} | (
            self.kwargs
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        if isinstance(config.get("fn"), Mapping):
            config = {**config, "fn": registration.function_of(config["fn"], "metric")}
        return cls(**config)


def _function_name(function: Any) -> str:
    """``__name__``, the ``name`` of a loss, or the class in snake case."""
    for attribute in ("__name__", "name"):
        name = getattr(function, attribute, None)
        if isinstance(name, str):
            return name
    return snake_case(type(function).__name__)
