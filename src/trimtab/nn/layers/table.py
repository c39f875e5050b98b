"""All layers by name: each file of layers enters its own, configurations find them here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.nn.layers.base import Layer
from trimtab.nn.registry import Registry

__all__ = ["LAYERS", "REGISTRY", "deserialize", "serialize"]

REGISTRY: Registry[Layer] = Registry("layer", "layers", Layer)

#: Name in files -> class. Serialization and contract tests run over this table.
LAYERS = REGISTRY.classes


def serialize(layer: Layer) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``"""
    return REGISTRY.serialize(layer)


def deserialize(config: Mapping[str, Any]) -> Layer:
    """The inverse of :func:`serialize`; the weights are new."""
    return REGISTRY.deserialize(config)
