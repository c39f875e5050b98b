"""A small problem and small models, for tests of training."""

from __future__ import annotations

import numpy as np

from trimtab import Sequential
from trimtab.nn import layers


def small_data(rows: int = 50, columns: int = 3, seed: int = 0):
    """Rows and a target that depends on them."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, columns)).astype(np.float32)
    y = (x[:, 0] - 2 * x[:, 1] + 0.1 * generator.normal(size=rows)).astype(np.float32)
    return x, y


def small_model(
    *, optimizer="adam", loss="mae", metrics=None, seed=5, dropout=0.3, normalize=True, **options
):
    """Dense, batch normalization, dropout, dense; compiled."""
    stack = [layers.Dense(8, activation="relu", input_shape=[3])]
    if normalize:
        stack.append(layers.BatchNormalization())
    if dropout:
        stack.append(layers.Dropout(dropout))
    stack.append(layers.Dense(1))
    model = Sequential(stack, seed=seed)
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics, **options)
    return model


def everything(model):
    """All that training changes: weights, optimizer slots, step."""
    model.pull()
    weights = model.get_weights()
    slots = [model.runner.slots[w.path] for w in model.weights if w.path in model.runner.slots]
    return [*weights, *slots, np.array(model.runner.step)]


def assert_same_state(a, b):
    """Bit for bit, optimizer included."""
    for one, other in zip(everything(a), everything(b), strict=True):
        np.testing.assert_array_equal(one, other)
