"""Losses of margins: a prediction that is right by 1 or more costs nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.rows import QUIET, row_means, same_width
from trimtab.nn.losses.table import FUNCTIONS, REGISTRY
from trimtab.program.ops.losses import LossOp

__all__ = [
    "CategoricalHinge",
    "Hinge",
    "SquaredHinge",
    "categorical_hinge",
    "hinge",
    "squared_hinge",
]


def _margins(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    true, pred = same_width(y_true, y_pred)
    return np.maximum(1.0 - np.where(true == 0.0, -1.0, true) * pred, 0.0)


@QUIET
def hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``max(1 - y_true y_pred, 0)`` over the columns, one number a row.

    Labels of 0 count as -1.

    Example:
        >>> from trimtab import losses
        >>> losses.hinge([[1.0], [0.0]], [[0.5], [0.5]]).tolist()
        [0.5, 1.5]
    """
    return row_means(_margins(y_true, y_pred))


@QUIET
def squared_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``max(1 - y_true y_pred, 0)^2`` over the columns, one number a row.

    Labels of 0 count as -1.

    Example:
        >>> from trimtab import losses
        >>> losses.squared_hinge([[1.0], [0.0]], [[0.5], [0.5]]).tolist()
        [0.25, 2.25]
    """
    return row_means(np.square(_margins(y_true, y_pred)))


@QUIET
def categorical_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """The greatest score of another class less that of the own, plus 1; 0 where that is below 0.

    Example:
        >>> from trimtab import losses
        >>> losses.categorical_hinge([[0.0, 1.0]], [[0.5, 1.0]]).tolist()
        [0.5]
    """
    true, pred = same_width(y_true, y_pred)
    others = ((1.0 - true) * pred).max(axis=1)
    margins: Doubles = np.maximum(others - (true * pred).sum(axis=1) + 1.0, 0.0)
    return margins


@REGISTRY.register()
class Hinge(Loss):
    """For labels of -1 and 1, or 0 and 1, and scores without an activation, or with ``tanh``.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``max(1 - y_true y_pred, 0)``; a label of 0 counts as -1.

    Raises:
        InvalidData: the shapes do not fit.

    Example:
        >>> from trimtab import losses
        >>> losses.Hinge()([1.0, 0.0], [0.5, 0.5])
        1.0
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return hinge(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="hinge")


FUNCTIONS[hinge] = Hinge


@REGISTRY.register()
class SquaredHinge(Loss):
    """The square of :class:`Hinge`: large mistakes cost more.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``max(1 - y_true y_pred, 0)^2``; a label of 0 counts as -1.

    Raises:
        InvalidData: the shapes do not fit.

    Example:
        >>> from trimtab import losses
        >>> losses.SquaredHinge()([1.0, 0.0], [0.5, 0.5])
        1.25
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return squared_hinge(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="squared_hinge")


FUNCTIONS[squared_hinge] = SquaredHinge


@REGISTRY.register()
class CategoricalHinge(Loss):
    """For one class of several, with a column of 0 and 1 for each, and scores.

    Shape:
        Targets and predictions ``(rows, classes)``.

    Formula:
        ``max(max((1 - y_true) y_pred) - sum(y_true y_pred) + 1, 0)``.

    Raises:
        InvalidData: the shapes do not fit.

    Example:
        >>> from trimtab import losses
        >>> losses.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]])
        0.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return categorical_hinge(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="categorical_hinge")


FUNCTIONS[categorical_hinge] = CategoricalHinge
