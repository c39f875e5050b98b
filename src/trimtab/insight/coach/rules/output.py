"""Rules about the last layer: whether it matches the loss and the targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from trimtab.insight.coach import remedies, source
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.output import PROBABILITIES, final_function, last_dense, outside
from trimtab.insight.coach.rules.labels import takes_another_loss, widened
from trimtab.nn.layers import Activation, Dense

__all__ = ["logits_mismatch", "softmax_of_one", "too_few_classes", "unreachable_targets"]


def logits_mismatch(facts: Facts) -> Iterator[Finding]:
    """A cross-entropy that takes logits for probabilities, or the reverse."""
    function = final_function(facts)
    if facts.loss is None or "crossentropy" not in facts.loss.loss or not function:
        return
    takes_logits = facts.loss.loss.endswith("_logits")
    probabilities = function in PROBABILITIES
    if takes_logits != probabilities or (function == "softmax" and facts.outputs == 1):
        return
    if takes_another_loss(facts):  # in place of this one
        return
    loss = facts.model.loss_function
    evidence = {
        "loss": type(loss).__name__,
        "from_logits": takes_logits,
        "function": function,
    }
    lines = []
    code = remedies.new_loss(loss, from_logits=not takes_logits)
    compiled = remedies.recompiled(facts.model, facts.plan, loss=code)
    if function not in ("linear", *PROBABILITIES):
        lines = [remedies.activated(facts, facts.chain.last.layer, "linear")]
    lines.append(compiled)
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
        edits=[Edit("output_activation", {"name": _wanted(facts, takes_logits)})],
        steps="\n".join(lines),
    )


def _wanted(facts: Facts, takes_logits: bool) -> str:
    """The output activation that a cross-entropy takes."""
    if takes_logits:
        return "linear"
    return "softmax" if facts.loss is not None and facts.loss.sparse else "sigmoid"


def softmax_of_one(facts: Facts) -> Iterator[Finding]:
    """Softmax activations over one column."""
    found = [
        node
        for node in facts.chain.of_kind("activation")
        if node.function == "softmax" and node.width == 1
    ]
    if not found or (facts.loss is not None and facts.loss.sparse and facts.y is not None):
        return  # a sparse loss asks for more outputs
    yields_probability = facts.loss is not None and facts.loss.loss == "binary_crossentropy"
    function = "sigmoid" if yields_probability else "linear"
    places = [source.access(facts.model, node.layer) for node in found]
    finding = Finding.of(
        Code.SOFTMAX_OF_ONE,
        "its softmax has {units} output",
        {"units": 1, "layers": [node.path for node in found]},
        layer=found[0].path,
        edits=[Edit("output_activation", {"name": function})],
        place=f".activation = activations.{function}\n".join(places),
        function=function,
    )
    single = [node.layer for node in found if not isinstance(node.layer, Dense | Activation)]
    if single:
        remedy = remedies.activated(facts, single[0], function)
        finding = replace(finding, remedy=remedy)
    yield finding


def unreachable_targets(facts: Facts) -> Iterator[Finding]:
    """Targets outside the range of the last activation."""
    table, node, beyond = facts.y, facts.chain.last, outside(facts)
    if table is None or beyond is None or facts.labels is not None:
        return
    low, high = node.range
    y = table.values
    evidence = {
        "function": node.function,
        "low": low if np.isfinite(low) else None,
        "high": high if np.isfinite(high) else None,
        "least": float(np.nanmin(y)),
        "greatest": float(np.nanmax(y)),
        "percent": 100 * float(beyond.any(axis=1).mean()),
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
        edits=[Edit("output_activation", {"name": "linear"})],
        place=source.access(facts.model, node.layer),
    )


def too_few_classes(facts: Facts) -> Iterator[Finding]:
    """Class numbers without an output."""
    table = facts.y
    if table is None or facts.loss is None or not facts.loss.sparse or facts.outputs is None:
        return
    if facts.labels is not None:  # the remedy for these makes the network as wide as needed
        return
    greatest = float(table.columns.high[0])
    if not greatest >= facts.outputs:
        return
    classes = int(greatest) + 1
    last = last_dense(facts)
    evidence = {"outputs": facts.outputs, "greatest": int(greatest), "classes": classes}
    remedy = f"# make the last layer {classes} units wide"
    if last is not None:
        facts.plan.change(last.path, units=classes)
        remedy = widened(facts, last, {last.path})
    yield Finding.of(
        Code.TOO_FEW_CLASSES,
        "{outputs} output{s}, but class numbers up to {greatest} in y need {classes}",
        evidence,
        layer=facts.chain.last.path,
        words={"s": "s" * (facts.outputs != 1)},
        network=remedy,
    )
