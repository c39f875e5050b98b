"""Losses for classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.rows import (
    EPSILON,
    QUIET,
    class_numbers,
    clipped,
    last_axis,
    row_means,
    same_width,
)
from trimtab.nn.losses.table import FUNCTIONS, REGISTRY
from trimtab.program.ops.losses import LossOp

__all__ = [
    "EPSILON",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "categorical_generalized_cross_entropy",
    "shares",
    "smoothed_classes",
    "softmax",
    "sparse_categorical_crossentropy",
]


def shares(predictions: Doubles) -> Doubles:
    """What each class has of the sum of its row, clipped."""
    return clipped(predictions / predictions.sum(axis=1, keepdims=True))


def log_softmax(x: Doubles) -> Doubles:
    """The logarithms of :func:`softmax`."""
    shifted = x - x.max(axis=1, keepdims=True)
    logarithms: Doubles = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logarithms


def softmax(x: Doubles) -> Doubles:
    """Probabilities of classes from logits."""
    probabilities: Doubles = np.exp(log_softmax(x))
    return probabilities


def smoothed_classes(labels: Doubles, label_smoothing: float) -> Doubles:
    """Columns of classes, a share of each row being spread over all of them."""
    smoothed: Doubles = labels * (1.0 - label_smoothing) + label_smoothing / labels.shape[1]
    return smoothed


@QUIET
def binary_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Doubles:
    """Mean of ``-(t log p + (1 - t) log(1 - p))`` over the columns, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.binary_crossentropy([[1.0]], [[0.5]]).round(4).tolist()
        [0.6931]
    """
    last_axis("binary_crossentropy", axis)
    true, pred = same_width(y_true, y_pred)
    true = true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        values = np.maximum(pred, 0.0) - pred * true + np.log1p(np.exp(-np.abs(pred)))
    else:
        p = clipped(pred)
        values = -(true * np.log(p) + (1.0 - true) * np.log1p(-p))
    return row_means(values)


@QUIET
def categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Doubles:
    """``-sum(t log p)`` over the classes, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4).tolist()
        [0.6931]
    """
    last_axis("categorical_crossentropy", axis)
    true, pred = same_width(y_true, y_pred)
    logarithms = log_softmax(pred) if from_logits else np.log(shares(pred))
    sums: Doubles = -(smoothed_classes(true, label_smoothing) * logarithms).sum(axis=1)
    return sums


@QUIET
def sparse_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
    *,
    label_smoothing: float = 0.0,
) -> Doubles:
    """``-log p[t]``, t being the class number of the row, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4).tolist()
        [0.6931]
    """
    checks.unsupported("sparse_categorical_crossentropy", ignore_class=ignore_class)
    last_axis("sparse_categorical_crossentropy", axis)
    labels, pred = class_numbers(y_true, y_pred)
    logarithms = log_softmax(pred) if from_logits else np.log(shares(pred))
    picked: Doubles = -logarithms[np.arange(len(labels)), labels]
    if label_smoothing:
        picked = (1.0 - label_smoothing) * picked - label_smoothing * logarithms.mean(axis=1)
    return picked


@QUIET
def categorical_generalized_cross_entropy(
    y_true: ArrayLike, y_pred: ArrayLike, q: float
) -> Doubles:
    """``(1 - p[t]^q) / q``, t being the class number of the row, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.categorical_generalized_cross_entropy([1], [[0.75, 0.25]], 0.5).tolist()
        [1.0]
    """
    labels, pred = class_numbers(y_true, y_pred)
    chosen = pred[np.arange(len(labels)), labels] + 0.0 * pred.sum(axis=1)  # nan elsewhere counts
    values: Doubles = (1.0 - chosen**q) / q
    return values


@REGISTRY.register("bce", "BCE")
class BinaryCrossentropy(Loss):
    """For one or several yes-or-no outputs.

    Shape:
        Targets (0 or 1, or probabilities) and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``-(t log p + (1 - t) log(1 - p))``, p clipped to [1e-7, 1 - 1e-7]; from logits
        ``max(x, 0) - x t + log(1 + exp(-|x|))``. With smoothing s, t is ``t (1 - s) + s / 2``.

    Args:
        from_logits: whether the network ends without a sigmoid.
        label_smoothing: how far targets are pulled towards 1/2.
        axis: -1.

    Raises:
        InvalidArgument: label_smoothing is not between 0 and 1.

    Example:
        >>> from trimtab import losses
        >>> round(losses.BinaryCrossentropy(from_logits=True)([1.0, 0.0], [0.0, 0.0]), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        last_axis("BinaryCrossentropy", axis)
        self.from_logits = checks.boolean("from_logits", from_logits)
        self.label_smoothing = checks.probability("label_smoothing", label_smoothing)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing)

    def lower(self) -> LossOp:
        return LossOp(
            loss="binary_crossentropy_logits" if self.from_logits else "binary_crossentropy",
            label_smoothing=self.label_smoothing,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": -1,
        }


FUNCTIONS[binary_crossentropy] = BinaryCrossentropy


@REGISTRY.register()
class CategoricalCrossentropy(Loss):
    """For one class out of several, with a column of 0 and 1, or of shares, for each.

    Shape:
        Targets and predictions ``(rows, classes)``. For class numbers in one column take
        :class:`SparseCategoricalCrossentropy`.

    Formula:
        ``-sum(t log(p / sum p))``, clipped to [1e-7, 1 - 1e-7]; from logits
        ``-sum(t log_softmax(x))``. With smoothing s, t is ``t (1 - s) + s / classes``.

    Args:
        from_logits: whether the network ends without a softmax.
        label_smoothing: share of each target that is spread over all classes.
        axis: -1.

    Raises:
        InvalidArgument: label_smoothing is not between 0 and 1.
        InvalidData: the shapes do not fit, or ``fit`` gets a target outside 0 and 1.

    Example:
        >>> from trimtab import losses
        >>> round(losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        last_axis("CategoricalCrossentropy", axis)
        self.from_logits = checks.boolean("from_logits", from_logits)
        self.label_smoothing = checks.probability("label_smoothing", label_smoothing)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return categorical_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing)

    def lower(self) -> LossOp:
        name = "categorical_crossentropy"
        return LossOp(
            loss=f"{name}_logits" if self.from_logits else name,
            label_smoothing=self.label_smoothing,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": -1,
        }


FUNCTIONS[categorical_crossentropy] = CategoricalCrossentropy


@REGISTRY.register()
class SparseCategoricalCrossentropy(Loss):
    """For one class out of several, targets being class numbers.

    Shape:
        Targets ``(rows,)`` or ``(rows, 1)``, predictions ``(rows, classes)``.

    Formula:
        ``-log(p[t] / sum p)``, clipped to [1e-7, 1 - 1e-7]; from logits ``-log_softmax(x)[t]``.
        With smoothing s, ``(1 - s)`` times this plus s times its mean over all classes in place of
        t: what Keras' ``CategoricalCrossentropy`` does with one-hot targets.

    Args:
        from_logits: whether the network ends without a softmax.
        axis: -1.
        label_smoothing: share of each target that is spread over all classes.

    Raises:
        InvalidArgument: label_smoothing is not between 0 and 1.
        InvalidData: a target is not a class number.
        Unsupported: ``ignore_class``.

    Example:
        >>> from trimtab import losses
        >>> round(losses.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 4)
        0.6931
    """

    #: Of losses that were pickled before there was any, too.
    label_smoothing = 0.0

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: Any = None,
        *,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction, name, dtype)
        checks.unsupported("SparseCategoricalCrossentropy", ignore_class=ignore_class)
        last_axis("SparseCategoricalCrossentropy", axis)
        self.from_logits = checks.boolean("from_logits", from_logits)
        self.label_smoothing = checks.probability("label_smoothing", label_smoothing)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return sparse_categorical_crossentropy(
            y_true, y_pred, self.from_logits, label_smoothing=self.label_smoothing
        )

    def lower(self) -> LossOp:
        name = "sparse_categorical_crossentropy"
        return LossOp(
            loss=f"{name}_logits" if self.from_logits else name,
            label_smoothing=self.label_smoothing,
        )

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "from_logits": self.from_logits}
        # Keras' loss has no such argument: without smoothing, the configuration is Keras'.
        smoothing = {"label_smoothing": self.label_smoothing} if self.label_smoothing else {}
        return config | smoothing


FUNCTIONS[sparse_categorical_crossentropy] = SparseCategoricalCrossentropy


@REGISTRY.register()
class CategoricalGeneralizedCrossEntropy(Loss):
    """For class numbers of which some are wrong: between the cross-entropy and the absolute error.

    Shape:
        Targets ``(rows,)`` or ``(rows, 1)``, predictions ``(rows, classes)``, probabilities.

    Formula:
        ``(1 - p[t]^q) / q`` (Zhang & Sabuncu 2018). Its gradient is 0 where ``p[t]`` is below 1e-7.

    Args:
        q: between 0 and 1: near 0 it is the cross-entropy, at 1 it would be the absolute error.

    Raises:
        InvalidArgument: q is not between 0 and 1.
        InvalidData: a target is not a class number.

    Example:
        >>> from trimtab import losses
        >>> losses.CategoricalGeneralizedCrossEntropy(q=0.5)([1], [[0.75, 0.25]])
        1.0
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        if not (checks.is_number(q) and 0 < q < 1):
            raise InvalidArgument(
                f"q must be between 0 and 1, both excluded, received {brief(q)}. Use q=0.7."
            )
        self.q = float(q)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return categorical_generalized_cross_entropy(y_true, y_pred, self.q)

    def lower(self) -> LossOp:
        return LossOp(loss="categorical_generalized_cross_entropy", q=self.q)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "q": self.q}


FUNCTIONS[categorical_generalized_cross_entropy] = CategoricalGeneralizedCrossEntropy
