"""The outputs of a network: columns of what it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Head", "heads_of"]


@dataclass(frozen=True)
class Head:
    """One output of a network.

    Attributes:
        name: of the output.
        start: its first column among those of all outputs.
        width: number of columns.
    """

    name: str
    start: int
    width: int

    @property
    def columns(self) -> slice:
        """Its columns among those of all outputs."""
        return slice(self.start, self.start + self.width)


def heads_of(names: Sequence[str], widths: Sequence[int]) -> list[Head]:
    """Heads side by side; of names that are taken the second is numbered."""
    found: list[Head] = []
    start = 0
    for name, width in zip(names, widths, strict=True):
        free, number = name, 0
        while any(free == head.name for head in found):
            number += 1
            free = f"{name}_{number}"
        found.append(Head(free, start, width))
        start += width
    return found
