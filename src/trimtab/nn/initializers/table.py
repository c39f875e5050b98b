"""All initializers by name: each file enters its own, :func:`get` finds them here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import Unsupported
from trimtab.nn.initializers.base import Initializer
from trimtab.nn.registry import Registry

__all__ = ["REGISTRY", "deserialize", "get", "serialize"]

REGISTRY: Registry[Initializer] = Registry("initializer", "initializers", Initializer)


def get(identifier: Any) -> Initializer:
    """From a name, a class, a configuration or an instance to an initializer."""
    if callable(identifier) and not isinstance(identifier, Initializer | type):
        raise Unsupported(
            f"initializer: custom functions are not supported, received {brief(identifier)}. "
            "Set the values with layer.set_weights([...])."
        )
    return REGISTRY.get(identifier)


def serialize(initializer: Initializer) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``"""
    return REGISTRY.serialize(initializer)


def deserialize(config: Mapping[str, Any]) -> Initializer:
    """The inverse of :func:`serialize`."""
    return REGISTRY.deserialize(config)
