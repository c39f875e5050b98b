"""How large a network is, counted and said in one way."""

from __future__ import annotations

from trimtab.core.words import count, listed
from trimtab.nn.network import Network

__all__ = ["fixed_edges", "moving_statistics", "size_of", "size_sentence"]

#: What the weights are called that neither a gradient nor a batch changes.
_EDGES = "edges"


def moving_statistics(network: Network) -> int:
    """How many of a network's parameters are moving statistics, which no gradient changes."""
    return sum(each.size for each in network.weights if each.is_state and each.name != _EDGES)


def fixed_edges(network: Network) -> int:
    """How many are edges of numeric embeddings, which nothing changes."""
    return sum(each.size for each in network.weights if each.is_state and each.name == _EDGES)


def size_of(network: Network) -> str:
    """The size of a network in words, as :func:`size_sentence` has it."""
    return size_sentence(network.count_params(), moving_statistics(network), fixed_edges(network))


def size_sentence(parameters: int, statistics: int, edges: int = 0) -> str:
    """The number of parameters, and how many of them are no gradient's business.

    Args:
        parameters: all of them.
        statistics: moving statistics among them.
        edges: fixed edges among them.

    Example:
        >>> size_sentence(69_121, 0)
        '69,121 parameters'
        >>> size_sentence(545, 64)
        '545 parameters (of which 64 are moving statistics)'
        >>> size_sentence(1_201, 64, 96)
        '1,201 parameters (of which 64 are moving statistics and 96 are fixed edges)'
    """
    parts = [(statistics, "moving statistics"), (edges, "fixed edges")]
    said = [f"{number:,} are {what}" for number, what in parts if number]
    part = f" (of which {listed(said, last=' and ')})" if said else ""
    return count(parameters, "parameter") + part
