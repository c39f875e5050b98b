"""Generated graphs of layers, described once and made with Keras and with trimtab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core.types import Floats

#: Layers that join values of one width.
MERGES = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")

ACTIVATIONS = ("relu", "tanh", "elu", "silu", "linear")

#: How many rows are drawn.
ROWS = 48


@dataclass(frozen=True)
class Shape:
    """What is generated.

    Attributes:
        seed: of the choices.
        inputs: widths of the inputs.
        outputs: how many outputs there are.
        steps: layers between them.
    """

    seed: int
    inputs: tuple[int, ...]
    outputs: int
    steps: int


def shapes(number: int, inputs: int = 1, outputs: int = 1) -> list[Shape]:
    """Descriptions of so many graphs with at most so many inputs and outputs."""
    found = []
    for seed in range(number):
        draw = np.random.default_rng([seed, inputs, outputs])
        widths = tuple(int(n) for n in draw.integers(1, 7, 1 + seed % inputs))
        found.append(Shape(seed, widths, 1 + seed % outputs, 3 + seed % 6))
    return found


def graph(keras: Any, shape: Shape) -> Any:
    """The model that this description makes in a module with Keras' names."""
    layers = keras.layers
    draw = np.random.default_rng([shape.seed, 1])
    inputs = [keras.Input((n,), name=f"in_{i}") for i, n in enumerate(shape.inputs)]
    values = list(inputs)
    unused = {id(value) for value in values}
    shared: list[Any] = []

    def pick() -> Any:
        """A value; such as nothing has read yet go first."""
        first = [value for value in values if id(value) in unused]
        among = first if first and draw.random() < 0.6 else values
        value = among[int(draw.integers(len(among)))]
        unused.discard(id(value))
        return value

    def dense(value: Any, units: int, name: str) -> Any:
        """Kernels without a number of their own: the same in both, whatever is drawn."""
        function = ACTIVATIONS[int(draw.integers(len(ACTIVATIONS)))]
        return layers.Dense(units, activation=function, name=name)(value)

    for i in range(shape.steps):
        kind = int(draw.integers(7))
        units = int(draw.integers(2, 9))
        if kind == 0:
            made = dense(pick(), units, f"dense_{i}")
        elif kind == 1:
            made = layers.BatchNormalization(name=f"norm_{i}", momentum=0.9)(pick())
        elif kind == 2:
            value = pick()
            start = int(draw.integers(value.shape[1]))
            stop = int(draw.integers(start, value.shape[1])) + 1
            made = dense(value[:, start:stop], units, f"part_{i}")
        elif kind == 3:
            parts = [pick() for _ in range(int(draw.integers(2, 4)))]
            made = layers.Concatenate(name=f"join_{i}")(parts)
        elif kind == 4:
            merge = MERGES[int(draw.integers(len(MERGES)))]
            parts = [dense(pick(), units, f"merge_{i}_{k}") for k in range(2)]
            if merge in ("Add", "Average") and draw.random() < 0.5:
                parts.append(parts[0])
            made = getattr(layers, merge)(name=f"merge_{i}")(parts)
        elif kind == 5:  # a model inside the model, perhaps a row of layers
            value = pick()
            given = keras.Input((value.shape[1],), name=f"given_{i}")
            last = layers.Dense(units, activation="tanh", name=f"dense_{i}")
            if draw.random() < 0.5:
                inner = keras.Model(given, last(given), name=f"inner_{i}")
            else:
                inner = keras.Sequential([given, last], name=f"inner_{i}")
            made = inner(value)
        else:
            value = pick()
            fitting = [layer for layer, width in shared if width == value.shape[1]]
            if not fitting:
                fitting = [layers.Dense(units, activation="tanh", name=f"shared_{i}")]
                shared.append((fitting[0], value.shape[1]))
            again = fitting[0](value)
            made = again * 0.5 + 1.0 if draw.random() < 0.5 else again
        values.append(made)
        unused.add(id(made))
    left = [value for value in values if id(value) in unused]
    last = left[0] if len(left) == 1 else layers.Concatenate(name="all")(left)
    ends = [layers.Dense(1 + i, name=f"out_{i}")(last) for i in range(shape.outputs)]
    given = inputs if len(inputs) > 1 else inputs[0]
    return keras.Model(given, ends if len(ends) > 1 else ends[0])


def rows(shape: Shape, number: int = ROWS) -> tuple[list[Floats], list[Floats]]:
    """Rows of each input and targets of each output."""
    draw = np.random.default_rng([shape.seed, 2])
    x = [draw.normal(size=(number, n)).astype(np.float32) for n in shape.inputs]
    signal = np.concatenate(x, axis=1).sum(axis=1, keepdims=True)
    y = [
        (np.tanh(signal) + 0.3 * draw.normal(size=(number, 1 + i))).astype(np.float32)
        for i in range(shape.outputs)
    ]
    return x, y
