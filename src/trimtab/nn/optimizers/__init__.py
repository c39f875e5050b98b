"""Optimizers: how weights follow their gradients. One file a family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.core import catalogue
from trimtab.nn import schedules as schedules
from trimtab.nn.optimizers.adam import Adam, AdamW
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.sgd import SGD
from trimtab.nn.registry import Registry

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "deserialize", "get", "serialize"]

REGISTRY: Registry[Optimizer] = Registry(
    "optimizer", "optimizers", Optimizer, (Adam, AdamW, SGD), aliases={"adamw": AdamW}
)


def get(identifier: Any) -> Optimizer:
    """From a name (in any case), a class, a configuration or an instance to an optimizer.

    >>> from trimtab import optimizers
    >>> optimizers.get("adam").name
    'adam'
    >>> optimizers.get("adma")
    Traceback (most recent call last):
        ...
    trimtab.errors.InvalidArgument: no optimizer is called 'adma'. Did you mean 'adam'?
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


__getattr__ = catalogue.refusals("optimizers", __all__)
