"""How large a network is, counted and said in one way."""

from __future__ import annotations

from trimtab.core.words import count
from trimtab.nn.network import Network

__all__ = ["moving_statistics", "size_sentence"]


def moving_statistics(network: Network) -> int:
    """How many of a network's parameters are moving statistics, which no gradient changes.

    The edges of numeric embeddings do not move.
    """
    return sum(
        weight.size for weight in network.weights if weight.is_state and weight.name != "edges"
    )


def size_sentence(parameters: int, statistics: int) -> str:
    """The number of parameters, and how many of them are moving statistics.

    Example:
        >>> size_sentence(69_121, 0)
        '69,121 parameters'
        >>> size_sentence(545, 64)
        '545 parameters (of which 64 are moving statistics)'
    """
    part = f" (of which {statistics:,} are moving statistics)" if statistics else ""
    return count(parameters, "parameter") + part
