"""Layers: what a network is made of. One file a family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Never

from trimtab import catalogue
from trimtab.layers.activation import Activation, ReLU
from trimtab.layers.base import Layer, Weight
from trimtab.layers.batch_normalization import BatchNormalization
from trimtab.layers.dense import Dense
from trimtab.layers.drop_connect import DropConnect
from trimtab.layers.dropout import Dropout, FeatureDropout
from trimtab.layers.embedding import CategoryEmbedding, Embedding
from trimtab.layers.flatten import Flatten
from trimtab.layers.input import Input, InputLayer
from trimtab.layers.residual import Residual
from trimtab.registry import Registry

__all__ = [
    "LAYERS",
    "Activation",
    "BatchNormalization",
    "CategoryEmbedding",
    "Dense",
    "DropConnect",
    "Dropout",
    "Embedding",
    "FeatureDropout",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "ReLU",
    "Residual",
    "Weight",
    "deserialize",
    "serialize",
]

REGISTRY: Registry[Layer] = Registry(
    "layer",
    "layers",
    Layer,
    (
        Activation,
        BatchNormalization,
        CategoryEmbedding,
        Dense,
        DropConnect,
        Dropout,
        Embedding,
        FeatureDropout,
        Flatten,
        InputLayer,
        ReLU,
        Residual,
    ),
)

#: Name in files -> class. Serialization and contract tests run over this table.
LAYERS: dict[str, type[Layer]] = {cls.type_name: cls for cls in REGISTRY.classes.values()}


def serialize(layer: Layer) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``"""
    return REGISTRY.serialize(layer)


def deserialize(config: Mapping[str, Any]) -> Layer:
    """The inverse of :func:`serialize`; the weights are new."""
    return REGISTRY.deserialize(config)


def __getattr__(name: str) -> Never:
    raise catalogue.missing("layers", name, __all__)
