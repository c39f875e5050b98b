"""What is left of Keras' back end: names of layers, epsilon, the number type."""

from __future__ import annotations

from typing import Never

from trimtab.core import catalogue
from trimtab.nn import losses
from trimtab.nn.names import reset_names

__all__ = ["clear_session", "epsilon", "floatx"]


def clear_session(free_memory: bool = True) -> None:
    """Starts the automatic names of layers over: ``dense``, ``dense_1``, ..."""
    reset_names()


def epsilon() -> float:
    """What predictions are clipped by before their logarithm is taken: 1e-7."""
    return losses.EPSILON


def floatx() -> str:
    """The type of all numbers in a network: ``'float32'``."""
    return "float32"


def __getattr__(name: str) -> Never:
    raise catalogue.missing("backend", name, __all__)
