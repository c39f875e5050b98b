"""Rules about dropout: how much it leaves, and where it is."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trimtab.insight.coach import remedies, source
from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding, at_worst

__all__ = ["bearable", "dropout_on_output", "nearly_all_dropped"]

#: From this rate on, next to nothing of a layer is left, however wide it is.
HIGH = 0.8

#: Share of the rows that may lose a whole layer.
ALL_LOST = 0.01


def nearly_all_dropped(facts: Facts) -> Iterator[Finding]:
    """Dropouts with a high rate, or with too few units for their rate."""
    found = []
    output = {node.number for node in _on_output(facts)}
    for node in facts.chain.of_kind("dropout"):
        rate, width = facts.rate(node), _draws(node)
        if node.number in output:  # has no place there at all
            continue
        lost = 0.0 if width is None else rate**width
        if rate < HIGH and lost < ALL_LOST:
            continue
        better = bearable(width)
        found.append((node, lost, better))
        facts.plan.change(node.path, rate=better)
    if not found:
        return
    node, lost, _ = max(found, key=lambda each: (each[1], facts.rate(each[0])))
    rate, width = facts.rate(node), _draws(node)
    evidence = {
        "rate": round(rate, 6),
        "units": width,
        "left": None if width is None else (1 - rate) * width,
        "percent": 100 * lost,
        "layers": [each.path for each, _, _ in found],
    }
    sentence = "its rate is {rate:g}"
    if width is not None:
        sentence = (
            "a rate of {rate:g} leaves {left:.3g} of {units} units on average, and none "
            "{percent:.3g} % of the time"
        )
    lines = [
        f"{source.access(facts.model, each.layer)}.rate = {source.literal(better)}"
        for each, _, better in found
    ]
    yield Finding.of(
        Code.NEARLY_ALL_DROPPED,
        sentence + at_worst((facts.rate(each), _draws(each)) for each, _, _ in found),
        evidence,
        layer=node.path,
        edits=[
            Edit("dropout", {"rate": min(better for _, _, better in found)}),
            Edit("no_dropout"),
        ],
        steps="\n".join(lines),
    )


def _on_output(facts: Facts) -> list[Node]:
    """The dropouts between the last layer and the loss."""
    last: list[Node] = []
    node = facts.chain.nodes[facts.chain.output]
    while node.kind in ("dropout", "activation"):
        if facts.rate(node):
            last.append(node)
        node = facts.chain.nodes[node.inputs[0]]
    return [] if node.kind == "input" else last  # only a dropout, no network


def bearable(width: int | None) -> float:
    """The highest rate that leaves enough of so many units, 0.5 at most."""
    return 0.5 if width is None else min(0.5, math.floor(10 * ALL_LOST ** (1 / width)) / 10)


def _draws(node: Node) -> int | None:
    """Number of draws that decide what is left of a row; None if that is unknown, or one."""
    shape = getattr(node.layer, "noise_shape", None)
    return None if shape is not None and shape[1] == 1 else node.width


def dropout_on_output(facts: Facts) -> Iterator[Finding]:
    """Dropouts between the last layer and the loss."""
    last = _on_output(facts)
    if not last:
        return
    percent = 100 * (1 - math.prod(1 - facts.rate(each) for each in last))
    yield Finding.of(
        Code.DROPOUT_ON_OUTPUT,
        "{percent:.0f} % of the outputs are 0 in training",
        {"rate": facts.rate(last[0]), "percent": percent, "layers": [each.path for each in last]},
        layer=last[0].path,
        edits=[Edit("no_dropout")],
        network=remedies.network(facts, removed=[each.layer for each in last]),
    )
