"""Weights that start as given numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.initializers.base import Initializer, Shape, refuse_vectors
from trimtab.nn.initializers.table import REGISTRY

__all__ = ["Constant", "Identity", "Ones", "Zeros"]


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
    """All one number, or the numbers of an array.

    Args:
        value: a number, or an array of the weight's shape or one that NumPy stretches to it: one
            number a column, for instance.

    Raises:
        InvalidArgument: ``value`` is neither, not finite, or its shape is not that of the weight.

    Example:
        >>> from trimtab import initializers
        >>> initializers.Constant(0.5)((2,)).tolist()
        [0.5, 0.5]
        >>> initializers.Constant([0.5, 2])((2, 2)).tolist()
        [[0.5, 2.0], [0.5, 2.0]]
    """

    def __init__(self, value: ArrayLike = 0.0) -> None:
        self.value: Any = _numbers(value)

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        value = np.asarray(self.value, np.float32)
        try:
            return np.array(np.broadcast_to(value, shape))
        except ValueError:
            raise InvalidArgument(
                f"value must have the shape of the weight, {shape}, or one that NumPy stretches "
                f"to it, received the shape {value.shape}. A kernel has a row for each input and "
                "a column for each unit."
            ) from None

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}

    def __hash__(self) -> int:
        return hash((type(self), np.shape(self.value)))

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)


def _numbers(value: Any) -> float | list[Any]:
    """A number, or an array as nested lists of numbers that float32 holds."""
    if isinstance(value, Mapping) and value.get("class_name") == "__numpy__":  # as Keras writes it
        value = (value.get("config") or {}).get("value")
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes):
        return checks.number("value", value)
    try:
        array = np.asarray(value, np.float32)
    except (TypeError, ValueError, OverflowError):  # ragged, or no numbers
        array = np.array(np.nan)
    if not np.isfinite(array).all():
        raise InvalidArgument(
            f"value must be a number or an array of finite numbers, received {brief(value)}."
        )
    nested: list[Any] = array.tolist()
    return nested


@REGISTRY.register("IdentityInitializer")
class Identity(Initializer):
    """The identity matrix times ``gain``: the layer passes its input on at first.

    Shape:
        A matrix; one that is not square has ``gain`` on its diagonal.

    Raises:
        InvalidArgument: gain is not a number, or the weight is no matrix.

    Example:
        >>> from trimtab import initializers
        >>> initializers.Identity(2.0)((2, 3)).tolist()
        [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = checks.number("gain", gain)

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        refuse_vectors("identity", shape)
        if len(shape) > 2:
            raise InvalidArgument(
                f"identity must draw a matrix, received the shape {shape}. Use 'orthogonal' there."
            )
        return np.float32(self.gain) * np.eye(*shape, dtype=np.float32)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
