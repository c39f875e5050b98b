"""What constructors of layers take."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["argument_names", "dtype_name"]


def argument_names(cls: type[Any]) -> list[str]:
    """Names of the constructor's arguments, those of the base class included."""
    names: dict[str, None] = {}
    for ancestor in cls.__mro__:
        if "__init__" in vars(ancestor) and ancestor is not object:
            for parameter in inspect.signature(vars(ancestor)["__init__"]).parameters.values():
                if parameter.kind is not parameter.VAR_KEYWORD and parameter.name != "self":
                    names[parameter.name] = None
    return list(names)


def dtype_name(dtype: Any) -> Any:
    """The name in a dtype as layers' configurations of Keras hold it."""
    if isinstance(dtype, dict):
        return dtype.get("config", {}).get("name")
    return dtype
