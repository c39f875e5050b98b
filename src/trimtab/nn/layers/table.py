"""All layers by name: each file of layers enters its own, configurations find them here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from trimtab.nn.layers.base import Layer
from trimtab.nn.registry import Registry

__all__ = ["LAYERS", "REGISTRY", "deserialize", "registered", "serialize"]

L = TypeVar("L", bound=type[Layer])

REGISTRY: Registry[Layer] = Registry("layer", "layers", Layer)

#: Name in files -> class. Serialization and contract tests run over this table.
LAYERS: dict[str, type[Layer]] = {}


def registered(cls: L) -> L:
    """Enters a layer of trimtab; written above its class."""
    LAYERS[cls.type_name] = REGISTRY.add(cls)
    return cls


def serialize(layer: Layer) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``"""
    return REGISTRY.serialize(layer)


def deserialize(config: Mapping[str, Any]) -> Layer:
    """The inverse of :func:`serialize`; the weights are new."""
    return REGISTRY.deserialize(config)
