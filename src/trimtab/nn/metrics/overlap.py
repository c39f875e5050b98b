"""Intersection over union: what of a class is found, of all that is it or is taken for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument
from trimtab.nn.losses.rows import cell_weights, last_axis, paired
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import REGISTRY

__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]


@REGISTRY.register("iou")
class IoU(Metric):
    """Mean over classes of ``true positives / (true positives + all mistakes of the class)``.

    Classes that neither occur nor are predicted do not count.

    Shape:
        Class numbers ``(rows,)`` or ``(rows, 1)``, or a column for each class.

    Args:
        num_classes: number of classes. Rows with other class numbers do not count.
        target_class_ids: the classes to take the mean over.
        ignore_class: rows of this class do not count.
        sparse_y_true: whether targets are class numbers; False: a column for each class.
        sparse_y_pred: whether predictions are class numbers; False: a column for each class.
        axis: -1.

    Raises:
        InvalidArgument: a class is not one of ``num_classes``.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        self.num_classes = checks.positive_integer("num_classes", num_classes)
        last_axis(type(self).__name__, axis)
        self.target_class_ids = [
            checks.integer("target_class_ids", each, minimum=0, maximum=self.num_classes - 1)
            for each in target_class_ids
        ]
        if not self.target_class_ids:
            raise InvalidArgument("target_class_ids must hold a class, received none.")
        self.ignore_class = ignore_class
        self.sparse_y_true = checks.boolean("sparse_y_true", sparse_y_true)
        self.sparse_y_pred = checks.boolean("sparse_y_pred", sparse_y_pred)
        super().__init__(name, dtype)

    def reset(self) -> None:
        self._matrix: Doubles = np.zeros((self.num_classes, self.num_classes))

    def classes(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Doubles, Doubles]:
        """Class numbers of targets and predictions, ``(rows, columns)``."""
        true, pred = paired(y_true, y_pred)
        if not self.sparse_y_true:
            true = true.argmax(axis=1)[:, np.newaxis].astype(np.float64)
        if not self.sparse_y_pred:
            pred = pred.argmax(axis=1)[:, np.newaxis].astype(np.float64)
        return true, pred

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        true, pred = self.classes(y_true, y_pred)
        true, pred = paired(true, pred)
        if true.shape != pred.shape:
            raise InvalidArgument(
                f"{type(self).__name__} takes one class number for each target, received shapes "
                f"{true.shape} and {pred.shape}. Use sparse_y_true=False or sparse_y_pred=False "
                "for columns of classes."
            )
        each = cell_weights(sample_weight, (true.shape[0], true.shape[1])).reshape(-1)
        labels, found = np.trunc(true.reshape(-1)), np.trunc(pred.reshape(-1))
        good = (labels >= 0) & (labels < self.num_classes)
        good &= (found >= 0) & (found < self.num_classes)
        if self.ignore_class is not None:
            good &= labels != self.ignore_class
        cells = labels[good].astype(np.int64) * self.num_classes + found[good].astype(np.int64)
        counted = np.bincount(cells, each[good], minlength=self.num_classes**2)
        self._matrix += counted.reshape(self._matrix.shape)

    def result(self) -> float:
        """The mean; 0 where no class counts."""
        hits = np.diag(self._matrix)
        wholes = self._matrix.sum(axis=0) + self._matrix.sum(axis=1) - hits
        hits, wholes = hits[self.target_class_ids], wholes[self.target_class_ids]
        valid = wholes > 1e-9
        return float((hits[valid] / wholes[valid]).mean()) if valid.any() else 0.0

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": -1,
        }

    def _without(self, *names: str) -> dict[str, Any]:
        return {name: value for name, value in IoU.get_config(self).items() if name not in names}


@REGISTRY.register()
class BinaryIoU(IoU):
    """:class:`IoU` of labels 0 and 1, from probabilities.

    Args:
        target_class_ids: 0, 1 or both.
        threshold: predictions from it on count as 1.

    Raises:
        InvalidArgument: a class is neither 0 nor 1.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 4)
        0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.threshold = checks.number("threshold", threshold)
        super().__init__(2, target_class_ids, name, dtype)

    def classes(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Doubles, Doubles]:
        true, pred = paired(y_true, y_pred)
        return true, (pred.astype(np.float32) >= np.float32(self.threshold)).astype(np.float64)

    def get_config(self) -> dict[str, Any]:
        config = {name: super(IoU, self).get_config()[name] for name in ("name",)}
        return config | {"target_class_ids": self.target_class_ids, "threshold": self.threshold}


@REGISTRY.register()
class MeanIoU(IoU):
    """:class:`IoU` of all classes.

    Args:
        num_classes: number of classes.
        ignore_class: rows of this class do not count.
        sparse_y_true: whether targets are class numbers; False: a column for each class.
        sparse_y_pred: whether predictions are class numbers; False: a column for each class.
        axis: -1.

    Raises:
        InvalidArgument: ``num_classes`` is no positive integer.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        count = checks.positive_integer("num_classes", num_classes)
        super().__init__(
            count, range(count), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        return self._without("target_class_ids")


@REGISTRY.register()
class OneHotIoU(IoU):
    """:class:`IoU` of targets with a column for each class.

    Args:
        num_classes: number of classes.
        target_class_ids: the classes to take the mean over.
        ignore_class: rows of this class do not count.
        sparse_y_pred: whether predictions are class numbers; False: a column for each class.
        axis: -1.

    Raises:
        InvalidArgument: a class is not one of ``num_classes``.

    Example:
        >>> from trimtab import metrics
        >>> metric = metrics.OneHotIoU(num_classes=2, target_class_ids=[0])
        >>> metric([[1, 0], [0, 1]], [[0.9, 0.1], [0.6, 0.4]])
        0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        return self._without("sparse_y_true")


@REGISTRY.register()
class OneHotMeanIoU(MeanIoU):
    """:class:`MeanIoU` of targets with a column for each class.

    Args:
        num_classes: number of classes.
        ignore_class: rows of this class do not count.
        sparse_y_pred: whether predictions are class numbers; False: a column for each class.
        axis: -1.

    Raises:
        InvalidArgument: ``num_classes`` is no positive integer.

    Example:
        >>> from trimtab import metrics
        >>> metrics.OneHotMeanIoU(num_classes=2)([[1, 0], [0, 1]], [[0.9, 0.1], [0.6, 0.4]])
        0.25
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._without("target_class_ids", "sparse_y_true")
