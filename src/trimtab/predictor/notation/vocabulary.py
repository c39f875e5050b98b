"""The words of the notation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from trimtab.nn.layers import (
    BatchNormalization,
    Dropout,
    FeatureDropout,
    Layer,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
)

__all__ = [
    "ACTIVATIONS",
    "DEEPEST",
    "EMBEDDINGS",
    "LAYERS",
    "LINEAR",
    "MOST_UNITS",
    "OF_DENSE",
    "SWITCHES",
    "SYNONYMS",
    "WORDS",
    "NumericEmbedding",
]

#: No activation: a word that is only needed where no layer has one.
LINEAR = "linear"

#: Words for activations.
ACTIVATIONS = (
    "celu",
    "elu",
    "gelu",
    "hard_silu",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "squareplus",
    "tanh",
)

#: A typing error must not ask for all memory.
MOST_UNITS = 1_000_000

#: Residual blocks inside each other.
DEEPEST = 20

#: Word -> the layer, the argument after its colon, and an example where it needs one.
LAYERS: dict[str, tuple[type[Layer], str, str]] = {
    "bn": (BatchNormalization, "momentum", ""),
    "dropout": (Dropout, "rate", "0.2"),
    "feature_dropout": (FeatureDropout, "rate", "0.1"),
}


class NumericEmbedding(NamedTuple):
    """A word for a layer that turns numbers into vectors.

    Attributes:
        kind: the layer.
        arguments: names of its two numbers.
        example: of these.
        fixed: what else the word says.
    """

    kind: type[Layer]
    arguments: tuple[str, str]
    example: str
    fixed: Mapping[str, Any] = {}


#: Word -> a layer that turns numbers into vectors.
EMBEDDINGS: dict[str, NumericEmbedding] = {
    "ple": NumericEmbedding(PiecewiseLinearEmbedding, ("bins", "dim"), "48x8"),
    "ple_tree": NumericEmbedding(
        PiecewiseLinearEmbedding, ("bins", "dim"), "48x8", {"placement": "tree"}
    ),
    "periodic": NumericEmbedding(PeriodicEmbedding, ("frequencies", "dim"), "24x8"),
    "plr": NumericEmbedding(
        PeriodicEmbedding, ("frequencies", "dim"), "24x8", {"phases": False, "relu": True}
    ),
}

#: Settings of the dense layer of a block that take no number -> what they say of its bias.
SWITCHES = {"bias": "", "no_bias": ""}

#: Settings of the dense layer of a block -> an example.
OF_DENSE = {"dropconnect": "0.1", "l1": "1e-5", "l2": "1e-4", "max_norm": "3", **SWITCHES}

#: All words but those for activations.
WORDS = (*EMBEDDINGS, *LAYERS, *OF_DENSE, "residual")

#: What other tools call these words.
SYNONYMS = {
    "batch_norm": "bn",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "batch_normalization": "bn",
    "drop": "dropout",
    "swish": "silu",
    "hard_swish": "hard_silu",
    "hardswish": "hard_silu",
    "leakyrelu": "leaky_relu",
    "maxnorm": "max_norm",
}
