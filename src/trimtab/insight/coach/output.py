"""The end of a network: its last activation, and whether that reaches the targets."""

from __future__ import annotations

import numpy as np

from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.facts import Facts

#: Activations that give probabilities.
PROBABILITIES = ("sigmoid", "softmax", "hard_sigmoid", "sparse_sigmoid", "sparsemax")

__all__ = ["PROBABILITIES", "final_function", "last_dense", "outside", "reaches_targets"]


def final_function(facts: Facts) -> str:
    """The last activation; "" after a custom layer."""
    last = facts.chain.last
    if last.kind in ("own", "join"):
        return ""
    return last.function if last.kind == "activation" else "linear"


def outside(facts: Facts) -> np.ndarray | None:
    """Which targets of a regression lie outside of the range of the last activation."""
    table, node = facts.y, facts.chain.last
    if table is None or not facts.regresses or node.kind != "activation":
        return None
    if node.function == "softmax" and facts.outputs == 1:
        return None
    low, high = node.range
    with np.errstate(invalid="ignore"):
        beyond = (table.values < low) | (table.values > high)
    return beyond if beyond.any() else None


def reaches_targets(facts: Facts) -> bool:
    """Whether the last activation reaches all targets of a regression."""
    return outside(facts) is None


def last_dense(facts: Facts) -> Node | None:
    """The dense layer that sets the number of outputs."""
    node: Node | None = facts.chain.nodes[facts.chain.output]
    while node is not None and node.kind not in ("dense", "own", "join", "input"):
        node = facts.chain.before(node)
    return node if node is not None and node.kind == "dense" else None
