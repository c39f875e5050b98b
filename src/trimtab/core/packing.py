"""What a program remembers, in lists, dicts and arrays, as plain data with the arrays beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

__all__ = ["packed", "unpacked"]

Arrays = dict[str, NDArray[Any]]


def packed(value: Any, arrays: Arrays, owner: str) -> Any:
    """``value`` for a JSON document; its arrays go into ``arrays``.

    Args:
        value: numbers, texts, None, arrays, and lists, tuples and dicts of these.
        arrays: receives the arrays by name.
        owner: whose value it is, for the message.

    Raises:
        InvalidArgument: something else is in it.

    Example:
        >>> arrays = {}
        >>> packed({"best": 0.5, "weights": [np.zeros(2, np.float32)]}, arrays, "Stop")
        {'dict': [['best', 0.5], ['weights', [{'array': '0'}]]]}
        >>> unpacked(packed({1: (2, 3)}, arrays, "Stop"), arrays)
        {1: (2, 3)}
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8:
        name = str(len(arrays))
        arrays[name] = np.array(value)  # safetensors take whole arrays, and training goes on
        return {"array": name}
    if isinstance(value, dict):
        pairs = [[packed(each, arrays, owner) for each in pair] for pair in value.items()]
        return {"dict": pairs}
    if isinstance(value, tuple):
        return {"tuple": [packed(each, arrays, owner) for each in value]}
    if isinstance(value, list):
        return [packed(each, arrays, owner) for each in value]
    raise InvalidArgument(
        f"{owner} must return numbers, texts, arrays, and lists and dicts of these, "
        f"received {brief(value)} ({type(value).__name__}). Leave it out, or return its numbers."
    )


def unpacked(document: Any, arrays: Arrays) -> Any:
    """The inverse of :func:`packed`.

    Raises:
        TypeError, ValueError, KeyError: not what :func:`packed` returns.
    """
    if isinstance(document, list):
        return [unpacked(each, arrays) for each in document]
    if not isinstance(document, dict):
        return document
    ((kind, content),) = document.items()
    if kind == "array":
        return arrays[content].copy()
    inner = unpacked(content, arrays)
    if kind == "tuple":
        return tuple(inner)
    if kind == "dict":
        return dict(inner)
    raise ValueError(f"unknown kind {kind!r}")
