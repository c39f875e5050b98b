"""Cross-entropies as metrics."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.nn import losses
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import FUNCTIONS, REGISTRY

__all__ = ["BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"]


@REGISTRY.register("bce", "BCE")
class BinaryCrossentropy(Metric):
    """:class:`trimtab.losses.BinaryCrossentropy` as a metric.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.BinaryCrossentropy()([1.0], [0.5]), 4)
        0.6931
    """

    direction: ClassVar[str | None] = "down"

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


FUNCTIONS[losses.binary_crossentropy] = BinaryCrossentropy


@REGISTRY.register()
class CategoricalCrossentropy(Metric):
    """:class:`trimtab.losses.CategoricalCrossentropy` as a metric.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.6931
    """

    direction: ClassVar[str | None] = "down"

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self._loss = losses.CategoricalCrossentropy(from_logits, label_smoothing, axis)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return self._loss.rows(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self._loss.from_logits,
            "label_smoothing": self._loss.label_smoothing,
            "axis": -1,
        }


FUNCTIONS[losses.categorical_crossentropy] = CategoricalCrossentropy


@REGISTRY.register()
class SparseCategoricalCrossentropy(Metric):
    """:class:`trimtab.losses.SparseCategoricalCrossentropy` as a metric.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 4)
        0.6931
    """

    direction: ClassVar[str | None] = "down"

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self._loss = losses.SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return self._loss.rows(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self._loss.from_logits}


FUNCTIONS[losses.sparse_categorical_crossentropy] = SparseCategoricalCrossentropy
