"""Reshape: for the sake of code that was written for Keras."""

from __future__ import annotations

from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder

__all__ = ["Reshape"]


@REGISTRY.register()
class Reshape(Layer):
    """Changes nothing, since rows are flat already; for compatibility with Keras.

    ``Reshape((8,))`` behind an ``Embedding`` of 8 numbers, for instance.

    Shape:
        ``(rows, width)``, kept. No weights, no op.

    Args:
        target_shape: ``(width,)``, or with -1 for the width; sizes of 1 make no difference.

    Raises:
        InvalidArgument: another number of columns than the input has, or no sizes.
        Unsupported: several sizes: a row stays one vector.

    Example:
        >>> from trimtab import layers
        >>> layers.Reshape((2,))([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
    """

    for_members = COLUMNS
    any_width = True

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        sizes = tuple(target_shape) if isinstance(target_shape, list | tuple) else (target_shape,)
        whole = all(isinstance(size, int) and not isinstance(size, bool) for size in sizes)
        if not sizes or not whole or any(size < 1 and size != -1 for size in sizes):
            raise InvalidArgument(
                f"Reshape: target_shape must hold the number of columns, received "
                f"{brief(target_shape)}. Use Reshape((-1,))."
            )
        if len([size for size in sizes if size != 1]) > 1:
            raise Unsupported(
                f"Reshape: a row stays one vector, received target_shape={brief(target_shape)}. "
                "Use Reshape((-1,)), or leave it out."
            )
        self.target_shape = sizes

    def check_width(self, width: int) -> None:
        """Refuses an input of another width."""
        wanted = next((size for size in self.target_shape if size != 1), 1)
        if wanted not in (-1, width):
            raise InvalidArgument(
                f"{self.path}: target_shape {self.target_shape} has {wanted} columns, the input "
                f"has {width}. Use Reshape((-1,))."
            )

    def build(self, input_shape: Any) -> None:
        self.check_width(input_shape[-1])

    def lower(self, builder: Builder, value: int) -> int:
        self.check_width(builder.width(value))
        return value

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}
