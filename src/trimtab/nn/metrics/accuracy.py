"""Shares of rows that are predicted right."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidData
from trimtab.nn.losses.rows import class_numbers, paired, row_means, same_width
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import FUNCTIONS, REGISTRY

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]


def binary_accuracy(y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5) -> Doubles:
    """Share of columns where ``y_pred > threshold`` is what ``y_true`` says, one number a row.

    Example:
        >>> from trimtab import metrics
        >>> metrics.binary_accuracy([[1.0], [1.0]], [[0.6], [0.4]]).tolist()
        [1.0, 0.0]
    """
    return row_means(_right_side(y_true, y_pred, threshold))


def _right_side(y_true: ArrayLike, y_pred: ArrayLike, threshold: float) -> Doubles:
    """1 where a prediction is on the side of the threshold that its target says, else 0."""
    true, pred = _singles(*same_width(y_true, y_pred))
    return np.asarray(true == (pred > np.float32(threshold)), np.float64)


def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """1 where the greatest column of ``y_true`` is the greatest of ``y_pred``, else 0.

    Example:
        >>> from trimtab import metrics
        >>> metrics.categorical_accuracy([[0.0, 1.0]], [[0.2, 0.8]]).tolist()
        [1.0]
    """
    true, pred = same_width(y_true, y_pred)
    return row_means((true.argmax(axis=1) == pred.argmax(axis=1))[:, np.newaxis])


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """1 where the greatest column of ``y_pred`` is the class number in ``y_true``, else 0.

    Example:
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


def top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> Doubles:
    """1 where the greatest column of ``y_true`` is among the k greatest of ``y_pred``, else 0.

    Example:
        >>> from trimtab import metrics
        >>> metrics.top_k_categorical_accuracy([[0, 0, 1]], [[0.5, 0.2, 0.3]], k=2).tolist()
        [1.0]
    """
    true, pred = same_width(y_true, y_pred)
    return _among_greatest(true.argmax(axis=1), pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, k: int = 5, from_sorted_ids: bool = False
) -> Doubles:
    """1 where the class number in ``y_true`` is among the k greatest of ``y_pred``, else 0.

    Args:
        y_true: one class number a row.
        y_pred: a number for each class; with ``from_sorted_ids``, class numbers, the best first.
        k: how many count.
        from_sorted_ids: whether predictions are class numbers.

    Example:
        >>> from trimtab import metrics
        >>> metrics.sparse_top_k_categorical_accuracy([2], [[0.5, 0.2, 0.3]], k=2).tolist()
        [1.0]
    """
    if from_sorted_ids:
        true, pred = paired(y_true, y_pred)
        return row_means((pred[:, :k] == true[:, :1]).any(axis=1)[:, np.newaxis])
    labels, pred = class_numbers(y_true, y_pred)
    return _among_greatest(labels, pred, k)


def _among_greatest(labels: NDArray[np.int64], pred: Doubles, k: int) -> Doubles:
    """Ties count; nan is no great prediction."""
    k = min(k, pred.shape[1])
    least = np.partition(pred, -k, axis=1)[:, -k]
    own = pred[np.arange(len(pred)), labels]
    return row_means((own >= least)[:, np.newaxis])


@REGISTRY.register("acc")
class Accuracy(Metric):
    """Share of predictions that equal their target exactly.

    Example:
        >>> from trimtab import metrics
        >>> metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4])
        0.75
    """

    direction: ClassVar[str | None] = "up"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return row_means(self.cells(y_true, y_pred))

    def cells(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        true, pred = _singles(*same_width(y_true, y_pred))
        return np.asarray(true == pred, np.float64)


@REGISTRY.register()
class BinaryAccuracy(Metric):
    """Share of predictions on the right side of a threshold.

    Args:
        threshold: predictions above it count as 1.

    Raises:
        InvalidArgument: threshold is not a finite number.

    Example:
        >>> from trimtab import metrics
        >>> metrics.BinaryAccuracy()([1, 1, 0, 0], [0.98, 1, 0, 0.6])
        0.75
    """

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str | None = None, dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = checks.number("threshold", threshold)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return binary_accuracy(y_true, y_pred, self.threshold)

    def cells(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return _right_side(y_true, y_pred, self.threshold)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "threshold": self.threshold}


FUNCTIONS[binary_accuracy] = BinaryAccuracy


@REGISTRY.register()
class CategoricalAccuracy(Metric):
    """Share of rows where the greatest target column is predicted greatest.

    Example:
        >>> from trimtab import metrics
        >>> metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.3, 0.7], [0.2, 0.8]])
        0.5
    """

    direction: ClassVar[str | None] = "up"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return categorical_accuracy(y_true, y_pred)


FUNCTIONS[categorical_accuracy] = CategoricalAccuracy


@REGISTRY.register()
class SparseCategoricalAccuracy(Metric):
    """Share of rows where the class number is predicted greatest.

    Example:
        >>> from trimtab import metrics
        >>> metrics.SparseCategoricalAccuracy()([1, 0], [[0.3, 0.7], [0.2, 0.8]])
        0.5
    """

    direction: ClassVar[str | None] = "up"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return sparse_categorical_accuracy(y_true, y_pred)


FUNCTIONS[sparse_categorical_accuracy] = SparseCategoricalAccuracy


@REGISTRY.register()
class TopKCategoricalAccuracy(Metric):
    """Share of rows where the greatest target column is among the k predicted greatest.

    Args:
        k: how many predictions count.

    Raises:
        InvalidArgument: k is no positive integer.

    Example:
        >>> from trimtab import metrics
        >>> metric = metrics.TopKCategoricalAccuracy(k=2)
        >>> metric([[0, 0, 1], [0, 1, 0]], [[0.5, 0.2, 0.3], [0.5, 0.1, 0.4]])
        0.5
    """

    direction: ClassVar[str | None] = "up"

    def __init__(self, k: int = 5, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.k = checks.positive_integer("k", k)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return top_k_categorical_accuracy(y_true, y_pred, self.k)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}


FUNCTIONS[top_k_categorical_accuracy] = TopKCategoricalAccuracy


@REGISTRY.register()
class SparseTopKCategoricalAccuracy(Metric):
    """Share of rows where the class number is among the k predicted greatest.

    Args:
        k: how many predictions count.
        from_sorted_ids: whether predictions are class numbers, the best first.

    Raises:
        InvalidArgument: k is no positive integer.

    Example:
        >>> from trimtab import metrics
        >>> metrics.SparseTopKCategoricalAccuracy(k=2)([2, 1], [[0.5, 0.2, 0.3], [0.5, 0.1, 0.4]])
        0.5
    """

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = None,
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        self.k = checks.positive_integer("k", k)
        self.from_sorted_ids = checks.boolean("from_sorted_ids", from_sorted_ids)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return sparse_top_k_categorical_accuracy(y_true, y_pred, self.k, self.from_sorted_ids)

    def get_config(self) -> dict[str, Any]:
        ids = {"from_sorted_ids": True} if self.from_sorted_ids else {}
        return {**super().get_config(), "k": self.k, **ids}


FUNCTIONS[sparse_top_k_categorical_accuracy] = SparseTopKCategoricalAccuracy


def _singles(true: Doubles, pred: Doubles) -> tuple[Floats, Floats]:
    """Both as float32, in which networks predict: 0.1 equals a predicted 0.1."""
    return true.astype(np.float32), pred.astype(np.float32)
