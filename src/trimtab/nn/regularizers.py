"""Penalties on weights, added to the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import catalogue, checks
from trimtab.core.words import brief
from trimtab.errors import Unsupported
from trimtab.nn.registry import Registry

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "serialize",
]


class Regularizer:
    """Base of all regularizers.

    Attributes:
        penalty: (l1, l2): ``l1 sum |w| + l2 sum w^2`` is added to the loss.
    """

    penalty: tuple[float, float] = (0.0, 0.0)

    def __call__(self, x: ArrayLike) -> float:
        """The penalty on an array."""
        array = np.asarray(x, np.float64)
        l1, l2 = self.penalty
        return float(l1 * np.abs(array).sum() + l2 * np.square(array).sum())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.penalty == other.penalty

    def __hash__(self) -> int:
        return hash((type(self), self.penalty))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


REGISTRY: Registry[Regularizer] = Registry("regularizer", "regularizers", Regularizer)


@REGISTRY.register()
class L1(Regularizer):
    """``l1 * sum |w|``: pulls weights to exactly 0.

    Raises:
        InvalidArgument: l1 is not a number of 0 or more.

    Example:
        >>> from trimtab import regularizers
        >>> regularizers.L1(0.5)([1.0, -3.0])
        2.0
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = 0.01 if l1 is None else checks.non_negative_number("l1", l1)
        self.penalty = (self.l1, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


@REGISTRY.register()
class L2(Regularizer):
    """``l2 * sum w^2``: keeps weights small.

    Raises:
        InvalidArgument: l2 is not a number of 0 or more.

    Example:
        >>> from trimtab import regularizers
        >>> regularizers.L2(0.5)([1.0, -3.0])
        5.0
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = 0.01 if l2 is None else checks.non_negative_number("l2", l2)
        self.penalty = (0.0, self.l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


@REGISTRY.register()
class L1L2(Regularizer):
    """``l1 * sum |w| + l2 * sum w^2``.

    Raises:
        InvalidArgument: a factor is not a number of 0 or more.

    Example:
        >>> from trimtab import regularizers
        >>> regularizers.L1L2(l1=0.5, l2=0.5)([1.0, -3.0])
        7.0
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = 0.0 if l1 is None else checks.non_negative_number("l1", l1)
        self.l2 = 0.0 if l2 is None else checks.non_negative_number("l2", l2)
        self.penalty = (self.l1, self.l2)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


# Keras' lower-case names of the same classes.
l1 = L1
l2 = L2
l1_l2 = L1L2


# "l1_l2" means factors of 0.01 in older code and of 0 in Keras 3; Keras 3 is followed.
def get(identifier: Any) -> Regularizer | None:
    """From None, a name, a class, a configuration or an instance to a regularizer or None."""
    if callable(identifier) and not isinstance(identifier, Regularizer | type):
        raise Unsupported(
            f"regularizer: custom functions are not supported, received {brief(identifier)}. "
            "Use L1, L2 or L1L2."
        )
    return REGISTRY.optional(identifier)


def penalty(regularizer: Regularizer | None) -> tuple[float, float]:
    """(l1, l2) of a regularizer or None."""
    return (0.0, 0.0) if regularizer is None else regularizer.penalty


def serialize(regularizer: Regularizer | None) -> dict[str, Any] | None:
    """``{"class_name": ..., "config": ...}``, or None."""
    return None if regularizer is None else REGISTRY.serialize(regularizer)


def deserialize(config: Mapping[str, Any] | None) -> Regularizer | None:
    """The inverse of :func:`serialize`."""
    return None if config is None else REGISTRY.deserialize(config)


__getattr__ = catalogue.refusals("regularizers", __all__)
