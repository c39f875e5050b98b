"""What the remedies of one check change together, so that pasting one does not undo another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Plan"]


@dataclass
class Plan:
    """The changes that remedies share; rules fill it, and remedies are written with all of it.

    Attributes:
        fit: Argument of ``fit`` -> code of its new value.
        compile: Argument of ``compile`` -> code of its new value.
        optimizer: Argument of the optimizer -> new value.
        layers: Path of a layer -> arguments with new values.
        dropped: Columns of x that are left out: who drops them -> their numbers.
        gone: Layers that are left out.
        networks: Number of remedies that make a new network.
        moves: Whether one of them moves layers to other places.
    """

    fit: dict[str, str] = field(default_factory=dict)
    compile: dict[str, str] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    layers: dict[str, dict[str, Any]] = field(default_factory=dict)
    dropped: dict[str, list[int]] = field(default_factory=dict)
    gone: list[Any] = field(default_factory=list)
    networks: set[str] = field(default_factory=set)
    moves: bool = False

    def change(self, path: str, **arguments: Any) -> None:
        """Adds new arguments of a layer."""
        self.layers.setdefault(path, {}).update(arguments)

    @property
    def by_name(self) -> bool:
        """Whether layers go by their names: their places differ once a remedy has been pasted."""
        return self.moves and len(self.networks) > 1
