"""Losses for classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.errors import Unsupported
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.rows import QUIET, class_numbers, row_means, same_width
from trimtab.nn.losses.table import FUNCTIONS, REGISTRY
from trimtab.program.ops.losses import LossOp

__all__ = [
    "EPSILON",
    "BinaryCrossentropy",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "sparse_categorical_crossentropy",
]

#: Predictions are clipped to [EPSILON, 1 - EPSILON] before their logarithm is taken; in float32,
#: as engines and Keras compute, the upper end is 1 - 2**-23.
EPSILON = 1e-7
_ENDS = float(np.float32(EPSILON)), float(np.float32(1.0 - EPSILON))


@QUIET
def binary_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
) -> Doubles:
    """Mean of ``-(t log p + (1 - t) log(1 - p))`` over the columns, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.binary_crossentropy([[1.0]], [[0.5]]).round(4).tolist()
        [0.6931]
    """
    true, pred = same_width(y_true, y_pred)
    true = true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        values = np.maximum(pred, 0.0) - pred * true + np.log1p(np.exp(-np.abs(pred)))
    else:
        p = np.clip(pred, *_ENDS)
        values = -(true * np.log(p) + (1.0 - true) * np.log1p(-p))
    return row_means(values)


@QUIET
def sparse_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    *,
    label_smoothing: float = 0.0,
) -> Doubles:
    """``-log p[t]``, t being the class number of the row, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4).tolist()
        [0.6931]
    """
    labels, pred = class_numbers(y_true, y_pred)
    if from_logits:
        shifted = pred - pred.max(axis=1, keepdims=True)
        logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    else:
        share = pred / pred.sum(axis=1, keepdims=True)
        logarithms = np.log(np.clip(share, *_ENDS))
    picked: Doubles = -logarithms[np.arange(len(labels)), labels]
    if label_smoothing:
        picked = (1.0 - label_smoothing) * picked - label_smoothing * logarithms.mean(axis=1)
    return picked


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
        reduction: str = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        _last_axis("BinaryCrossentropy", axis)
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
        reduction: str = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: Any = None,
        *,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction, name, dtype)
        checks.unsupported("SparseCategoricalCrossentropy", ignore_class=ignore_class)
        _last_axis("SparseCategoricalCrossentropy", axis)
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


def _last_axis(owner: str, axis: Any) -> None:
    if axis != -1:
        raise Unsupported(f"{owner}: axis must be -1, the columns of a table, received {axis!r}.")
