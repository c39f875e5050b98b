"""Losses of margins as metrics."""

from __future__ import annotations

from typing import ClassVar

from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.nn.losses.hinge import categorical_hinge, hinge, squared_hinge
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import FUNCTIONS, REGISTRY

__all__ = ["CategoricalHinge", "Hinge", "SquaredHinge"]


@REGISTRY.register()
class Hinge(Metric):
    """:class:`trimtab.losses.Hinge` as a metric.

    Example:
        >>> from trimtab import metrics
        >>> metrics.Hinge()([1.0, 0.0], [0.5, 0.5])
        1.0
    """

    direction: ClassVar[str | None] = "down"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return hinge(y_true, y_pred)


FUNCTIONS[hinge] = Hinge


@REGISTRY.register()
class SquaredHinge(Metric):
    """:class:`trimtab.losses.SquaredHinge` as a metric.

    Example:
        >>> from trimtab import metrics
        >>> metrics.SquaredHinge()([1.0, 0.0], [0.5, 0.5])
        1.25
    """

    direction: ClassVar[str | None] = "down"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return squared_hinge(y_true, y_pred)


FUNCTIONS[squared_hinge] = SquaredHinge


@REGISTRY.register()
class CategoricalHinge(Metric):
    """:class:`trimtab.losses.CategoricalHinge` as a metric.

    Example:
        >>> from trimtab import metrics
        >>> metrics.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]])
        0.5
    """

    direction: ClassVar[str | None] = "down"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return categorical_hinge(y_true, y_pred)


FUNCTIONS[categorical_hinge] = CategoricalHinge
