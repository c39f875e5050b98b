"""All optimizers by name: each file enters its own, :func:`get` finds them here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.registry import Registry

__all__ = ["REGISTRY", "deserialize", "get", "serialize"]

REGISTRY: Registry[Optimizer] = Registry("optimizer", "optimizers", Optimizer)


def get(identifier: Any) -> Optimizer:
    """From a name (in any case), a class, a configuration or an instance to an optimizer.

    Example:
        >>> from trimtab import optimizers
        >>> type(optimizers.get("adam")).__name__
        'Adam'
        >>> optimizers.get("adm")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: no optimizer is called 'adm'. Did you mean 'adam'?
    """
    if isinstance(identifier, str) and identifier.lower() in REGISTRY.names:
        identifier = identifier.lower()
    return REGISTRY.get(identifier)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``"""
    return REGISTRY.serialize(optimizer)


def deserialize(config: Mapping[str, Any]) -> Optimizer:
    """The inverse of :func:`serialize`."""
    return REGISTRY.deserialize(config)
