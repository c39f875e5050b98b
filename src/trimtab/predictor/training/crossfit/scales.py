"""How large the loss on a fold is by nature: that of the best constant of the other folds."""

from __future__ import annotations

import math

import numpy as np

from trimtab.core.types import Floats
from trimtab.engines.base import Rows
from trimtab.model.sequential import Sequential
from trimtab.predictor.metric_names import score_name

__all__ = ["loss_scales"]


def loss_scales(
    model: Sequential, task: str, loss: str, whole: Rows, folds: list[slice]
) -> list[float]:
    """The loss of a constant on each fold, or 1 for all where one of them has none.

    Args:
        model: compiled, for its loss.
        task: ``regression``, ``binary`` or ``multiclass``.
        loss: its name.
        whole: all rows.
        folds: the place of each.
    """
    assert whole.y is not None
    scales = []
    for place in folds:
        y = whole.y[place]
        others = np.concatenate([whole.y[: place.start], whole.y[place.stop :]])
        constant = _constant(task, loss, others, model.output_shape[1])
        weight = None if whole.weight is None else whole.weight[place]
        guess = np.repeat(constant[None, :], len(y), axis=0)
        scales.append(float(model.loss_function(y, guess, weight)))
    usable = all(math.isfinite(scale) and scale > 0 for scale in scales)
    return scales if usable else [1.0] * len(folds)


def _constant(task: str, loss: str, y: Floats, outputs: int) -> Floats:
    """Targets that are right on average; for classes their shares, none of them 0."""
    if task == "regression":
        middle = np.median if score_name(loss) == "mae" else np.mean
        return np.asarray(middle(y, axis=0), np.float32)
    counts = np.bincount(y[:, 0].astype(np.int64), minlength=max(outputs, 2)) + 1.0
    shares = counts / counts.sum()
    return np.asarray(shares[1:] if outputs == 1 else shares, np.float32)
