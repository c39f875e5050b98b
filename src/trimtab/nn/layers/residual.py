"""A block of layers added to its own input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn import initializers, regularizers
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.input import InputLayer
from trimtab.nn.layers.members import adapt, add_adapter
from trimtab.nn.layers.seat import BLOCK
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.table import REGISTRY, deserialize, serialize
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder


@REGISTRY.register()
class Residual(Layer):
    """A block of layers whose output is added to its input (a residual connection).

    Shape:
        ``(rows, width)`` to ``(rows, width of the block)``. Weights: those of the block's layers
        and, only where the two widths differ, a kernel ``(width, width of the block)``.

    Formula:
        ``x + block(x)``, or ``x @ kernel + block(x)``.

    Source:
        He et al. 2016, "Deep residual learning", equations 1 and 2; on tables Gorishniy et al.
        2021.

    Args:
        layers: the layers of the block, in order, as a list or as arguments.
        kernel_initializer: initial values of the projection.
        kernel_regularizer: penalty on the projection.

    Raises:
        InvalidArgument: the block is empty, or holds something that is not a layer, a layer of
            another block or model, or two layers with the same name.

    Example:
        >>> from trimtab import layers
        >>> block = layers.Residual(layers.Dense(2, kernel_initializer="zeros"))
        >>> block([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
        >>> layers.Residual()
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: Residual needs one layer or more, received none. \
Use Residual([Dense(64, activation='relu'), Dense(64)]).
    """

    def __init__(
        self,
        *block: Layer | Iterable[Layer],
        layers: Iterable[Layer] | None = None,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel: Weight | None = None
        self.layers = _checked(block, layers)
        for layer in self.layers:
            attachment(layer).join(self)

    @property
    def sublayers(self) -> list[Layer]:
        return self.layers

    for_members = BLOCK
    #: What each member of a network multiplies the common input by, in the first layer of it.
    adapter: Weight | None = None

    def build(self, input_shape: Any) -> None:
        width = inner = input_shape[-1]
        if self.seat is not None and self.seat.first:
            self.adapter = add_adapter(self, width)
            width = inner = width * self.seat.members
        members = 1 if self.seat is None else self.seat.members
        for layer in self.layers:
            expected = layer.input_width or layer.input_shape_argument or inner
            if expected != inner:
                raise InvalidArgument(f"{layer.path} takes {expected} columns, receives {inner}.")
            if not layer.built:
                layer.build(inner)
            assert layer.output_width is not None
            inner = layer.output_width
        if inner != width:
            self.kernel = self.add_weight(
                (width // members, inner // members),
                self.kernel_initializer,
                regularizer=self.kernel_regularizer,
                name="kernel",
            )

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        width = width_of_shape(input_shape)
        if self.seat is not None and self.seat.first:
            width *= self.seat.members
        shape: tuple[None, int] = (None, width)
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
        return shape

    def lower(self, builder: Builder, value: int) -> int:
        if self.adapter is not None:
            value = adapt(builder, value, self.adapter)
        inner = value
        for layer in self.layers:
            inner = builder.lower(layer, inner)
        if self.kernel is not None:
            members = 1 if self.seat is None else self.seat.members
            value = builder.emit("matmul", [value], [self.kernel], members=members)
        return builder.emit("add", [value, inner])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "layers": [serialize(layer) for layer in self.layers],
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Residual:
        return cls(**{**config, "layers": [deserialize(layer) for layer in config["layers"]]})


def _checked(block: tuple[Any, ...], layers: Any) -> list[Layer]:
    """The layers of a block, from either way to write them."""
    if layers is not None and block:
        raise InvalidArgument(
            "Residual takes its layers one after another or as layers=[...], received both."
        )
    given: Any = block if layers is None else layers
    if len(block) == 1 and not isinstance(block[0], Layer):
        given = block[0]
    found = list(given) if isinstance(given, Iterable) else [given]
    if not found:
        raise InvalidArgument(
            "Residual needs one layer or more, received none. "
            "Use Residual([Dense(64, activation='relu'), Dense(64)])."
        )
    names = set()
    for layer in found:
        if not isinstance(layer, Layer) or isinstance(layer, InputLayer):
            raise InvalidArgument(
                f"Residual must hold layers that compute something, received {brief(layer)}."
            )
        if not attachment(layer).free:
            raise InvalidArgument(
                f"{layer.name} is part of another block or model already. Make a new layer."
            )
        if layer.name in names:
            raise InvalidArgument(
                f"two layers of the block are called {layer.name!r}. Give one another name."
            )
        names.add(layer.name)
    return found
