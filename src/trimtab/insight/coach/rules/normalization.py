"""Rules about batch normalization: what its statistics are computed from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from trimtab.core.words import listed
from trimtab.insight.coach import remedies, source, steps
from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding, at_worst
from trimtab.insight.coach.output import last_dense
from trimtab.insight.coach.rules.dropout import bearable
from trimtab.nn.layers import Dropout

__all__ = [
    "bias_without_effect",
    "normalized_output",
    "predicted_ratio",
    "variance_shift",
]

#: A variance that changes by less than this factor does no harm: on ten tables, networks with
#: ratios above 0.85 had errors 0.96 times (median) those with one dropout behind, and below 0.7
#: 1.02 to 1.14 times. Between, some lose and some gain.
HARMLESS = 0.8


def variance_shift(facts: Facts) -> Iterator[Finding]:
    """Batch normalizations whose input has different variances in training and inference."""
    if facts.settings.statistics == "population":
        return
    shifts = []
    for node in facts.moving:
        near = [n for n in facts.chain.upstream(node, within=node.kind) if facts.rate(n)]
        anywhere = [n for n in facts.chain.upstream(node) if facts.rate(n)]
        measured = facts.measured.variance_ratios.get(node.path) if anywhere else None
        if not anywhere or (measured is None and not near):
            continue
        ratio = predicted_ratio(facts, node) if measured is None else measured
        if ratio is not None and HARMLESS <= ratio <= 1 / HARMLESS:
            continue
        shifts.append((node, (near or anywhere)[0], ratio))
    if not shifts:
        return
    rows = facts.measured.rows if facts.measured.variance_ratios else None
    # The layer with the largest shift speaks for all.
    node, nearest, ratio = max(shifts, key=lambda shift: abs(math.log(shift[2] or 1.0)))
    known = [shift[2] for shift in shifts if shift[2] is not None]
    sources = list(dict.fromkeys(shift[1].path for shift in shifts))
    evidence: dict[str, Any] = {
        "dropout": nearest.path,
        "rate": round(facts.rate(nearest), 6),
        "ratio": ratio,
        "rows": rows,
        "layers": [shift[0].path for shift in shifts],
        "ratios": [shift[2] for shift in shifts],
    }
    sentence = "after {dropouts} (rate {rate:g}{s})"
    if ratio is None:
        sentence += "; pass x to measure the variances"
    else:
        about, how = ("about ", "estimated from the rate") if rows is None else ("", "")
        how = how or "measured on {rows} rows"
        sentence += f": the variance of its input at inference is {about}{{times}} times that in "
        sentence += f"training ({how})"
    times = f"{ratio:.2f}" if ratio is not None else ""
    if known and f"{min(known):.2f}" != f"{max(known):.2f}":
        times = f"{min(known):.2f} to {max(known):.2f}"
    yield Finding.of(
        Code.VARIANCE_SHIFT,
        sentence,
        evidence,
        layer=node.path,
        words={
            "dropouts": listed(sources, most=4),
            "s": at_worst(facts.rate(shift[1]) for shift in shifts),
            "times": times,
        },
        edits=[Edit("dropout_last"), Edit("population_statistics")],
        steps=_moved(facts, [shift[0] for shift in shifts]),
    )


def _moved(facts: Facts, shifted: list[Node]) -> str:
    """Code for a network with one dropout, behind the last batch normalization.

    Measured on held-out rows this is what helps; with strong dropout, population statistics make
    it worse (docs/batch-normalization.md). Those are for what cannot be moved.
    """
    before = {
        other.number: other
        for node in shifted
        for other in facts.chain.upstream(node)
        if facts.rate(other)
    }
    final = last_dense(facts)
    layers = facts.model.layers_without_inputs
    place = None if final is None else layers.index(source.outermost(final.layer))
    last = facts.moving[-1].layer
    movable = all(type(node.layer) is Dropout for node in before.values())
    if not movable or place is None or layers.index(source.outermost(last)) >= place:
        return remedies.fitting(facts, statistics='"population"')
    behind = [node for node in facts.chain.of_kind("dropout") if node.number not in before]
    code = None
    if not any(facts.rate(node) for node in behind):
        width = facts.chain.nodes[final.inputs[0]].width if final and final.inputs else None
        rate = min(0.5, max(facts.rate(node) for node in before.values()), bearable(width))
        name = remedies.free_name(facts.model, "dropout")
        code = source.call("layers.Dropout", [f"{rate:g}", *name]) if rate else None
    made = remedies.network(
        facts,
        removed=[node.layer for node in before.values()],
        first=code,
        behind=layers[place - 1] if code else None,
    )
    return (
        "# One dropout behind the last batch normalization. Where the validation loss does not\n"
        f"# improve, keep the network as it was.\n{made}"
    )


def predicted_ratio(facts: Facts, node: Node) -> float | None:
    """Variance of a node's input, inference over training, estimated from dropout rates.

    Directly after dropouts that keep a share k of the values, columns with mean c and variance v
    have variance ``(v + c**2) / k - c**2`` in training. After a relu of a symmetric input with
    mean 0 and variance 1, c is ``1 / sqrt(2 pi)`` and v is ``1/2 - c**2``; after tanh, a dense
    layer or a batch normalization, c is 0. If a column is dropped from a whole batch at once, its
    variance within the batch only grows by 1 / k.

    Source: Li et al. 2018, "Understanding the disharmony between dropout and batch normalization
    by variance shift", section 3.1.

    Returns:
        The ratio; None if it takes data to know it.
    """
    keep, whole_columns, rectified = 1.0, False, False
    before = facts.chain.before(node)
    while before is not None and before.kind in ("dropout", "activation"):
        if before.kind == "dropout":
            keep *= 1 - facts.rate(before)
            shape = getattr(before.layer, "noise_shape", (1, None))
            whole_columns = whole_columns or (shape is not None and shape[0] == 1)
        elif before.is_plain_relu:
            rectified = True
        elif before.function != "tanh":
            return None
        before = facts.chain.before(before)
    if before is None or before.kind not in ("dense", "batch_normalization") or keep in (0.0, 1.0):
        return None
    square = 1 / (2 * math.pi) if rectified else 0.0
    if whole_columns:
        return keep
    variance = 0.5 - square if rectified else 1.0
    return variance / ((variance + square) / keep - square)


def bias_without_effect(facts: Facts) -> Iterator[Finding]:
    """Dense layers whose bias the next layer subtracts."""
    idle = []
    for node in facts.moving:
        before = facts.chain.before(node)
        if before is None or before.kind != "dense" or not before.layer.use_bias:
            continue
        if len(facts.chain.consumers(before)) == 1:
            idle.append((before, node))
    if not idle or steps.normalizes_single_rows(facts):
        return
    before, node = idle[0]
    yield Finding.of(
        Code.BIAS_WITHOUT_EFFECT,
        "{normalization} subtracts its bias of {units} numbers"
        if len(idle) == 1
        else "the batch normalization behind it subtracts its bias",
        {
            "units": before.layer.units,
            "normalization": node.path,
            "layers": [each.path for each, _ in idle],
        },
        layer=before.path,
        network=remedies.network(
            facts, changes={each.path: {"use_bias": False} for each, _ in idle}
        ),
    )


def normalized_output(facts: Facts) -> Iterator[Finding]:
    """Batch normalizations between the last dense layer and the loss."""
    last = facts.normalized_output
    if not last:
        return
    final = last_dense(facts)
    changes = {}
    if final is not None and not getattr(final.layer, "use_bias", True):
        changes[final.path] = {"use_bias": True}  # beta was the bias
    yield Finding.of(
        Code.NORMALIZED_OUTPUT,
        "it normalizes the output{s} within each batch",
        {"units": facts.outputs, "layers": [each.path for each in last]},
        layer=last[0].path,
        words={"s": "s" * (facts.outputs != 1)},
        network=remedies.network(facts, changes=changes, removed=[each.layer for each in last]),
    )
