"""What the constructors of steps refuse: with it a step restored from a file is a sound one.

A step is plain numbers, texts and arrays. Whatever a file says, its constructor sees: a
``TypeError`` for a value of the wrong kind, a ``ValueError`` for one that breaks a rule, each with
the rule and the value. People never meet these messages alone: who reads the file names it.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["array", "document", "finite", "flag", "moment", "one_of", "positive", "text", "texts"]


def _kind(value: Any) -> str:
    return type(value).__name__


def document(name: str, value: Any) -> dict[str, Any]:
    """``value`` if it is a dict with texts as keys, as constructors take them."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise TypeError(f"{name} must be an object of named values, received {_kind(value)}.")
    return value


def finite(name: str, value: Any) -> float:
    """``value`` as a float if it is a finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, received {_kind(value)}.")
    if (isinstance(value, int) and abs(value) > 2**53) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite float64, received {value!r:.40}.")
    return float(value)


def positive(name: str, value: Any) -> float:
    """``value`` as a float if it is a finite number above 0."""
    number = finite(name, value)
    if not number > 0:
        raise ValueError(f"{name} must be above 0, received {value!r}.")
    return number


def moment(name: str, value: Any) -> int:
    """``value`` if it counts nanoseconds from 1970 and is no NaT."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, received {_kind(value)}.")
    if not -(2**63) < value < 2**63:
        raise ValueError(f"{name} must be a moment in nanoseconds, received one outside 64 bits.")
    return value


def flag(name: str, value: Any) -> bool:
    """``value`` if it is true or false."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be true or false, received {_kind(value)}.")
    return value


def text(name: str, value: Any) -> str:
    """``value`` if it is a text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, received {_kind(value)}.")
    return value


def one_of(name: str, value: Any, known: Collection[str]) -> str:
    """``value`` if it is one of the known texts."""
    if text(name, value) not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, received {value!r:.40}.")
    return str(value)


def texts(name: str, value: Any) -> tuple[str, ...]:
    """``value`` as a tuple if it lists different texts."""
    if not isinstance(value, list | tuple):
        raise TypeError(f"{name} must be a list of texts, received {_kind(value)}.")
    for element in value:
        text(f"each of {name}", element)
    if len(set(value)) != len(value):
        raise ValueError(f"{name} must list every text once.")
    return tuple(value)


def array(name: str, value: Any, least: int, most: int) -> NDArray[np.float64]:
    """A read-only copy of ``value`` if it is a finite float64 vector of so many numbers."""
    if not isinstance(value, np.ndarray) or value.dtype != np.float64:
        received = value.dtype if isinstance(value, np.ndarray) else _kind(value)
        raise TypeError(f"{name} must be an array of float64, received {received}.")
    if value.ndim != 1 or not least <= len(value) <= most:
        raise ValueError(
            f"{name} must be a vector of {least} to {most} numbers, received shape {value.shape}."
        )
    if not np.isfinite(value).all():
        raise ValueError(f"{name} must be finite, received NaN or infinity.")
    copy = np.array(value, np.float64)
    copy.flags.writeable = False
    return copy
