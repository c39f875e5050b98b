"""Networks and rows that the tests of trials share."""

from __future__ import annotations

from typing import Any

import numpy as np

import trimtab
from trimtab import layers


def rows(count: int = 240, columns: int = 3, seed: int = 0) -> tuple[Any, Any]:
    """Rows of a target that a line fits well."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, columns)).astype(np.float32)
    return x, (3 * x[:, 0] - x[:, 1] + 0.1 * rng.normal(size=count)).astype(np.float32)


def small(
    loss: str = "mae", *, output: str | None = None, seed: int | None = None, **compiled: Any
) -> trimtab.Sequential:
    """A compiled network of one hidden layer, not built."""
    stack = [layers.Dense(6, activation="relu"), layers.Dense(1, activation=output)]
    model = trimtab.Sequential(stack, seed=seed)
    model.compile(compiled.pop("optimizer", "adam"), loss, **compiled)
    return model


def deep() -> trimtab.Sequential:
    """A built network with all that edits look for."""
    stack = [
        layers.Dense(8, activation="relu", input_shape=[3], kernel_regularizer="l2"),
        layers.BatchNormalization(),
        layers.Dropout(0.4),
        layers.Dense(4),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation("tanh"),
        layers.Dropout(0.1),
        layers.Dense(1),
    ]
    model = trimtab.Sequential(stack, seed=7)
    model.compile(trimtab.optimizers.Adam(0.01, weight_decay=0.1), "mae")
    return model
