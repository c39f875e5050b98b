"""The inputs of a network."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.layers import symbol as symbols
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.shapes import width_of_row
from trimtab.nn.layers.symbol import Symbol
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder

#: Types that columns may have outside.
_WHOLE_NUMBERS = frozenset("int8 int16 int32 int64 uint8 uint16 uint32 bool".split())


@REGISTRY.register()
class InputLayer(Layer):
    """Sets the number of input columns of a model. :func:`Input` makes one and its symbol.

    Shape:
        ``(rows, n)``, kept. No weights, no op.

    Args:
        shape: ``(n,)``, ``[n]`` or ``n``.
        batch_size: rows of a batch; accepted for compatibility with Keras, without effect.
        batch_shape: ``(None, n)``, in place of ``shape``.
        dtype: None, float32, or a type of whole numbers; all columns are held in float32, which
            has every whole number up to 2^24.

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
        if dtype in _WHOLE_NUMBERS:  # codes of categories, say
            dtype = None
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
        self.width = width_of_row(shape)
        self.input_shape_argument = self.input_width = self.output_width = self.width

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
) -> Symbol:
    """An input of a network: what layers are called on, or the first entry of a Sequential.

    Args:
        shape: ``(n,)``, ``[n]`` or ``n`` for n columns.
        batch_size, dtype, sparse, ragged, batch_shape, tensor, optional: see
            :class:`~trimtab.layers.InputLayer`.
        name: of the input, by which ``fit`` finds its columns in a dict or a DataFrame.

    Example:
        >>> from trimtab import Input, Model, layers
        >>> x = Input((11,))
        >>> x.shape
        (None, 11)
        >>> Model(x, layers.Dense(1)(x)).output_shape
        (None, 1)
    """
    layer = InputLayer(
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
    return symbols.source(layer)
