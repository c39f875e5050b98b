"""Identity: a layer that does nothing."""

from __future__ import annotations

from typing import Any

from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder


@REGISTRY.register()
class Identity(Layer):
    """Gives what it gets: a place for a layer that some variants of a network have.

    Shape:
        Any width, kept. No weights, no op.

    Raises:
        InvalidArgument: an unknown argument.

    Example:
        >>> from trimtab import layers
        >>> layers.Identity()([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
    """

    for_members = COLUMNS
    any_width = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def lower(self, builder: Builder, value: int) -> int:
        return value
