"""Rules about activations: between which layers there is none, and how many saturate in a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trimtab.insight.coach import remedies
from trimtab.insight.coach.chain import PASSING, Node
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.nn.layers import Dense

__all__ = ["no_activation", "saturating_depth"]

#: Activations whose slope is small on both sides.
SATURATING = ("sigmoid", "tanh", "softmax")

#: Parts that a dense layer behind could do as well.
LINEAR = (*PASSING, "batch_normalization", "rescaling")

#: So many of them in a row are looked at,
DEEP = 4

#: and do harm where the gradient of the first kernel is smaller than this share of the last one's.
#: Measured: sigmoids get there from four layers on and then learn less than tanh, which stays
#: above 0.05 in twelve.
VANISHED = 2e-3


def no_activation(facts: Facts) -> Iterator[Finding]:
    """Dense layers whose outputs reach the next dense layer as they are."""
    linear = [
        node
        for node in facts.chain.of_kind("dense")
        if (following := _next_dense(facts, node)) is not None
        and not _narrows(facts, node, following)
    ]
    if not linear:
        return
    node, follows = linear[0], _next_dense(facts, linear[0])
    assert follows is not None
    yield Finding.of(
        Code.NO_ACTIVATION,
        "its {units:,} outputs go to {next} without an activation"
        if len(linear) == 1
        else "its outputs go to the next dense layer without an activation",
        {
            "units": node.layer.units,
            "next": follows.path,
            "layers": [each.path for each in linear],
        },
        layer=node.path,
        edits=[Edit("activation", {"name": "relu"})],
        network=remedies.network(
            facts, changes={each.path: {"activation": "relu"} for each in linear}
        ),
    )


def _next_dense(facts: Facts, node: Node) -> Node | None:
    """The dense layer that alone reads a node through linear layers; None if there is none.

    The outputs of a layer before a residual block go two ways, so both are needed.
    """
    if not isinstance(node.layer, Dense):
        return None
    consumers = facts.chain.consumers(node)
    while len(consumers) == 1 and consumers[0].kind in LINEAR:
        consumers = facts.chain.consumers(consumers[0])
    return consumers[0] if len(consumers) == 1 and consumers[0].kind == "dense" else None


def _narrows(facts: Facts, node: Node, following: Node) -> bool:
    """Whether a layer has fewer units than its inputs and the next layer: a factor on purpose."""
    before = facts.chain.nodes[node.inputs[0]]
    width = facts.x.width if before.kind == "input" and facts.x is not None else None
    width = before.width if before.kind != "input" else width
    fewest = following.layer.units if width is None else min(width, following.layer.units)
    return bool(node.layer.units < fewest)


def saturating_depth(facts: Facts) -> Iterator[Finding]:
    """Saturating activations in a row, through which hardly any gradient comes."""
    start = facts.start
    if start is None or facts.chain.of_kind("add"):
        return
    row: list[tuple[Node, Node]] = []  # each activation with the dense layer before it
    for each in facts.chain.of_kind("activation"):
        dense = _dense_before(facts, each)
        if dense is None or each.number == facts.chain.last.number:
            continue
        if each.function not in SATURATING:
            return  # the gradient is shared with others: no row of them
        row.append((each, dense))
    if len(row) < DEEP:
        return
    final = facts.chain.of_kind("dense")[-1]
    first, last = (start.gradient_size(node.path) for node in (row[0][1], final))
    if first is None or not last or not first < VANISHED * last:
        return
    functions = list(dict.fromkeys(each.function for each, _ in row))
    evidence: dict[str, Any] = {
        "functions": functions,
        "number": len(row),
        "share": float(f"{first / last:.3g}"),
        "last": final.path,
        "layers": [each.path for each, _ in row],
    }
    yield Finding.of(
        Code.SATURATING_DEPTH,
        "{names} {number} times in a row; the gradient of the first kernel is {share:.1g} of that "
        "of {last}",
        evidence,
        layer=row[0][0].path,
        words={"names": " and ".join(functions)},
        edits=[
            Edit("activation", {"name": "relu"}),
            Edit("batch_norm", {"place": "before_activation"}),
        ],
        network=remedies.network(
            facts, changes={each.path: {"activation": "relu"} for each, _ in row}
        ),
    )


def _dense_before(facts: Facts, node: Node) -> Node | None:
    """The dense layer that an activation belongs to; None behind a batch normalization."""
    before = facts.chain.before(node)
    while before is not None and before.kind in PASSING:
        before = facts.chain.before(before)
    return before if before is not None and before.kind == "dense" else None
