"""Columns of several values side by side, and some columns of one."""

from __future__ import annotations

import operator as operators
from collections.abc import Sequence
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.merging import Merging
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.symbol import Symbol, operator
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder

__all__ = ["ColumnSlice", "Concatenate", "concatenate"]


@REGISTRY.register()
class Concatenate(Merging):
    """The columns of its inputs side by side.

    Shape:
        several ``(rows, width)`` to ``(rows, sum of the widths)``. No weights.

    Args:
        axis: -1 or 1: columns.

    Raises:
        Unsupported: another axis.

    Example:
        >>> from trimtab import layers
        >>> layers.Concatenate()([[[1.0, 2.0]], [[3.0]]]).tolist()
        [[1.0, 2.0, 3.0]]
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if axis not in (-1, 1):
            raise Unsupported(
                f"Concatenate: axis must be -1 or 1, received {brief(axis)}: values have rows and "
                "columns, and a row stays a row."
            )
        self.axis = axis

    def check_widths(self, widths: Sequence[int]) -> None:
        """Any widths can lie side by side."""

    def width_of(self, widths: Sequence[int]) -> int:
        return sum(widths)

    def emit(self, builder: Builder, values: list[int]) -> int:
        return values[0] if len(values) == 1 else builder.emit("concatenate", values)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


@REGISTRY.register()
class ColumnSlice(Layer):
    """Some columns of its input: what ``x[:, start:stop:step]`` of a symbol is.

    Shape:
        ``(rows, width)`` to ``(rows, number of columns)``. No weights.

    Args:
        start, stop, step: as in a slice of a list.

    Raises:
        InvalidArgument: no column is left.

    Example:
        >>> from trimtab import layers
        >>> layers.ColumnSlice(1, 3)([[1.0, 2.0, 3.0, 4.0]]).tolist()
        [[2.0, 3.0]]
    """

    def __init__(
        self,
        start: int | None = None,
        stop: int | None = None,
        step: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, value in (("start", start), ("stop", stop), ("step", step)):
            if value is not None:
                checks.integer(name, value, minimum=-(2**31), maximum=2**31)
        if step == 0:
            raise InvalidArgument("step must not be 0.")
        self.start, self.stop, self.step = start, stop, step

    def _columns(self, width: int) -> range:
        columns = range(width)[self.start : self.stop : self.step]
        if not columns:
            raise InvalidArgument(
                f"{self.path} takes columns {self._text()} of {width}: none is left."
            )
        return columns

    def _text(self) -> str:
        ends = ["" if each is None else str(each) for each in (self.start, self.stop)]
        return ":".join(ends) + ("" if self.step is None else f":{self.step}")

    def build(self, input_shape: Any) -> None:
        self._columns(input_shape[-1])

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        return (None, len(self._columns(width_of_shape(input_shape))))

    def lower(self, builder: Builder, value: int) -> int:
        columns = self._columns(builder.width(value))
        if columns == range(builder.width(value)):
            return value
        return builder.emit(
            "select", [value], start=columns.start, count=len(columns), step=columns.step
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "start": self.start,
            "stop": self.stop,
            "step": self.step,
        }


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """``Concatenate(axis, **kwargs)(inputs)``."""
    return Concatenate(axis=axis, **kwargs)(inputs)


@operator("columns")
def _columns(x: Symbol, key: Any) -> Symbol:
    """``x[:, 2:5]``, ``x[:, 3]``, ``x[..., :2]``."""
    if not isinstance(key, tuple) or len(key) != 2 or key[0] not in (slice(None), ...):
        raise InvalidArgument(
            f"{x!r}: a row stays a row, so only columns can be taken, x[:, 2:5], received "
            f"{_written(key)}."
        )
    columns = key[1]
    if isinstance(columns, slice):
        picked = columns
    else:
        try:
            number = operators.index(columns)
        except TypeError:
            raise InvalidArgument(
                f"{x!r}: columns are taken as x[:, 2:5] or x[:, 3], received {_written(key)}."
            ) from None
        if not -x.width <= number < x.width:
            raise InvalidArgument(f"{x!r} has no column {number}.")
        picked = slice(number, number + 1 or None)
    made: Symbol = ColumnSlice(picked.start, picked.stop, picked.step)(x)
    return made


def _written(key: Any) -> str:
    """A key as it was written between the brackets."""
    parts = key if isinstance(key, tuple) else (key,)
    texts = []
    for part in parts:
        if isinstance(part, slice):
            ends = [part.start, part.stop, *([] if part.step is None else [part.step])]
            texts.append(":".join("" if end is None else str(end) for end in ends))
        else:
            texts.append("..." if part is ... else brief(part))
    return f"x[{', '.join(texts)}]"
