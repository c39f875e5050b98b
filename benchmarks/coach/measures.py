"""What layers do, measured with ``predict`` and one step of plain gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.coach.recipe import Recipe
from benchmarks.coach.rows import Array
from trimtab import Sequential, layers


def outputs(model: Sequential, recipe: Recipe) -> list[Array]:
    """Outputs of each hidden layer with an activation, on the training rows."""
    x = recipe.rows.x.train
    if not model.built:
        model.predict(x[:1])
    hidden = [number for number, layer in enumerate(model.layers[:-1]) if _active(layer)]
    return [np.asarray(part(model, number + 1).predict(x)) for number in hidden]


def part(model: Sequential, count: int) -> Sequential:
    """The first layers, with copies of their weights."""
    copied = [type(layer).from_config(layer.get_config()) for layer in model.layers[:count]]
    made = Sequential(copied)
    made.build((None, model.input_shape[-1]))
    made.set_weights([w for layer in model.layers[:count] for w in layer.get_weights()])
    return made


def _active(layer: Any) -> bool:
    if isinstance(layer, layers.Activation | layers.ReLU | layers.Residual):
        return True
    return isinstance(layer, layers.Dense) and layer.get_config()["activation"] != "linear"


def gradients(recipe: Recipe) -> list[float]:
    """Root mean square of each kernel's gradient at the first weights, from one step of SGD."""
    one = recipe.trained_as("SGD", 1.0).with_(callbacks=(), patience=None, fit={}, share=0.0)
    model = one.model(0)
    x, y = one.rows.x.train, one.rows.y.train
    model.predict(x[:1])
    before = [np.asarray(w, float) for w in model.get_weights()]
    model.fit(x, y, batch_size=len(x), epochs=1, verbose=0)
    after = [np.asarray(w, float) for w in model.get_weights()]
    moved = [b - a for a, b in zip(after, before, strict=True) if a.ndim == 2]
    return [float(np.sqrt((m**2).mean())) for m in moved]
