"""The layers of a model as a graph, for rules that ask what comes before what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.nn import activations
from trimtab.nn.layers import (
    Activation,
    BatchNormalization,
    CategoryEmbedding,
    ColumnSlice,
    Dense,
    Embedding,
    Flatten,
    Layer,
    ReLU,
    Residual,
    ScaledBy,
)
from trimtab.nn.layers.base import is_custom
from trimtab.nn.layers.dropout import Dropping
from trimtab.nn.layers.merging import Merging

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Chain", "Node"]

#: Activation -> its range.
_RANGES = {
    "relu": (0.0, np.inf),
    "tanh": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "elu": (-1.0, np.inf),
    "selu": (-1.7580993408473766, np.inf),
    "gelu": (-0.1699712075085037, np.inf),
    "silu": (-0.2784645427610738, np.inf),
    "softplus": (0.0, np.inf),
}


@dataclass(frozen=True)
class Node:
    """One part of a network.

    Attributes:
        number: Its index in :attr:`Chain.nodes`.
        kind: ``input``, ``dense``, ``activation``, ``dropout``, ``batch_normalization``,
            ``embedding``, ``add`` (of a residual block), ``join`` for a layer that joins values
            or takes columns of one, or ``own`` for a custom layer.
        layer: The layer it is part of; None for the input.
        inputs: The nodes it reads.
    """

    number: int
    kind: str
    layer: Any
    inputs: tuple[int, ...]

    @property
    def path(self) -> str:
        """Path of the layer."""
        path: str = self.layer.path
        return path

    @property
    def width(self) -> int | None:
        """Number of output columns, of one member; None before the model is built."""
        width: int | None = self.layer.output_width
        seat = self.layer.seat
        return width if width is None or seat is None else width // int(seat.members)

    @property
    def function(self) -> str:
        """The name of an activation."""
        if isinstance(self.layer, ReLU):
            return "relu"
        return activations.name_of(self.layer.activation)

    @property
    def is_plain_relu(self) -> bool:
        """Whether the activation is ``max(x, 0)``."""
        return self.function == "relu" and (
            not isinstance(self.layer, ReLU)
            or (self.range == (0.0, np.inf) and not self.layer.threshold)
        )

    @property
    def range(self) -> tuple[float, float]:
        """The range of the activation: ``(low, high)``."""
        if isinstance(self.layer, ReLU):
            settings = self.layer.settings
            low = -np.inf if settings["negative_slope"] else 0.0
            return low, settings["max_value"]
        return _RANGES[self.function]


class Chain:
    """A network as a graph of nodes.

    Attributes:
        nodes: All nodes, each after those it reads; the first is the input.
        output: Index of the last node; of several outputs, of that of the first.
    """

    def __init__(self, model: Network) -> None:
        self.nodes = [Node(0, "input", None, ())]
        steps = model.graph().steps()
        values = [0]
        if steps.inputs > 1:  # columns of one table, each
            values = [self._add("join", source, 0) for source in model.graph().inputs if source]
        for step in steps.steps:
            values.append(self._add_layer(step.layer, *(values[i] for i in step.inputs)))
        self.output = values[steps.outputs[0]]

    def of_kind(self, kind: str) -> list[Node]:
        """All nodes of a kind."""
        return [node for node in self.nodes if node.kind == kind]

    def upstream(self, node: Node, *, within: str = "") -> Iterator[Node]:
        """Everything that a node is computed from, nearest first.

        Args:
            node: Where to start.
            within: A kind of node to stop at; what lies beyond is left out.
        """
        seen: set[int] = set()
        queue = list(node.inputs)
        while queue:
            number = queue.pop(0)
            if number in seen:
                continue
            seen.add(number)
            found = self.nodes[number]
            yield found
            if found.kind != within:
                queue += found.inputs

    def consumers(self, node: Node) -> list[Node]:
        """The nodes that read this one."""
        return [other for other in self.nodes if node.number in other.inputs]

    def before(self, node: Node) -> Node | None:
        """The node that this one reads; None if there are several."""
        return self.nodes[node.inputs[0]] if len(node.inputs) == 1 else None

    @property
    def last(self) -> Node:
        """The last node that is not a dropout: the outputs come from it."""
        node = self.nodes[self.output]
        while node.kind == "dropout":
            node = self.nodes[node.inputs[0]]
        return node

    # -- making it ------------------------------------------------------------------------------

    def _add(self, kind: str, layer: Layer, *inputs: int) -> int:
        self.nodes.append(Node(len(self.nodes), kind, layer, inputs))
        return len(self.nodes) - 1

    def _add_layer(self, layer: Layer, *values: int) -> int:
        value = values[0]
        if is_custom(layer):
            return self._add("own", layer, value)
        if isinstance(layer, Merging | ColumnSlice | ScaledBy):
            return self._add("join", layer, *values)
        if isinstance(layer, Residual):
            inner = value
            for part in layer.layers:
                inner = self._add_layer(part, inner)
            return self._add("add", layer, value, inner)
        if isinstance(layer, Dense):
            value = self._add("dense", layer, value)
            return self._add_activation(layer, value)
        if isinstance(layer, Dropping):
            return self._add("dropout", layer, value)
        if isinstance(layer, BatchNormalization):
            return self._add("batch_normalization", layer, value)
        if isinstance(layer, CategoryEmbedding | Embedding):
            return self._add("embedding", layer, value)
        if isinstance(layer, Flatten):
            return value
        if isinstance(layer, Activation | ReLU):
            return self._add_activation(layer, value)
        return self._add("own", layer, value)

    def _add_activation(self, layer: Any, value: int) -> int:
        if not isinstance(layer, ReLU) and activations.name_of(layer.activation) == "linear":
            return value
        return self._add("activation", layer, value)
