"""Errors of predictions on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import metrics

Floats = NDArray[np.float64]

SMALLEST = 1e-7  # probabilities are kept this far from 0, for every peer


class NotFinite(Exception):
    """A peer predicted something that is no number."""


def of_numbers(answers: pd.Series, predicted: Floats) -> dict[str, float]:
    """RMSE, MAE and R²."""
    true = answers.to_numpy(dtype=np.float64)
    predicted = _finite(predicted, true.shape)
    return {
        "rmse": float(metrics.root_mean_squared_error(true, predicted)),
        "mae": float(metrics.mean_absolute_error(true, predicted)),
        "r2": float(metrics.r2_score(true, predicted)),
    }


def of_classes(answers: pd.Series, chances: Floats, labels: Sequence[str]) -> dict[str, float]:
    """Log loss and accuracy; with two classes AUC. A column of `chances` for each label."""
    chances = _finite(chances, (len(answers), len(labels)))
    chances = np.clip(chances, SMALLEST, None)
    chances = chances / chances.sum(axis=1, keepdims=True)
    place = {label: number for number, label in enumerate(labels)}
    true = np.array([place[label] for label in answers])
    found = {
        "log_loss": float(-np.log(chances[np.arange(len(true)), true]).mean()),
        "accuracy": float((chances.argmax(axis=1) == true).mean()),
    }
    if len(labels) == 2:
        found["auc"] = float(metrics.roc_auc_score(true == 1, chances[:, 1]))
    return found


def coverage(answers: pd.Series, lower: Floats, upper: Floats) -> float:
    """Share of answers inside their interval."""
    true = answers.to_numpy(dtype=np.float64)
    lower, upper = _finite(lower, true.shape), _finite(upper, true.shape)
    return float(((lower <= true) & (true <= upper)).mean())


def _finite(values: Floats, shape: tuple[int, ...]) -> Floats:
    values = np.asarray(values, dtype=np.float64)
    if values.shape != shape:
        raise NotFinite(f"predictions of shape {values.shape}, not {shape}")
    if not np.isfinite(values).all():
        raise NotFinite(f"{(~np.isfinite(values)).sum()} predictions are not finite")
    return values
