"""Weights that start as a constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.initializers.base import Initializer, Shape
from trimtab.nn.initializers.table import REGISTRY

__all__ = ["Constant", "Ones", "Zeros"]


@REGISTRY.register("zero")
class Zeros(Initializer):
    """All 0.

    Example:
        >>> from trimtab import initializers
        >>> initializers.Zeros()((2,)).tolist()
        [0.0, 0.0]
    """

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        return np.zeros(shape, np.float32)


@REGISTRY.register("one")
class Ones(Initializer):
    """All 1.

    Example:
        >>> from trimtab import initializers
        >>> initializers.Ones()((2,)).tolist()
        [1.0, 1.0]
    """

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        return np.ones(shape, np.float32)


@REGISTRY.register()
class Constant(Initializer):
    """All one number.

    Raises:
        InvalidArgument: ``value`` is not a finite number.

    Example:
        >>> from trimtab import initializers
        >>> initializers.Constant(0.5)((2,)).tolist()
        [0.5, 0.5]
    """

    def __init__(self, value: float = 0.0) -> None:
        self.value = checks.number("value", value)

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        return np.full(shape, self.value, np.float32)

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}
