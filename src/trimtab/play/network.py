"""The network on the screen, from what is chosen; and one that dropout has thinned."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from trimtab.core.types import Floats
from trimtab.model.sequential import Sequential, clone_model
from trimtab.nn import optimizers
from trimtab.nn.layers import (
    Activation,
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Input,
    Layer,
)
from trimtab.play.choices import Choices
from trimtab.play.data import Data
from trimtab.predictor import notation

__all__ = [
    "LOSSES",
    "METRICS",
    "MOMENTUM",
    "Thinning",
    "adjust",
    "build",
    "optimizer_of",
    "seats",
    "stack",
]

#: Task -> loss, metric and the activation of the last layer.
LOSSES = {
    "regression": "mse",
    "binary": "binary_crossentropy",
    "multiclass": "sparse_categorical_crossentropy",
}
METRICS = {"regression": "r2_score", "binary": "accuracy", "multiclass": "accuracy"}
_OUTPUT = {"regression": None, "binary": "sigmoid", "multiclass": "softmax"}

#: Of SGD.
MOMENTUM = 0.9


def stack(choices: Choices, data: Data, *, dropout: bool) -> list[Layer]:
    """The layers behind the input.

    Args:
        choices: what is chosen.
        data: of these.
        dropout: whether layers of dropout are among them, even if their rate is 0.
    """
    front = [CategoryEmbedding(list(data.sizes), name="embedding")] if data.sizes else []
    text = choices.notation(dropout=dropout)
    hidden = notation.parse(text, numbered=True) if text else []
    return [*front, *hidden, Dense(data.outputs, activation=_OUTPUT[data.task], name="output")]


def build(choices: Choices, data: Data) -> Sequential:
    """A new network, compiled.

    It has layers of dropout even at rate 0, so that the rate can change while it trains; at rate 0
    they change no number.
    """
    model = Sequential(
        [Input((data.x.shape[1],), name="inputs"), *stack(choices, data, dropout=True)],
        name="network",
        seed=choices.seed,
    )
    model.compile(
        optimizer=optimizer_of(choices),
        loss=LOSSES[data.task],
        metrics=[METRICS[data.task]],
    )
    return model


def optimizer_of(choices: Choices) -> optimizers.Optimizer:
    """The optimizer that is chosen."""
    rate, decay = choices.learning_rate, choices.weight_decay or None
    if choices.optimizer == "sgd":
        return optimizers.SGD(rate, momentum=MOMENTUM, weight_decay=decay)
    if decay is None:
        return optimizers.Adam(rate)
    return optimizers.AdamW(rate, weight_decay=decay)


def adjust(model: Sequential, choices: Choices) -> None:
    """Sets what a network goes on with: the learning rate and the rate of dropout."""
    if float(model.optimizer.learning_rate) != np.float32(choices.learning_rate):
        model.optimizer.learning_rate = choices.learning_rate
    for layer in model.layers:
        if isinstance(layer, Dropout) and layer.rate != choices.dropout:
            layer.rate = choices.dropout


def seats(model: Sequential) -> list[tuple[str, str, str]]:
    """What is measured of each layer: quantity, label, and the name in the history.

    A hidden layer is its dense layer, the normalization and the activation; its outputs are those
    of the activation.
    """
    found: list[tuple[str, str, str]] = []
    blocks = _blocks(model.layers)
    for number, block in enumerate(blocks, 1):
        label = "output" if block is blocks[-1] else f"layer {number}"
        dense = block[0]
        active = next((each for each in block if isinstance(each, Activation)), dense)
        if label != "output":
            found += [
                (name, label, f"{active.name}/{name}")
                for name in ("mean", "standard_deviation", "zeros")
            ]
        found.append(("update_ratio", label, f"{dense.name}/update_ratio"))
        found += [
            ("statistics_distance", label, f"{each.name}/statistics_distance")
            for each in block
            if isinstance(each, BatchNormalization)
        ]
    return found


def _blocks(layers: Sequence[Layer]) -> list[list[Layer]]:
    """Dense layers, each with what follows it."""
    blocks: list[list[Layer]] = []
    for layer in layers:
        if isinstance(layer, Dense):
            blocks.append([layer])
        elif blocks:
            blocks[-1].append(layer)
    return blocks


class Thinning:
    """Networks that are left when dropout takes units away, each for all rows.

    Training draws a mask for each row. Here one mask holds for all of them, so that what is left is
    a network that can be looked at.
    """

    def __init__(self, model: Sequential) -> None:
        self._model = model
        self._copy = clone_model(model)

    def predictions(self, x: Floats, number: int, seed: int) -> Floats:
        """What so many thinned networks predict, ``(number, rows, outputs)``."""
        draw = np.random.default_rng(seed)
        self._copy.set_weights(self._model.get_weights())
        # Dropout stands right before a dense layer: a dropped unit is a row of its kernel.
        thinned = [
            (layer.name, dropout.rate, layer.get_weights())
            for dropout, layer in itertools.pairwise(self._model.layers)
            if isinstance(dropout, Dropout)
        ]
        copies = {layer.name: layer for layer in self._copy.layers}
        made = []
        for _ in range(number):
            for name, rate, (kernel, *rest) in thinned:
                keep = (draw.random(len(kernel)) >= rate) / (1 - rate)
                copies[name].set_weights([kernel * keep[:, None], *rest])
            made.append(self._copy.predict(x, verbose=0))
        return np.stack(made)
