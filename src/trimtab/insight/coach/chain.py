"""The layers of a model as a graph, for rules that ask what comes before what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.nn import activations
from trimtab.nn.layers import (
    ActivityRegularization,
    AlphaDropout,
    BatchNormalization,
    CategoryEmbedding,
    CategoryEncoding,
    ColumnSlice,
    Dense,
    Discretization,
    Embedding,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    Identity,
    Layer,
    LayerNormalization,
    Normalization,
    PReLU,
    Rescaling,
    Reshape,
    Residual,
    RMSNormalization,
    ScaledBy,
    UnitNormalization,
)
from trimtab.nn.layers.activation import FunctionLayer
from trimtab.nn.layers.base import is_custom
from trimtab.nn.layers.dropout import Dropping
from trimtab.nn.layers.merging import Merging

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Chain", "Node"]

#: Activation -> its range.
_RANGES = {
    "tanh": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "selu": (-1.7580993408473766, np.inf),
    "gelu": (-0.1699712075085037, np.inf),
    "silu": (-0.2784645427610738, np.inf),
    "softplus": (0.0, np.inf),
    "exponential": (0.0, np.inf),
    "hard_sigmoid": (0.0, 1.0),
    "hard_silu": (-0.375, np.inf),
    "hard_tanh": (-1.0, 1.0),
    "log_sigmoid": (-np.inf, 0.0),
    "log_softmax": (-np.inf, 0.0),
    "mish": (-0.3088404715061188, np.inf),
    "softsign": (-1.0, 1.0),
    "sparse_plus": (0.0, np.inf),
    "sparse_sigmoid": (0.0, 1.0),
    "sparsemax": (0.0, 1.0),
    "squareplus": (0.0, np.inf),
}

#: Kind -> the layers that are one node of it.
_KINDS: dict[str, tuple[type[Layer], ...]] = {
    "activation": (PReLU,),
    "encoding": (CategoryEncoding, Discretization),
    "noise": (AlphaDropout, GaussianDropout, GaussianNoise),
    "rescaling": (Normalization, Rescaling),
    "row_normalization": (LayerNormalization, RMSNormalization, UnitNormalization),
}

#: Parts that leave the values as they are in inference.
PASSING = ("dropout", "noise")


@dataclass(frozen=True)
class Node:
    """One part of a network.

    Attributes:
        number: Its index in :attr:`Chain.nodes`.
        kind: ``input``, ``dense``, ``activation``, ``dropout``, ``noise`` (Gaussian, and alpha
            dropout), ``batch_normalization``, ``row_normalization``, ``rescaling`` (by fixed
            numbers), ``encoding`` (as columns of 0 and 1, or bins), ``embedding``, ``add`` (of a
            residual block), ``join`` for a layer that joins values or takes columns of one, or
            ``own`` for a custom layer.
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
        if isinstance(self.layer, PReLU):
            return "prelu"
        return activations.name_of(self.layer.activation)

    @property
    def is_plain_relu(self) -> bool:
        """Whether the activation is ``max(x, 0)``."""
        return not isinstance(self.layer, PReLU) and self.layer.activation is activations.relu

    @property
    def range(self) -> tuple[float, float]:
        """The range of the activation: ``(low, high)``."""
        if isinstance(self.layer, PReLU):
            return -np.inf, np.inf
        _, settings = activations.lowered(self.layer.activation)
        function = settings.get("function")
        if function == "relu":
            low = -np.inf if settings["negative_slope"] else 0.0
            return low, settings["max_value"]
        if function in ("elu", "celu"):
            return -settings.get("alpha", 1.0), np.inf
        if function == "threshold":
            return min(settings["threshold"], settings["default_value"]), np.inf
        return _RANGES.get(self.function, (-np.inf, np.inf))


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
        """The last node that is not a dropout or noise: the outputs come from it."""
        node = self.nodes[self.output]
        while node.kind in PASSING:
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
        for kind, classes in _KINDS.items():
            if isinstance(layer, classes):
                return self._add(kind, layer, value)
        if isinstance(layer, Dropping):
            return self._add("dropout", layer, value)
        if isinstance(layer, BatchNormalization):
            return self._add("batch_normalization", layer, value)
        if isinstance(layer, CategoryEmbedding | Embedding):
            return self._add("embedding", layer, value)
        if isinstance(layer, ActivityRegularization | Flatten | Identity | Reshape):
            return value
        if isinstance(layer, FunctionLayer):
            return self._add_activation(layer, value)
        return self._add("own", layer, value)

    def _add_activation(self, layer: Any, value: int) -> int:
        if layer.activation is activations.linear:
            return value
        return self._add("activation", layer, value)
