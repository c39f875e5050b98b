"""Batch normalizations of a graph: folded within its straight parts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from trimtab.nn.graph import Graph, GraphCall

if TYPE_CHECKING:
    from trimtab.nn.layers import Layer

__all__ = ["fold_graph"]


class Folds(Protocol):
    """What folds layers in a row."""

    def chain(
        self, layers: list[Layer], records: list[dict[str, Any]], border: str
    ) -> list[dict[str, Any]]:
        """The records of layers in a row, without what was folded."""


def fold_graph(graph: Graph, layers: list[Layer], config: dict[str, Any], folding: Folds) -> None:
    """Folds what can be folded, in the configuration of a graph.

    A straight part is a row of layers each of which alone reads what the one before it writes. A
    shared layer is a part of its own: its calls come from different places.

    Args:
        graph: the network.
        layers: its layers, in the order of the configuration.
        config: of the network; it is changed.
        folding: what folds layers in a row.
    """
    records = dict(zip((layer.path for layer in layers), config["layers"], strict=True))
    kept: dict[str, dict[str, Any]] = {}
    parts = _straight_parts(graph)
    border = "the network" if len(parts) == 1 else "its branch"
    for part in parts:
        own = [call.layer for call in part]
        made = folding.chain(own, [records[layer.path] for layer in own], border)
        left = {record["config"]["name"] for record in made}
        names = [layer.path for layer in own if layer.name in left]
        kept |= dict(zip(names, made, strict=True))
    place = {path: i for i, path in enumerate(path for path in records if path in kept)}
    values = {i: i for i in range(len(graph.inputs))}
    count, calls = len(values), []
    for call in graph.calls:
        if call.layer.path not in kept:
            values[call.outputs[0]] = values[call.inputs[0]]
            continue
        calls.append([place[call.layer.path], [values[i] for i in call.inputs]])
        for output in call.outputs:
            values[output] = count
            count += 1
    config["layers"] = [kept[path] for path in place]
    config["calls"] = calls
    config["outputs"] = [values[i] for i in graph.outputs]


def _straight_parts(graph: Graph) -> list[list[GraphCall]]:
    """Rows of layers, each layer in one of them."""
    readers = Counter(i for call in graph.calls for i in call.inputs)
    readers.update(graph.outputs)
    times = Counter(id(call.layer) for call in graph.calls)
    parts: dict[int, list[GraphCall]] = {}  # by the value in which each ends
    found: list[list[GraphCall]] = []
    shared: set[int] = set()
    for call in graph.calls:
        if id(call.layer) in shared:
            continue
        alone = times[id(call.layer)] == 1 and len(call.inputs) == len(call.outputs) == 1
        part = parts.pop(call.inputs[0], None) if alone and readers[call.inputs[0]] == 1 else None
        if part is None:
            part = []
            found.append(part)
        part.append(call)
        if alone:
            parts[call.outputs[0]] = part
        else:
            shared.add(id(call.layer))
    return found
