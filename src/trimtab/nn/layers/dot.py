"""The scalar product of two values, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.layers.merging import Merging
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder

__all__ = ["Dot", "dot"]


@REGISTRY.register()
class Dot(Merging):
    """The scalar product of two inputs, row by row: how alike two vectors are.

    Shape:
        two ``(rows, width)`` to ``(rows, 1)``. No weights.

    Formula:
        ``sum(a * b)`` over the columns; with ``normalize`` of ``a`` and ``b`` brought to length 1,
        which is the cosine of the angle between them.

    Source:
        As in Keras.

    Args:
        axes: 1 or -1, the columns, or a pair of them.
        normalize: whether each row is brought to length 1 first.

    Raises:
        InvalidArgument: the inputs differ in width, or are not two.
        Unsupported: another axis.

    Example:
        >>> from trimtab import layers
        >>> layers.Dot(axes=1)([[[1.0, 2.0]], [[3.0, 4.0]]]).tolist()
        [[11.0]]
        >>> print(layers.Dot(axes=1, normalize=True)([[[3.0, 4.0]], [[4.0, 3.0]]]).round(2))
        [[0.96]]
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        pair = list(axes) if isinstance(axes, list | tuple) else [axes]
        if not 1 <= len(pair) <= 2 or any(
            isinstance(each, bool) or each not in (-1, 1) for each in pair
        ):
            raise Unsupported(
                f"Dot: axes must be 1 or -1, the columns, received {brief(axes)}: a row stays a "
                "row. Use axes=1."
            )
        self.axes = axes
        self.normalize = checks.boolean("normalize", normalize)

    def check_widths(self, widths: Sequence[int]) -> None:
        if len(widths) != 2:
            raise InvalidArgument(f"{self.name} takes two inputs, received {len(widths)}.")
        self.refuse_different(widths)

    def width_of(self, widths: Sequence[int]) -> int:
        return 1

    def emit(self, builder: Builder, values: list[int]) -> int:
        if self.normalize:
            values = [
                builder.emit("layer_normalization", [value], by="length", epsilon=1e-12)
                for value in values
            ]
        return builder.emit("sum_columns", [builder.emit("multiply", values)])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def dot(inputs: Sequence[Any], axes: Any = -1, **kwargs: Any) -> Any:
    """``Dot(axes, **kwargs)(inputs)``."""
    return Dot(axes=axes, **kwargs)(inputs)
