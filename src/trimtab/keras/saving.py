"""Keras' ``saving``: files of models and registered names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from trimtab.core import catalogue
from trimtab.model import load_model, load_weights, save_model, save_weights
from trimtab.nn.registration import CustomObjectScope, register, registered_name, registered_object

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
]

T = TypeVar("T")

custom_object_scope = CustomObjectScope


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[T], T]:
    """:func:`trimtab.register` under Keras' name; always with parentheses."""
    return register(package=package, name=name)


def get_registered_name(obj: Any) -> str:
    """``package>name`` of a registered object, or its plain name."""
    return registered_name(obj) or str(obj.__name__)


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """The object with a registered name, or None."""
    with CustomObjectScope(module_objects), CustomObjectScope(custom_objects):
        return registered_object(name)


__getattr__ = catalogue.refusals("saving", __all__)
