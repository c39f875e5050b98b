"""What is reported beside the loss.

A metric takes targets and predictions as they come and keeps running sums in float64, so that
its result does not depend on how the rows were cut into batches. A Python function is a metric
too; it is called batch by batch (``per_batch``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import catalogue, checks
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.nn import losses, registration
from trimtab.nn.losses import paired, row_means, row_weights, same_width
from trimtab.nn.registry import Registry, snake_case
from trimtab.program.ops.losses import LossOp

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "MeanAbsoluteError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "binary_accuracy",
    "binary_crossentropy",
    "categorical_accuracy",
    "deserialize",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "resolve_metric",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
]

mean_absolute_error = losses.mean_absolute_error
mean_squared_error = losses.mean_squared_error
binary_crossentropy = losses.binary_crossentropy
sparse_categorical_crossentropy = losses.sparse_categorical_crossentropy


def _singles(true: Doubles, pred: Doubles) -> tuple[Floats, Floats]:
    """Both as float32, in which networks predict: 0.1 equals a predicted 0.1."""
    return true.astype(np.float32), pred.astype(np.float32)


def binary_accuracy(y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5) -> Doubles:
    """Share of columns where ``y_pred > threshold`` is what ``y_true`` says, one number a row.

    >>> from trimtab import metrics
    >>> metrics.binary_accuracy([[1.0], [1.0]], [[0.6], [0.4]]).tolist()
    [1.0, 0.0]
    """
    true, pred = _singles(*same_width(y_true, y_pred))
    return row_means(true == (pred > np.float32(threshold)))


def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """1 where the greatest column of ``y_true`` is the greatest of ``y_pred``, else 0.

    >>> from trimtab import metrics
    >>> metrics.categorical_accuracy([[0.0, 1.0]], [[0.2, 0.8]]).tolist()
    [1.0]
    """
    true, pred = same_width(y_true, y_pred)
    return row_means((true.argmax(axis=1) == pred.argmax(axis=1))[:, np.newaxis])


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """1 where the greatest column of ``y_pred`` is the class number in ``y_true``, else 0.

    >>> from trimtab import metrics
    >>> metrics.sparse_categorical_accuracy([1], [[0.2, 0.8]]).tolist()
    [1.0]
    """
    true, pred = paired(y_true, y_pred)
    if true.shape[1] != 1:
        raise InvalidData(
            f"y_true must hold one class number a row, received {true.shape[1]} columns."
        )
    return row_means(true == pred.argmax(axis=1)[:, np.newaxis])


class Metric:
    """Base of all metrics: a weighted mean over the rows seen since the last reset.

    Attributes:
        name: key in History.
        per_batch: whether rows must come batch by batch, because the metric sees whole batches.
    """

    per_batch: ClassVar[bool] = False

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        owner = type(self).__name__
        if dtype not in (None, "float32"):
            raise Unsupported(f"{owner}: dtype must be 'float32', received {dtype!r}.")
        self.name = snake_case(owner) if name is None else str(name)
        self.reset()

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        """The metric of each row."""
        raise NotImplementedError(f"{type(self).__name__} does not compute")

    def reset(self) -> None:
        """Forgets all rows."""
        self.total = 0.0
        self.count = 0.0

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Takes in any number of rows."""
        values = self.rows(y_true, y_pred)
        if sample_weight is None:
            self.total += float(values.sum())
            self.count += len(values)
        else:
            weights = row_weights(sample_weight, len(values))
            self.total += float((values * weights).sum())
            self.count += float(weights.sum())

    def result(self) -> float:
        """The metric of all rows since the last reset; 0 before any."""
        return self.total / self.count if self.count else 0.0

    # Keras' names of the same.

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """:meth:`update` under Keras' name."""
        self.update(y_true, y_pred, sample_weight)

    def reset_state(self) -> None:
        """:meth:`reset` under Keras' name."""
        self.reset()

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Takes rows in and gives the result so far."""
        self.update(y_true, y_pred, sample_weight)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class MeanAbsoluteError(Metric):
    """Mean of ``|y_true - y_pred|``.

    >>> from trimtab import metrics
    >>> metrics.MeanAbsoluteError()([1.0, 2.0], [2.0, 4.0])
    1.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_absolute_error(y_true, y_pred)


class MeanSquaredError(Metric):
    """Mean of ``(y_true - y_pred)^2``.

    >>> from trimtab import metrics
    >>> metrics.MeanSquaredError()([1.0, 2.0], [2.0, 4.0])
    2.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_squared_error(y_true, y_pred)


class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean of ``(y_true - y_pred)^2``.

    >>> from trimtab import metrics
    >>> metrics.RootMeanSquaredError()([0.0, 0.0], [3.0, 3.0])
    3.0
    """

    def result(self) -> float:
        return math.sqrt(super().result())


class Accuracy(Metric):
    """Share of predictions that equal their target exactly.

    >>> from trimtab import metrics
    >>> metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4])
    0.75
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        true, pred = _singles(*same_width(y_true, y_pred))
        return row_means(true == pred)


class BinaryAccuracy(Metric):
    """Share of predictions on the right side of a threshold.

    Errors: ``InvalidArgument`` where threshold is not a finite number.

    Args:
        threshold: predictions above it count as 1.

    >>> from trimtab import metrics
    >>> metrics.BinaryAccuracy()([1, 1, 0, 0], [0.98, 1, 0, 0.6])
    0.75
    """

    def __init__(self, name: str | None = None, dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = checks.number("threshold", threshold)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return binary_accuracy(y_true, y_pred, self.threshold)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "threshold": self.threshold}


class CategoricalAccuracy(Metric):
    """Share of rows where the greatest target column is predicted greatest.

    >>> from trimtab import metrics
    >>> metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.3, 0.7], [0.2, 0.8]])
    0.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return categorical_accuracy(y_true, y_pred)


class SparseCategoricalAccuracy(Metric):
    """Share of rows where the class number is predicted greatest.

    >>> from trimtab import metrics
    >>> metrics.SparseCategoricalAccuracy()([1, 0], [[0.3, 0.7], [0.2, 0.8]])
    0.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return sparse_categorical_accuracy(y_true, y_pred)


class BinaryCrossentropy(Metric):
    """:class:`trimtab.losses.BinaryCrossentropy` as a metric.

    >>> from trimtab import metrics
    >>> round(metrics.BinaryCrossentropy()([1.0], [0.5]), 4)
    0.6931
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self._loss = losses.BinaryCrossentropy(from_logits, label_smoothing, axis)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return self._loss.rows(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self._loss.from_logits,
            "label_smoothing": self._loss.label_smoothing,
        }


class SparseCategoricalCrossentropy(Metric):
    """:class:`trimtab.losses.SparseCategoricalCrossentropy` as a metric.

    >>> from trimtab import metrics
    >>> round(metrics.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 4)
    0.6931
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        from_logits: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self._loss = losses.SparseCategoricalCrossentropy(from_logits, axis=axis)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return self._loss.rows(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self._loss.from_logits}


class MeanMetricWrapper(Metric):
    """A Python function of ``(y_true, y_pred)`` as a metric.

    The function is called once a batch with two float32 arrays ``(rows, columns)``. It returns one
    number a row, or one number for the batch; then the result is the mean over batches, each
    counting once, as in Keras.

    Errors: ``InvalidArgument`` where it returns anything else.

    Args:
        fn: the function.
        name: key in History; None: the function's name.

    >>> import numpy as np
    >>> from trimtab import metrics
    >>> def worst(y_true, y_pred):
    ...     return np.abs(y_true - y_pred).max()
    >>> metric = metrics.MeanMetricWrapper(worst)
    >>> metric.name, metric([1.0, 2.0], [2.0, 4.0])
    ('worst', 2.0)
    """

    per_batch: ClassVar[bool] = True

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        if not callable(fn):
            raise InvalidArgument(f"fn must be a function of (y_true, y_pred), received {fn!r}.")
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
        values = row_means(values.reshape(len(values), -1))
        if sample_weight is None:
            self.total += float(values.sum())
            self.count += len(values)
        else:
            weights = row_weights(sample_weight, len(values))
            self.total += float((values * weights).sum())
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


REGISTRY: Registry[Metric] = Registry(
    "metric",
    "metrics",
    Metric,
    (
        Accuracy,
        BinaryAccuracy,
        BinaryCrossentropy,
        CategoricalAccuracy,
        MeanAbsoluteError,
        MeanSquaredError,
        RootMeanSquaredError,
        SparseCategoricalAccuracy,
        SparseCategoricalCrossentropy,
    ),
    aliases={
        "acc": Accuracy,
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
        "rmse": RootMeanSquaredError,
        "RMSE": RootMeanSquaredError,
        "bce": BinaryCrossentropy,
        "BCE": BinaryCrossentropy,
    },
)

#: The functions of this module that stand for a metric, as in Keras.
FUNCTIONS: dict[Callable[..., Any], type[Metric]] = {
    mean_absolute_error: MeanAbsoluteError,
    mean_squared_error: MeanSquaredError,
    binary_crossentropy: BinaryCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    binary_accuracy: BinaryAccuracy,
    categorical_accuracy: CategoricalAccuracy,
    sparse_categorical_accuracy: SparseCategoricalAccuracy,
}


def get(identifier: Any) -> Metric:
    """From a name, a function, a class, a configuration or an instance to a metric."""
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, str):
        own = registration.registered_object(identifier)
        if callable(own) and not isinstance(own, type):
            return MeanMetricWrapper(own)
        metric = REGISTRY.get(identifier)
        metric.name = identifier  # History's key is the name as it was written, as in Keras
        return metric
    if callable(identifier) and not isinstance(identifier, Metric | type):
        for function, cls in FUNCTIONS.items():
            if identifier is function:
                return cls(name=function.__name__)
        return MeanMetricWrapper(identifier)
    return REGISTRY.get(identifier)


def resolve_metric(spec: Any, loss: LossOp | None, output_width: int) -> Metric:
    """The metric of an entry of ``compile(metrics=[...])``.

    "accuracy" and "acc" mean what fits the targets: one output, a threshold of 0.5; class numbers,
    the greatest column; otherwise the greatest column of both.

    >>> from trimtab import metrics
    >>> metrics.resolve_metric("accuracy", None, output_width=1)
    <BinaryAccuracy name=accuracy>
    """
    if isinstance(spec, str) and spec.lower() in ("accuracy", "acc"):
        if output_width == 1:
            return BinaryAccuracy(name=spec)
        if loss is not None and loss.sparse:
            return SparseCategoricalAccuracy(name=spec)
        return CategoricalAccuracy(name=spec)
    return get(spec)


def serialize(metric: Metric) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``

    Raises:
        InvalidArgument: it is a user's own and not registered.
    """
    if type(metric) is MeanMetricWrapper:
        return {"class_name": MeanMetricWrapper.__name__, "config": metric.get_config()}
    return REGISTRY.serialize(metric)


def deserialize(config: Mapping[str, Any]) -> Metric:
    """The inverse of :func:`serialize`."""
    if config.get("class_name") == MeanMetricWrapper.__name__:
        return MeanMetricWrapper.from_config(dict(config.get("config") or {}))
    if config.get("class_name") == registration.FUNCTION:
        return MeanMetricWrapper(registration.function_of(config, "metric"))
    return REGISTRY.deserialize(config)


__getattr__ = catalogue.refusals("metrics", __all__)
