"""The arguments of an op's function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trimtab.core.types import Floats
from trimtab.interchange.graph.graph import Graph

__all__ = ["Context", "Translation"]


@dataclass(frozen=True)
class Context:
    """One op of a program, in inference.

    Attributes:
        graph: takes its nodes.
        inputs: names of the values that it reads, ``(rows, width)`` in float32.
        widths: of these.
        parameters: its parameters, in the order of its formula.
        state: its moving statistics.
    """

    graph: Graph
    inputs: tuple[str, ...]
    widths: tuple[int, ...]
    parameters: tuple[Floats, ...]
    state: tuple[Floats, ...]


#: (op, context) -> the name of the value that the op writes.
Translation = Callable[[Any, Context], str]
