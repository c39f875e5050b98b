"""Cross-entropies that look away from what is predicted well already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.classification import shares, smoothed_classes, softmax
from trimtab.nn.losses.rows import EPSILON, QUIET, clipped, last_axis, row_means, same_width
from trimtab.nn.losses.table import FUNCTIONS, REGISTRY
from trimtab.program.ops.losses import LossOp

__all__ = [
    "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy",
    "binary_focal_crossentropy",
    "categorical_focal_crossentropy",
]


@QUIET
def binary_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Doubles:
    """Mean of the cross-entropy times ``(1 - p)^gamma``, p that of the true label; one a row.

    Example:
        >>> from trimtab import losses
        >>> losses.binary_focal_crossentropy([[1.0]], [[0.5]]).round(4).tolist()
        [0.1733]
    """
    last_axis("binary_focal_crossentropy", axis)
    true, pred = same_width(y_true, y_pred)
    true = true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    rest = 1.0 / (1.0 + np.exp(pred)) if from_logits else 1.0 - pred
    p = 1.0 / (1.0 + np.exp(-pred)) if from_logits else pred
    q = clipped(p)
    other = np.where(q == p, rest, 1.0 - q)
    values = -(true * np.log(q) + (1.0 - true) * np.log(other))
    values = values * np.maximum(true * rest + (1.0 - true) * p, EPSILON) ** gamma
    if apply_class_balancing:
        values = values * (true * alpha + (1.0 - true) * (1.0 - alpha))
    return row_means(values)


@QUIET
def categorical_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Doubles:
    """Sum of ``-alpha y_true (1 - p)^gamma log p`` over the classes, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4).tolist()
        [0.0433]
    """
    last_axis("categorical_focal_crossentropy", axis)
    true, pred = same_width(y_true, y_pred)
    true = smoothed_classes(true, label_smoothing)
    q = shares(softmax(pred) if from_logits else pred)
    values = np.asarray(alpha, np.float64) * (1.0 - q) ** gamma * true * np.log(q)
    sums: Doubles = -values.sum(axis=1)
    return sums


@REGISTRY.register()
class BinaryFocalCrossentropy(Loss):
    """:class:`BinaryCrossentropy` that counts a row less the better it is predicted.

    Shape:
        Targets (0 or 1, or probabilities) and predictions ``(rows, outputs)``.

    Formula:
        Mean of the cross-entropy times ``u^gamma``, where u is the probability of the other label,
        ``t + p - 2 t p``, at least 1e-7 (Lin et al. 2017). With ``apply_class_balancing``, times
        alpha for a label of 1 and ``1 - alpha`` for a label of 0.

    Args:
        apply_class_balancing: whether alpha counts.
        alpha: weight of label 1, between 0 and 1.
        gamma: 0 is the cross-entropy itself.
        from_logits: whether the network ends without a sigmoid.
        label_smoothing: how far targets are pulled towards 1/2.
        axis: -1.

    Raises:
        InvalidArgument: an argument is out of range.

    Example:
        >>> from trimtab import losses
        >>> round(losses.BinaryFocalCrossentropy(gamma=1.0)([1.0, 0.0], [0.5, 0.1]), 4)
        0.1786
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        last_axis("BinaryFocalCrossentropy", axis)
        self.apply_class_balancing = checks.boolean("apply_class_balancing", apply_class_balancing)
        self.alpha = checks.probability("alpha", alpha)
        self.gamma = checks.non_negative_number("gamma", gamma)
        self.from_logits = checks.boolean("from_logits", from_logits)
        self.label_smoothing = checks.probability("label_smoothing", label_smoothing)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return binary_focal_crossentropy(
            y_true,
            y_pred,
            self.apply_class_balancing,
            self.alpha,
            self.gamma,
            self.from_logits,
            self.label_smoothing,
        )

    def lower(self) -> LossOp:
        name = "binary_focal_crossentropy"
        return LossOp(
            loss=f"{name}_logits" if self.from_logits else name,
            label_smoothing=self.label_smoothing,
            alpha=(self.alpha,),
            gamma=self.gamma,
            balanced=self.apply_class_balancing,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": -1,
            "apply_class_balancing": self.apply_class_balancing,
            "alpha": self.alpha,
            "gamma": self.gamma,
        }


FUNCTIONS[binary_focal_crossentropy] = BinaryFocalCrossentropy


@REGISTRY.register()
class CategoricalFocalCrossentropy(Loss):
    """:class:`CategoricalCrossentropy` that counts a row less the better it is predicted.

    Shape:
        Targets (a column of 0 and 1, or of shares, for each class) and predictions
        ``(rows, classes)``.

    Formula:
        ``-sum(alpha t (1 - q)^gamma log q)``, ``q = p / sum p``, clipped to [1e-7, 1 - 1e-7] (Lin
        et al. 2017). With smoothing s, t is ``t (1 - s) + s / classes``.

    Args:
        alpha: weight of all classes, or a list with the weight of each.
        gamma: 0 is the cross-entropy, times alpha.
        from_logits: whether the network ends without a softmax.
        label_smoothing: share of each target that is spread over all classes.
        axis: -1.

    Raises:
        InvalidArgument: an argument is out of range, or alpha does not have a number for each
            class.

    Example:
        >>> from trimtab import losses
        >>> loss = losses.CategoricalFocalCrossentropy(alpha=[0.5, 1.0], gamma=1.0)
        >>> round(loss([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.3466
    """

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        last_axis("CategoricalFocalCrossentropy", axis)
        self.alpha = _class_weights(alpha)
        self.gamma = checks.non_negative_number("gamma", gamma)
        self.from_logits = checks.boolean("from_logits", from_logits)
        self.label_smoothing = checks.probability("label_smoothing", label_smoothing)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return categorical_focal_crossentropy(
            y_true, y_pred, self.alpha, self.gamma, self.from_logits, self.label_smoothing
        )

    def lower(self) -> LossOp:
        name = "categorical_focal_crossentropy"
        return LossOp(
            loss=f"{name}_logits" if self.from_logits else name,
            label_smoothing=self.label_smoothing,
            alpha=tuple(self.alpha) if isinstance(self.alpha, list) else (self.alpha,),
            gamma=self.gamma,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": -1,
            "alpha": self.alpha,
            "gamma": self.gamma,
        }


FUNCTIONS[categorical_focal_crossentropy] = CategoricalFocalCrossentropy


def _class_weights(alpha: Any) -> float | list[float]:
    if isinstance(alpha, list | tuple | np.ndarray):
        if not len(alpha):
            raise InvalidArgument(f"alpha must hold a number for each class, received {alpha}.")
        return [checks.non_negative_number("alpha", each) for each in alpha]
    if not checks.is_number(alpha):
        raise InvalidArgument(
            f"alpha must be a number, or a list with one for each class, received {brief(alpha)}."
        )
    return checks.non_negative_number("alpha", alpha)
