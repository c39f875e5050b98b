"""Layers that join several values, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from trimtab.core import checks
from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument
from trimtab.nn.layers import scope as tracing
from trimtab.nn.layers import symbol as symbols
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.symbol import Symbol, operator
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder

__all__ = [
    *("Add", "Average", "Maximum", "Merging", "Minimum", "Multiply", "ScaledBy", "Subtract"),
    *("add", "average", "maximum", "minimum", "multiply", "subtract"),
]


class Merging(Layer):
    """Base class of layers that are called on a list.

    Attributes:
        input_widths: columns of each input in the last call.
    """

    any_width = True
    input_widths: tuple[int, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def join(self, widths: Sequence[int]) -> None:
        """Takes note of what it is called on.

        Raises:
            InvalidArgument: the widths do not fit.
        """
        self.check_widths(widths)
        self.input_widths = tuple(widths)

    def check_widths(self, widths: Sequence[int]) -> None:
        """Refuses what cannot be joined; an input of one column goes with any other."""
        self.refuse_different([width for width in widths if width > 1])

    def refuse_different(self, widths: Sequence[int]) -> None:
        """Refuses inputs of several widths."""
        if len(set(widths)) > 1:
            raise InvalidArgument(
                f"{self.name} ({type(self).__name__}) joins inputs of one width, received shapes "
                f"{_shapes(widths)}. Bring them to one width with Dense(n), or use Concatenate()."
            )

    def given_width(self, input_shape: Any) -> int:
        """The columns of all inputs together, of one shape or a list of them."""
        shapes = _list_of_shapes(input_shape)
        if shapes is not None:
            self.join([width_of_shape(each) for each in shapes])
        elif not self.input_widths:
            self.join([width_of_shape(input_shape)])
        return sum(self.input_widths)

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        shapes = _list_of_shapes(input_shape)
        if shapes is None:
            return (None, self.width_of(self.input_widths or [width_of_shape(input_shape)]))
        widths = [width_of_shape(each) for each in shapes]
        self.check_widths(widths)
        return (None, self.width_of(widths))

    def width_of(self, widths: Sequence[int]) -> int:
        """Columns of the output."""
        return max(widths)

    def lower(self, builder: Builder, *values: int) -> int:
        """Emits the ops on the values of its inputs, or on one value that holds them all."""
        if len(values) == 1 < len(self.input_widths):
            values = tuple(split(builder, values[0], self.input_widths))
        return self.emit(builder, list(values))

    def emit(self, builder: Builder, values: list[int]) -> int:
        """Emits the ops on the values of its inputs."""
        raise NotImplementedError

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Joins symbols, or arrays ``(rows, width)``.

        Args:
            x: a list of them.
            training, mask: as of other layers; they make no difference.
        """
        if symbols.given(x):
            if isinstance(x, Symbol):
                raise InvalidArgument(
                    f"{self.name} joins several inputs, received one. Call it on a list: "
                    f"{type(self).__name__}()([a, b])."
                )
            return symbols.apply(self, x, training, mask)
        if not isinstance(x, list | tuple) or not x:
            raise InvalidArgument(
                f"{self.name} joins several inputs, received {brief(x)}. Call it on a list: "
                f"{type(self).__name__}()([a, b])."
            )
        if tracing.current() is not None:
            import jax.numpy as jnp

            self.join([each.shape[1] for each in x])
            return super().__call__(jnp.concatenate(x, axis=1), training)
        arrays = [np.asarray(each, np.float32) for each in x]
        self.join([each.shape[-1] for each in arrays])
        return super().__call__(np.concatenate(arrays, axis=1), bool(training), mask)


def _list_of_shapes(shape: Any) -> Sequence[Any] | None:
    several = isinstance(shape, list | tuple) and len(shape) > 0
    return shape if several and all(isinstance(each, list | tuple) for each in shape) else None


def split(builder: Builder, value: int, widths: Sequence[int]) -> list[int]:
    """Values that are columns of one, side by side."""
    found, start = [], 0
    for width in widths:
        found.append(builder.columns(value, start, width))
        start += width
    return found


def spread(builder: Builder, value: int, width: int) -> int:
    """The value if it is as wide as that, else its one column as many times."""
    return value if builder.width(value) == width else builder.emit("spread", [value], count=width)


def _shapes(widths: Sequence[int]) -> str:
    return listed([f"(None, {width})" for width in widths], last=" and ")


class _OneByOne(Merging):
    """Base class: the first two are joined, then the result and the third, and so on."""

    op: ClassVar[str]

    def emit(self, builder: Builder, values: list[int]) -> int:
        width = max(builder.width(value) for value in values)
        values = [spread(builder, value, width) for value in values]
        value = values[0]
        for other in values[1:]:
            value = builder.emit(self.op, [value, other])
        return value


@REGISTRY.register()
class Add(_OneByOne):
    """The sum of its inputs.

    Shape:
        several ``(rows, width)`` to ``(rows, width)``; one of a single column goes with any.
        No weights.

    Formula:
        ``a + b + ...``

    Raises:
        InvalidArgument: the widths do not go together.

    Example:
        >>> from trimtab import layers
        >>> layers.Add()([[[1.0, 2.0]], [[3.0, 4.0]]]).tolist()
        [[4.0, 6.0]]
        >>> layers.Add()([layers.Input((2,)), layers.Input((2,))]).shape
        (None, 2)
    """

    op = "add"


@REGISTRY.register()
class Subtract(_OneByOne):
    """The first input minus the second.

    Shape:
        two ``(rows, width)`` to ``(rows, width)``; one of a single column goes with any.
        No weights.

    Formula:
        ``a - b``

    Raises:
        InvalidArgument: the widths do not go together, or are not two.

    Example:
        >>> from trimtab import layers
        >>> layers.Subtract()([[[1.0, 2.0]], [[3.0, 5.0]]]).tolist()
        [[-2.0, -3.0]]
    """

    op = "subtract"

    def check_widths(self, widths: Sequence[int]) -> None:
        if len(widths) != 2:
            raise InvalidArgument(f"{self.name} takes two inputs, received {len(widths)}.")
        super().check_widths(widths)


@REGISTRY.register()
class Multiply(_OneByOne):
    """The product of its inputs, element by element.

    Shape:
        several ``(rows, width)`` to ``(rows, width)``; one of a single column goes with any.
        No weights.

    Formula:
        ``a * b * ...``

    Raises:
        InvalidArgument: the widths do not go together.

    Example:
        >>> from trimtab import layers
        >>> layers.Multiply()([[[1.0, 2.0]], [[3.0, 4.0]]]).tolist()
        [[3.0, 8.0]]
    """

    op = "multiply"


@REGISTRY.register()
class Maximum(_OneByOne):
    """The largest of its inputs, element by element; equal ones share the gradient.

    Shape:
        several ``(rows, width)`` to ``(rows, width)``; one of a single column goes with any.
        No weights.

    Formula:
        ``max(a, b, ...)``

    Raises:
        InvalidArgument: the widths do not go together.

    Example:
        >>> from trimtab import layers
        >>> layers.Maximum()([[[1.0, 4.0]], [[3.0, 2.0]]]).tolist()
        [[3.0, 4.0]]
    """

    op = "maximum"


@REGISTRY.register()
class Minimum(_OneByOne):
    """The smallest of its inputs, element by element; equal ones share the gradient.

    Shape:
        several ``(rows, width)`` to ``(rows, width)``; one of a single column goes with any.
        No weights.

    Formula:
        ``min(a, b, ...)``

    Raises:
        InvalidArgument: the widths do not go together.

    Example:
        >>> from trimtab import layers
        >>> layers.Minimum()([[[1.0, 4.0]], [[3.0, 2.0]]]).tolist()
        [[1.0, 2.0]]
    """

    op = "minimum"


@REGISTRY.register()
class Average(_OneByOne):
    """The mean of its inputs, element by element.

    Shape:
        several ``(rows, width)`` to ``(rows, width)``; one of a single column goes with any.
        No weights.

    Formula:
        ``(a + b + ...) / n``

    Raises:
        InvalidArgument: the widths do not go together.

    Example:
        >>> from trimtab import layers
        >>> layers.Average()([[[1.0, 2.0]], [[3.0, 4.0]]]).tolist()
        [[2.0, 3.0]]
    """

    op = "add"

    def emit(self, builder: Builder, values: list[int]) -> int:
        total = super().emit(builder, values)
        return builder.emit("scale", [total], factor=1.0 / len(values))


@REGISTRY.register()
class ScaledBy(Layer):
    """A value times a number, plus a number: what ``2 * x`` and ``1 - x`` of symbols are.

    Shape:
        ``(rows, width)``, kept. No weights.

    Formula:
        ``factor * x + offset``

    Args:
        factor, offset: the numbers; they are not trained.

    Raises:
        InvalidArgument: one of them is not a finite number.

    Example:
        >>> from trimtab import layers
        >>> layers.ScaledBy(2.0, offset=1.0)([[1.0, 2.0]]).tolist()
        [[3.0, 5.0]]
    """

    for_members = COLUMNS
    any_width = True

    def __init__(self, factor: float = 1.0, offset: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = checks.number("factor", factor)
        self.offset = checks.number("offset", offset)

    def lower(self, builder: Builder, value: int) -> int:
        return builder.emit("scale", [value], factor=self.factor, offset=self.offset)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "offset": self.offset}


# -- as functions, and as operators of symbols ----------------------------------------------------


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Add(**kwargs)(inputs)``."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Subtract(**kwargs)(inputs)``."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Multiply(**kwargs)(inputs)``."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Average(**kwargs)(inputs)``."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Maximum(**kwargs)(inputs)``."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Minimum(**kwargs)(inputs)``."""
    return Minimum(**kwargs)(inputs)


@operator("add")
def _sum(x: Symbol, other: Symbol | float) -> Symbol:
    joined: Symbol = Add()([x, other]) if isinstance(other, Symbol) else ScaledBy(offset=other)(x)
    return joined


@operator("subtract")
def _difference(x: Symbol, other: Symbol | float) -> Symbol:
    joined: Symbol = (
        Subtract()([x, other]) if isinstance(other, Symbol) else ScaledBy(offset=-other)(x)
    )
    return joined


@operator("from")
def _from(x: Symbol, other: float) -> Symbol:
    made: Symbol = ScaledBy(-1.0, other)(x)
    return made


@operator("multiply")
def _product(x: Symbol, other: Symbol | float) -> Symbol:
    joined: Symbol = Multiply()([x, other]) if isinstance(other, Symbol) else ScaledBy(other)(x)
    return joined
