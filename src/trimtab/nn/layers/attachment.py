"""What a layer is part of: the block around it, and the networks that hold it."""

from __future__ import annotations

import weakref
from typing import Any

__all__ = ["Attachment", "Networks", "attachment"]

#: The one attribute of a layer under which its attachment is kept.
_KEY = "_attachment"


class Networks:
    """The networks that hold a layer; usually one. They are not kept alive by it.

    At most one of them has newer values of a shared layer in its engine: training a network first
    reads back from the others.
    """

    def __init__(self) -> None:
        self._references: list[weakref.ref[Any]] = []

    def all(self) -> list[Any]:
        """The networks, in the order in which they were added."""
        return [network for reference in self._references if (network := reference())]

    @property
    def several(self) -> bool:
        """Whether more than one network holds it."""
        return len(self._references) > 1 and len(self.all()) > 1

    def add(self, network: Any) -> None:
        """Adds a network; one that is in here already stays where it is."""
        if not any(known is network for known in self.all()):
            self._references.append(weakref.ref(network))

    def remove(self, network: Any) -> None:
        """Takes a network out."""
        kept = [known for known in self.all() if known is not network]
        self._references = [weakref.ref(known) for known in kept]

    def pull(self) -> None:
        """Reads the weights back from the engine of each network."""
        for network in self.all():
            network.pull()

    def touched(self) -> None:
        """Tells each network that a weight was set by hand."""
        for network in self.all():
            network.touched()

    def time(self) -> tuple[int, int | None]:
        """Batches the first network has trained, and batches of its epochs, None if unknown."""
        for network in self.all():
            return network.runner.step, network.epoch_steps
        return 0, None


class Attachment:
    """What one layer is part of.

    It is kept apart from the layer's own attributes, so that a custom layer may name its
    attributes as it likes.

    Attributes:
        block: the layer around this one, or None.
        place: the attribute of the block that holds this layer, if that is its name in paths.
        networks: the networks that hold the layer itself; those of a block are its block's.
        calls: of the layer on symbols.
    """

    def __init__(self, block: Any = None, place: str | None = None) -> None:
        self.block = block
        self.place = place
        self.networks = Networks()
        self.calls: list[Any] = []

    def join(self, block: Any, place: str | None = None) -> None:
        """Makes the layer part of a block."""
        self.block, self.place = block, place

    @property
    def free(self) -> bool:
        """Whether the layer is part of nothing yet."""
        return self.block is None and not self.networks.all()

    def holders(self) -> Networks:
        """The networks that hold the layer, or the outermost block around it.

        The layers of a model inside another one are held by both.
        """
        if self.block is None:
            return self.networks
        outer = attachment(self.block).holders()
        if not self.networks.all():
            return outer
        both = Networks()
        for network in (*self.networks.all(), *outer.all()):
            both.add(network)
        return both


def attachment(layer: Any) -> Attachment:
    """What this layer is part of."""
    attributes = vars(layer)
    if _KEY not in attributes:
        attributes[_KEY] = Attachment()
    found: Attachment = attributes[_KEY]
    return found
