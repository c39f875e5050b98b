"""Moving averages of the weights, which an optimizer with ``use_ema=True`` keeps in its slots."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.core.types import Floats
from trimtab.nn.layers.weight import Weight
from trimtab.nn.network import Network

__all__ = ["exchange", "keep", "take"]


def exchange(network: Network) -> None:
    """Exchanges weights and averages: the second time everything is as it was."""
    for weight, average in _pairs(network):
        present = weight.numpy().reshape(-1)
        weight.assign(average.reshape(weight.shape))
        average[:] = present
    network.runner.averages_in_place = not network.runner.averages_in_place


def take(network: Network) -> None:
    """Sets the weights to their averages, where there are any, as Keras does when ``fit`` ends."""
    if network.runner.averages_in_place:  # then averages are set to the weights
        keep(network)
        return
    for weight, average in _pairs(network):
        weight.assign(average.reshape(weight.shape))


def keep(network: Network) -> None:
    """Averages that are in the place of the weights stay there; training goes on from them."""
    for weight, average in _pairs(network):
        average[:] = weight.numpy().reshape(-1)
    network.runner.averages_in_place = False


def _pairs(network: Network) -> Iterator[tuple[Weight, Floats]]:
    """Weights that have an average, and it, ``(size,)``; none before the first step."""
    names = network.optimizer.lower().slot_names
    if "average" not in names:
        return
    network.pull()
    number = names.index("average")
    for weight in network.weights:
        slots = network.runner.slots.get(weight.path)
        if slots is not None and len(slots) == len(names):
            yield weight, slots[number]
