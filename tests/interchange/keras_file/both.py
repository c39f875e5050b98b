"""A model of Keras and its file in trimtab, a model of trimtab and its file in Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

import trimtab

#: Of what two libraries compute of the same numbers, as a share of the largest.
VALUES = 1e-6


def far(actual: Any, expected: Any) -> float:
    """The largest difference as a share of the largest number, over all outputs."""
    ours, theirs = (_listed(each) for each in (actual, expected))
    return max(_far(a, e) for a, e in zip(ours, theirs, strict=True))


def _listed(values: Any) -> list[Any]:
    if isinstance(values, dict):
        return [values[name] for name in sorted(values)]
    return values if isinstance(values, list) else [values]


def _far(actual: Any, expected: Any) -> float:
    a, e = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert a.shape == e.shape
    return float(np.abs(a - e).max() / max(np.abs(e).max(), 1e-30))


def to_ours(model: Any, folder: Path, **options: Any) -> Any:
    """What trimtab makes of a file that Keras wrote."""
    model.save(folder / "theirs.keras")
    return trimtab.load_model(folder / "theirs.keras", **options)


def to_theirs(model: Any, folder: Path) -> Any:
    """What Keras makes of a file that trimtab wrote."""
    model.save(folder / "ours.keras")
    return keras.saving.load_model(folder / "ours.keras")


def rich(model: Any, seed: int = 0) -> Any:
    """The model with other weights than the first ones: biases and moving averages too."""
    draw = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.name in ("mean", "variance", "count"):  # that Normalization was adapted to
            continue
        value = 0.4 * draw.normal(size=weight.shape)
        weight.assign(
            (np.abs(value) + 0.2 if "variance" in weight.path else value).astype("float32")
        )
    return model
