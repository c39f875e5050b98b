"""What is left of Keras' back end: names of layers, epsilon, the number type."""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn import losses
from trimtab.nn.layers import base

__all__ = ["clear_session", "epsilon", "floatx"]


def clear_session(free_memory: bool = True) -> None:
    """Starts the automatic names of layers over: ``dense``, ``dense_1``, ..."""
    base.reset_names()


def epsilon() -> float:
    """What predictions are clipped by before their logarithm is taken: 1e-7."""
    return losses.EPSILON


def floatx() -> str:
    """The type of all numbers in a network: ``'float32'``."""
    return "float32"


__getattr__ = catalogue.refusals("backend", __all__)
