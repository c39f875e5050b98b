"""Losses whose best constant is a quantile or an expectile."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.rows import QUIET, paired, row_means, same_width
from trimtab.nn.losses.table import FUNCTIONS, REGISTRY
from trimtab.program.ops.losses import LossOp

__all__ = ["Expectile", "Quantile", "expectile", "quantile"]


@QUIET
def quantile(
    y_true: ArrayLike, y_pred: ArrayLike, levels: float | Sequence[float] = 0.5
) -> Doubles:
    """The pinball loss, one number a row.

    Args:
        y_true: ``(rows, targets)``.
        y_pred: ``(rows, targets * levels)``: all levels of the first target, then of the next.
        levels: one or several, between 0 and 1.

    Example:
        >>> from trimtab import losses
        >>> losses.quantile([[1.0], [1.0]], [[0.0], [2.0]], 0.75).tolist()
        [0.75, 0.25]
    """
    each = np.atleast_1d(np.asarray(levels, np.float64))
    true, pred = paired(y_true, y_pred)
    if pred.shape[1] != len(each) * true.shape[1]:
        raise InvalidData(
            f"y_pred must hold {len(each)} level{'s' * (len(each) != 1)} of each column of y_true, "
            f"{len(each) * true.shape[1]} columns, received {pred.shape[1]}."
        )
    error = np.repeat(true, len(each), axis=1) - pred
    level = np.tile(each, true.shape[1])
    return row_means(np.maximum(level * error, (level - 1.0) * error))


@QUIET
def expectile(y_true: ArrayLike, y_pred: ArrayLike, level: float = 0.5) -> Doubles:
    """Squared errors, weighted by their sign, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.expectile([[1.0], [1.0]], [[0.0], [2.0]], 0.75).tolist()
        [0.75, 0.25]
    """
    true, pred = same_width(y_true, y_pred)
    error = true - pred
    return row_means(np.where(error > 0.0, level, 1.0 - level) * np.square(error))


@REGISTRY.register("pinball")
class Quantile(Loss):
    """The pinball loss: its best constant is the quantile of the level.

    With several levels the network predicts several quantiles at once; end it with
    :class:`trimtab.layers.Increasing`, and no quantile crosses another.

    Shape:
        Targets ``(rows, targets)``, predictions ``(rows, targets * levels)``: all levels of the
        first target, then of the next.

    Formula:
        Mean of ``max(l d, (l - 1) d)``, ``d = y_true - y_pred`` (Koenker & Bassett 1978). Its
        gradient at 0 is 0.

    Args:
        levels: one level or several in rising order, each between 0 and 1. 0.9: nine targets in
            ten lie below the prediction.

    Raises:
        InvalidArgument: a level is not between 0 and 1, levels do not rise, or the number of
            outputs is no multiple of theirs.

    Example:
        >>> from trimtab import losses
        >>> losses.Quantile(0.75)([1.0, 1.0], [0.0, 2.0])
        0.5
        >>> losses.Quantile([0.25, 0.75])([[1.0]], [[0.0, 2.0]])
        0.25
    """

    def __init__(
        self,
        levels: float | Sequence[float] = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.levels = _levels(levels)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return quantile(y_true, y_pred, self.levels)

    def lower(self) -> LossOp:
        return LossOp(loss="quantile", levels=self.levels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "levels": list(self.levels)}


FUNCTIONS[quantile] = Quantile


@REGISTRY.register()
class Expectile(Loss):
    """Squared error that counts more on one side.

    Expectiles are to the mean what quantiles are to the median.

    Shape:
        Targets and predictions ``(rows, outputs)``.

    Formula:
        Mean of ``l d^2`` where ``d = y_true - y_pred`` is above 0, else ``(1 - l) d^2`` (Newey &
        Powell 1987). At 0.5 it is half the squared error.

    Args:
        level: between 0 and 1; above 0.5 predictions that are too low cost more.

    Raises:
        InvalidArgument: level is not between 0 and 1.

    Example:
        >>> from trimtab import losses
        >>> losses.Expectile(0.75)([1.0, 1.0], [0.0, 2.0])
        0.5
    """

    def __init__(
        self,
        level: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.level = _level("level", level)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return expectile(y_true, y_pred, self.level)

    def lower(self) -> LossOp:
        return LossOp(loss="expectile", levels=(self.level,))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "level": self.level}


FUNCTIONS[expectile] = Expectile


def _level(name: str, value: Any) -> float:
    if checks.is_number(value) and 0 < value < 1:
        return float(value)
    hint = f" Use {value / 100:g}." if checks.is_number(value) and 1 < value < 100 else ""
    raise InvalidArgument(
        f"{name} must be between 0 and 1, both excluded, received {brief(value)}.{hint}"
    )


def _levels(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list | tuple | np.ndarray):
        return (_level("levels", value),)
    found = tuple(_level("levels", each) for each in value)
    if not found or any(a >= b for a, b in pairwise(found)):
        raise InvalidArgument(
            f"levels must be one number or several in rising order, received {brief(value)}. "
            "Use levels=[0.1, 0.5, 0.9], for instance."
        )
    return found
