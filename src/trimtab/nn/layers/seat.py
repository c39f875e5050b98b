"""The place of a layer in a network of several members."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BLOCK", "COLUMNS", "KERNEL", "Seat"]

#: What a layer can do for members whose columns lie side by side: compute each column from the one
#: at its place, multiply by a kernel that is shared or each member's own, or hold such layers.
COLUMNS, KERNEL, BLOCK = "columns", "kernel", "block"


@dataclass(frozen=True)
class Seat:
    """The place of a layer in a network of several members.

    Attributes:
        members: how many.
        first: whether its input is the same for all members; it gives each its own adapter.
        last: whether each member has a kernel of its own.
    """

    members: int
    first: bool = False
    last: bool = False
