"""Flatten: for the sake of code that was written for Keras."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder


@REGISTRY.register()
class Flatten(Layer):
    """Changes nothing, since rows are flat already; for compatibility with Keras.

    Shape:
        ``(rows, width)``, kept. No weights, no op.

    Args:
        data_format: accepted for compatibility with Keras, without effect.

    Raises:
        InvalidArgument: data_format is not one of Keras' formats.

    Example:
        >>> from trimtab import layers
        >>> layers.Flatten()([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
    """

    for_members = COLUMNS
    any_width = True

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        known = ("channels_last", "channels_first")
        self.data_format = checks.choice("data_format", data_format or known[0], known)

    def lower(self, builder: Builder, value: int) -> int:
        return value

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}
