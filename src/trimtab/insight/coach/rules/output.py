"""Rules about the last layer: whether it matches the loss and the targets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.insight.coach import remedies, source
from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding

__all__ = ["logits_mismatch", "softmax_of_one", "too_few_classes", "unreachable_targets"]


def _final(facts: Facts) -> str:
    """The last activation; "" after a custom layer."""
    last = facts.chain.last
    if last.kind == "own":
        return ""
    return last.function if last.kind == "activation" else "linear"


def logits_mismatch(facts: Facts) -> Iterator[Finding]:
    """A cross-entropy that takes logits for probabilities, or the reverse."""
    function = _final(facts)
    if facts.loss is None or "crossentropy" not in facts.loss.loss or not function:
        return
    takes_logits = facts.loss.loss.endswith("_logits")
    probabilities = function in ("sigmoid", "softmax")
    if takes_logits != probabilities or (function == "softmax" and facts.outputs == 1):
        return
    loss = facts.model.loss_function
    evidence = {
        "loss": type(loss).__name__,
        "from_logits": takes_logits,
        "function": function,
    }
    lines = []
    if function not in ("linear", "sigmoid", "softmax"):
        place = source.access(facts.model, facts.chain.last.layer)
        lines = ["from trimtab import activations", "", f"{place}.activation = activations.linear"]
    code = remedies.new_loss(loss, from_logits=not takes_logits)
    lines.append(remedies.recompiled(facts.model, loss=code))
    sentence = "the network ends in {function}, and {loss} has from_logits={from_logits}"
    if function == "linear":
        sentence = (
            "the network ends without an activation, and {loss} has from_logits={from_logits}"
        )
    yield Finding.of(
        Code.LOGITS_MISMATCH,
        sentence,
        evidence,
        layer=facts.chain.last.path,
        steps="\n".join(lines),
    )


def softmax_of_one(facts: Facts) -> Iterator[Finding]:
    """Softmax activations over one column."""
    for node in facts.chain.of_kind("activation"):
        if node.function != "softmax" or node.width != 1:
            continue
        yields_probability = facts.loss is not None and facts.loss.loss == "binary_crossentropy"
        yield Finding.of(
            Code.SOFTMAX_OF_ONE,
            "its softmax has {units} output",
            {"units": 1},
            layer=node.path,
            place=source.access(facts.model, node.layer),
            function="sigmoid" if yields_probability else "linear",
        )


def unreachable_targets(facts: Facts) -> Iterator[Finding]:
    """Targets outside the range of the last activation."""
    table, node = facts.y, facts.chain.last
    if table is None or facts.loss is None or node.kind != "activation":
        return
    if not (facts.regresses or facts.loss.loss == "binary_crossentropy"):
        return
    if node.function == "softmax" and facts.outputs == 1:
        return
    low, high = node.range
    y = table.values
    with np.errstate(invalid="ignore"):
        outside = (y < low) | (y > high)
    if not outside.any():
        return
    evidence = {
        "function": node.function,
        "low": low if np.isfinite(low) else None,
        "high": high if np.isfinite(high) else None,
        "least": float(np.nanmin(y)),
        "greatest": float(np.nanmax(y)),
        "percent": 100 * float(outside.any(axis=1).mean()),
    }
    if evidence["high"] is None:
        reach = "{low:.3g} and above"
    elif evidence["low"] is None:
        reach = "{high:.3g} and below"
    else:
        reach = "{low:.3g} to {high:.3g}"
    yield Finding.of(
        Code.UNREACHABLE_TARGETS,
        f"the range of {{function}} is {reach}, but y goes from {{least:.4g}} to {{greatest:.4g}}: "
        "{percent:.3g} % of the rows are out of range",
        evidence,
        layer=node.path,
        place=source.access(facts.model, node.layer),
    )


def too_few_classes(facts: Facts) -> Iterator[Finding]:
    """Class numbers without an output."""
    table = facts.y
    if table is None or facts.loss is None or not facts.loss.sparse or facts.outputs is None:
        return
    greatest = float(table.columns.high[0])
    if not greatest >= facts.outputs:
        return
    classes = int(greatest) + 1
    last = _last_dense(facts)
    evidence = {"outputs": facts.outputs, "greatest": int(greatest), "classes": classes}
    layers = facts.model.layers
    remedy = f"# make the last layer {classes} units wide"
    if last is not None:
        behind = layers[layers.index(source.outermost(last.layer)) + 1 :]
        remedy = remedies.network(facts, changes={last.path: {"units": classes}}, renewed=behind)
    yield Finding.of(
        Code.TOO_FEW_CLASSES,
        "{outputs} output{s}, but class numbers up to {greatest} in y need {classes}",
        evidence,
        layer=facts.chain.last.path,
        words={"s": "s" * (facts.outputs != 1)},
        network=remedy,
    )


def _last_dense(facts: Facts) -> Node | None:
    """The dense layer that sets the number of outputs."""
    node: Node | None = facts.chain.nodes[facts.chain.output]
    while node is not None and node.kind not in ("dense", "own", "input"):
        node = facts.chain.before(node)
    return node if node is not None and node.kind == "dense" else None
