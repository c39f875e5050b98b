"""Targets, predictions and weights as arrays with one row for each row of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core.types import Doubles
from trimtab.errors import InvalidData, Unsupported

__all__ = [
    "EPSILON",
    "QUIET",
    "cell_weights",
    "class_numbers",
    "clipped",
    "last_axis",
    "paired",
    "row_means",
    "row_weights",
    "same_width",
    "weighted_rows",
    "weights_or_ones",
]

#: Predictions are clipped to [EPSILON, 1 - EPSILON] before their logarithm is taken; in float32,
#: as engines and Keras compute, the upper end is 1 - 2**-23.
EPSILON = 1e-7
_ENDS = float(np.float32(EPSILON)), float(np.float32(1.0 - EPSILON))

#: Decorates what computes losses: infinity and nan of a diverged network give no warnings.
QUIET = np.errstate(all="ignore")


def paired(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Doubles, Doubles]:
    """Targets and predictions as float64 arrays ``(rows, columns)`` of one length."""
    true, pred = np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64)
    true = true.reshape(-1, 1) if true.ndim < 2 else true
    pred = pred.reshape(-1, 1) if pred.ndim < 2 else pred
    if true.ndim != 2 or pred.ndim != 2:
        raise InvalidData(
            "y_true and y_pred must have one or two dimensions, received shapes "
            f"{np.shape(y_true)} and {np.shape(y_pred)}."
        )
    if len(true) != len(pred):
        raise InvalidData(
            f"y_true and y_pred must have equally many rows, received {len(true)} and {len(pred)}."
        )
    return true, pred


def same_width(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Doubles, Doubles]:
    """:func:`paired`, with equally many columns."""
    true, pred = paired(y_true, y_pred)
    if true.shape[1] != pred.shape[1]:
        raise InvalidData(
            "y_true and y_pred must have equally many columns, received "
            f"{true.shape[1]} and {pred.shape[1]}."
        )
    return true, pred


def class_numbers(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[np.int64], Doubles]:
    """One class number a row, and predictions ``(rows, classes)``."""
    true, pred = paired(y_true, y_pred)
    if true.shape[1] != 1:
        raise InvalidData(
            f"y_true must hold one class number a row, received {true.shape[1]} columns."
        )
    labels = true[:, 0]
    legal = (labels >= 0) & (labels < pred.shape[1]) & (labels == np.floor(labels))
    if not legal.all():
        raise InvalidData(
            f"y_true must hold class numbers from 0 to {pred.shape[1] - 1}, received "
            f"{labels[~legal][0]:g}."
        )
    return labels.astype(np.int64), pred


def clipped(probabilities: Doubles) -> Doubles:
    """Probabilities away from 0 and 1, for a logarithm."""
    return np.clip(probabilities, *_ENDS)


def last_axis(owner: str, axis: Any) -> None:
    """Refuses an axis other than the last."""
    if isinstance(axis, bool) or axis not in (-1, 1):
        raise Unsupported(f"{owner}: axis must be -1, the columns of a table, received {axis!r}.")


def row_means(values: NDArray[Any]) -> Doubles:
    """Mean over the columns, one number a row."""
    columns = tuple(range(1, values.ndim))
    means: Doubles = values.mean(axis=columns, dtype=np.float64)
    return means


def weights_or_ones(sample_weight: ArrayLike | None, rows: int) -> Doubles:
    """Sample weights as one float64 a row; 1 for each where there are none."""
    return np.ones(rows) if sample_weight is None else row_weights(sample_weight, rows)


def row_weights(sample_weight: ArrayLike, rows: int) -> Doubles:
    """Sample weights as one float64 a row; a single number is that of all rows."""
    weights = np.asarray(sample_weight, np.float64)
    if weights.ndim == 0:
        return np.full(rows, float(weights))
    weights = weights[:, 0] if weights.ndim == 2 and weights.shape[1] == 1 else weights
    if weights.shape != (rows,):
        raise InvalidData(
            f"sample_weight must hold one number a row, {rows} in all, received shape "
            f"{weights.shape}."
        )
    return weights


def cell_weights(sample_weight: ArrayLike | None, shape: tuple[int, int]) -> Doubles:
    """Sample weights as one float64 for each number ``(rows, columns)``.

    Args:
        sample_weight: one for all, one a row, ``(rows, columns)``, or ``(1, columns)`` for the
            columns of every row; None: 1.
        shape: of the numbers.

    Raises:
        InvalidData: another shape.
    """
    weights = np.asarray(1.0 if sample_weight is None else sample_weight, np.float64)
    rows, columns = shape
    if weights.ndim == 1 and len(weights) == rows:
        weights = weights[:, np.newaxis]
    fits = weights.ndim == 2 and len(weights) in (1, rows) and weights.shape[1] in (1, columns)
    if weights.ndim and not fits:
        raise InvalidData(
            f"sample_weight must hold one number a row, {rows} in all, or one for each target, "
            f"({rows}, {columns}), received shape {weights.shape}."
        )
    return np.broadcast_to(weights, shape)


def weighted_rows(values: Doubles, sample_weight: ArrayLike) -> tuple[Doubles, Doubles]:
    """Values times their weights, and the weights, both as means over the columns of each row.

    Args:
        values: ``(rows,)``, or ``(rows, columns)`` where each number may have its own weight.
        sample_weight: for each row, or as :func:`cell_weights` takes them.
    """
    if values.ndim == 1:
        weights = row_weights(sample_weight, len(values))
        return values * weights, weights
    weights = cell_weights(sample_weight, (values.shape[0], values.shape[1]))
    return row_means(values * weights), row_means(weights)
