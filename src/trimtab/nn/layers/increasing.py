"""Outputs in order: each column is at least the one before it."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder


@REGISTRY.register()
class Increasing(Layer):
    """Makes columns rise from one to the next: quantiles that do not cross.

    Put it behind the last ``Dense`` layer of a network that is trained on
    :class:`trimtab.losses.Quantile` with several levels.

    Shape:
        ``(rows, groups * group)``, kept. No weights.

    Formula:
        The first column of a group as it is, each other the one before plus ``log(1 + exp(x))``.

    Args:
        group: how many columns rise together, such as the levels of one target.

    Raises:
        InvalidArgument: group is no positive integer, or does not divide the number of columns.

    Example:
        >>> from trimtab import layers
        >>> print(layers.Increasing(3)([[1.0, 0.0, -50.0]]).round(4))
        [[1.     1.6931 1.6931]]
    """

    for_members = COLUMNS

    def __init__(self, group: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group = checks.positive_integer("group", group)

    def lower(self, builder: Builder, value: int) -> int:
        columns = builder.width(value) // (1 if self.seat is None else self.seat.members)
        if columns % self.group:
            raise InvalidArgument(
                f"Increasing: groups of {self.group} columns need a multiple of {self.group} "
                f"columns, received {columns}. Make the layer before it {self.group} units wide "
                f"for one target, {2 * self.group} for two."
            )
        return builder.emit("increasing", [value], group=self.group)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "group": self.group}
