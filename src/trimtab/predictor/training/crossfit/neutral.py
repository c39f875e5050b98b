"""Values that a network never sees in its own rows have no effect on it.

All networks of a cross-fit share one preparation, so a category may occur in the held-out fold
alone: its input is 0 in all rows that the network trains on, and the weights behind it would stay
as they were drawn. They start at 0 instead, and stay there, since their gradient is 0: to this
network the category is an unknown one. Inputs that are the same in all of its rows, but not 0, act
as a part of the bias; what they learn is moved there after each epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.model.sequential import Sequential
from trimtab.nn.layers import (
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    InputLayer,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
)

__all__ = ["Neutral", "Ranges"]


class Ranges:
    """What occurs in each fold: the range of every input, and the codes of categories.

    Args:
        x: rows in the order of folds.
        folds: the place of each.
        sizes: categories of each of the last columns, which are codes.
    """

    def __init__(self, x: Floats, folds: Sequence[slice], sizes: Sequence[int]) -> None:
        plain = x.shape[1] - len(sizes)
        blocks = [x[place, :plain] for place in folds]
        self._least = np.stack([block.min(axis=0) for block in blocks])
        self._most = np.stack([block.max(axis=0) for block in blocks])
        self._codes = [
            np.stack(
                [
                    np.bincount(x[place, plain + number].astype(np.int64), minlength=size) > 0
                    for place in folds
                ]
            )
            for number, size in enumerate(sizes)
        ]

    def without(self, fold: int) -> Neutral:
        """For the network that does not see this fold."""
        others = np.arange(len(self._least)) != fold
        least, most = self._least[others].min(axis=0), self._most[others].max(axis=0)
        constant = np.flatnonzero(least == most)
        return Neutral(
            constant,
            least[constant],
            [np.flatnonzero(~codes[others].any(axis=0)) for codes in self._codes],
        )


class Neutral:
    """The inputs of one network that never vary, and the categories that it never sees.

    Args:
        constant: numbers of the inputs.
        values: of these.
        unseen: for each column of codes those that do not occur.
    """

    def __init__(
        self,
        constant: NDArray[np.int64],
        values: Floats,
        unseen: Sequence[NDArray[np.int64]],
    ) -> None:
        self._constant, self._values, self._unseen = constant, values, unseen
        moves = values != 0
        self._moving, self._moved = constant[moves], values[moves]

    def start(self, model: Sequential) -> None:
        """Sets the weights behind them to 0."""
        for layer, follower in _first(model.layers):
            if isinstance(layer, CategoryEmbedding):
                self._tables(layer)
            else:
                self._clear(layer, follower, self._constant, None)

    def settle(self, model: Sequential) -> None:
        """Moves what inputs that never vary have learned into the bias: outputs stay the same."""
        if not len(self._moving):
            return
        model.pull()
        for layer, follower in _first(model.layers):
            if not isinstance(layer, CategoryEmbedding):
                self._clear(layer, follower, self._moving, self._moved)

    def _tables(self, layer: CategoryEmbedding) -> None:
        tables = layer.get_weights()
        for table, codes in zip(tables, self._unseen, strict=True):
            table[codes] = 0.0
        layer.set_weights([*tables])

    def _clear(
        self,
        layer: Any,
        follower: Any,
        inputs: NDArray[np.int64],
        values: Floats | None,
    ) -> None:
        """Sets the weights of inputs to 0; with values, other weights make up for it."""
        if not len(inputs):
            return
        weights = layer.get_weights()
        names = [weight.name for weight in layer.weights]
        if isinstance(layer, Dense):
            kernel = weights[names.index("kernel")]
            if values is not None:
                change = _change(dict(zip(names, weights, strict=True)), inputs, values)
                _make_up(layer, names, weights, follower, change)
            kernel[..., inputs, :] = 0.0
        elif "gamma" in names:  # a normalization in front: its constant output is beta
            if values is not None and "beta" in names:
                mean, variance = (weights[names.index(n)] for n in _MOVING)
                spread = np.sqrt(variance[inputs] + layer.epsilon)
                gain = weights[names.index("gamma")][inputs]
                weights[names.index("beta")][inputs] += gain * (values - mean[inputs]) / spread
            weights[names.index("gamma")][inputs] = 0.0
        layer.set_weights([*weights])


def _change(weights: dict[str, Floats], inputs: NDArray[np.int64], values: Floats) -> Floats:
    """What these inputs add to the outputs of a dense layer, or to those of each member."""
    behind = weights["kernel"][..., inputs, :]
    if "adapter" not in weights:
        return np.asarray(values @ behind, np.float32)
    adapted = values * weights["adapter"][:, inputs]  # (members, inputs)
    change = (adapted[:, None, :] @ behind)[:, 0]
    return np.asarray(change * weights.get("scale", 1.0), np.float32)


_MOVING = ("moving_mean", "moving_variance")


def _make_up(
    layer: Dense, names: list[str], weights: list[Floats], follower: Any, change: Floats
) -> None:
    """Adds a change of all outputs to the bias, or takes it from the mean of a normalization."""
    if "bias" in names:
        weights[names.index("bias")] += change.reshape(weights[names.index("bias")].shape)
    elif isinstance(follower, BatchNormalization):
        behind = follower.get_weights()
        inside = [weight.name for weight in follower.weights]
        behind[inside.index("moving_mean")] -= change.ravel()
        follower.set_weights([*behind])


def _first(layers: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """The layers whose weights belong to single inputs, each with the one behind it.

    The search ends at the first layer that mixes inputs.
    """
    for layer, follower in zip(layers, [*layers[1:], None], strict=True):
        if isinstance(layer, InputLayer | Dropout):
            continue
        if isinstance(layer, PiecewiseLinearEmbedding | PeriodicEmbedding) and layer.linear:
            continue  # all inputs pass through, in their places
        if isinstance(layer, CategoryEmbedding):
            yield layer, follower
            continue
        if isinstance(layer, Dense | BatchNormalization):
            yield layer, follower
        return
