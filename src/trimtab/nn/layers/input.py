"""The width of a network's input."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder


@REGISTRY.register()
class InputLayer(Layer):
    """Sets the number of input columns of a model.

    Shape:
        ``(rows, n)``, kept. No weights, no op.

    Args:
        shape: ``(n,)``, ``[n]`` or ``n``.
        batch_size: rows of a batch; accepted for compatibility with Keras, without effect.
        batch_shape: ``(None, n)``, in place of ``shape``.

    Raises:
        InvalidArgument: the shape is not one positive integer.
        Unsupported: ``sparse``, ``ragged``, ``input_tensor`` or ``optional``.

    Example:
        >>> from trimtab import layers
        >>> layers.InputLayer((3,)).width
        3
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: Any = None,
        ragged: Any = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if shape is None and batch_shape is None:
            shape = kwargs.pop("input_shape", None)
        super().__init__(dtype=dtype, name=name, **kwargs)
        checks.unsupported(
            "InputLayer",
            sparse=sparse,
            ragged=ragged,
            input_tensor=input_tensor,
            optional=optional,
        )
        if (shape is None) == (batch_shape is None):
            raise InvalidArgument(
                f"InputLayer takes shape or batch_shape, received shape={brief(shape)}, "
                f"batch_shape={brief(batch_shape)}. Use shape=(n,) for n columns."
            )
        if batch_shape is not None:
            shape = tuple(batch_shape)[1:]
        self.width = width_of_shape(shape)
        self.input_shape_argument = self.width

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] != self.width:
            raise InvalidArgument(
                f"{self.path} takes {self.width} columns, receives {input_shape[-1]}."
            )

    def lower(self, builder: Builder, value: int) -> int:
        return value

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "batch_shape": (None, self.width), "dtype": "float32"}


def Input(  # noqa: N802 - Keras' name
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: Any = None,
    ragged: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> InputLayer:
    """The first entry of a Sequential: how many columns it takes.

    Example:
        >>> from trimtab import Input
        >>> Input((11,)).width
        11
    """
    return InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
