"""Keras' ``backend``: automatic names, epsilon, the number type."""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn import losses
from trimtab.nn.names import reset_names

__all__ = ["clear_session", "epsilon", "floatx"]


def clear_session(free_memory: bool = True) -> None:
    """Restarts the automatic names of layers: ``dense``, ``dense_1``, ...

    Args:
        free_memory: Accepted, without effect.
    """
    reset_names()


def epsilon() -> float:
    """1e-7: the smallest distance of predictions from 0 and 1 under a logarithm."""
    return losses.EPSILON


def floatx() -> str:
    """``'float32'``, the type of all numbers in a network."""
    return "float32"


__getattr__ = catalogue.refusals("backend", __all__)
