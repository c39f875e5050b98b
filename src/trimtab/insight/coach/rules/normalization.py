"""Rules about batch normalization: what its statistics are computed from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from trimtab.core.words import listed
from trimtab.insight.coach import remedies, source, steps
from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding, at_worst
from trimtab.insight.coach.output import last_dense
from trimtab.insight.coach.rules.dropout import bearable
from trimtab.nn.layers import Dropout

__all__ = [
    "bias_without_effect",
    "predicted_ratio",
    "slow_moving_averages",
    "small_batch_statistics",
    "tiny_last_batch",
    "variance_shift",
]

#: A measured variance ratio this close to 1 is no shift.
TOLERANCE = 0.05

#: In fewer steps, a momentum of 0.99 lags behind.
SHORT = 1000


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
        if measured is not None and abs(measured - 1) <= TOLERANCE:
            continue
        ratio = predicted_ratio(facts, node) if measured is None else measured
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
    layers = facts.model.layers
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
        code = f"layers.Dropout({rate:g})" if rate else None
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


def slow_moving_averages(facts: Facts) -> Iterator[Finding]:
    """Batch normalizations whose start values still count after half of the run."""
    slow = steps.slow_averages(facts)
    if not slow or steps.normalizes_single_rows(facts):
        return
    total, epoch_steps = facts.steps, facts.epoch_steps
    assert total and epoch_steps
    node, needed = max(slow, key=lambda each: each[1])
    momentum = node.layer.momentum
    evidence = {
        "momentum": momentum,
        "epoch_steps": epoch_steps,
        "epochs": facts.epochs,
        "steps": total,
        "epoch": None if needed > total else math.ceil(needed / epoch_steps),
        "percent": 100 * momentum ** (total + facts.model.runner.step),
        "layers": [each.path for each, _ in slow],
    }
    words = {
        "s": "s" * (epoch_steps != 1),
        "limit": f"{100 * steps.FORGOTTEN:.0f}",
        "ends": "s" * (facts.epochs != 1),
    }
    # Debiased, a momentum of 0.99 looks back a hundred steps. Where these are most of a run, the
    # averages lag behind the weights; one of 0.9 counts a tiny last batch more.
    changes: dict[str, Any] = {"debias": True}
    if total < SHORT and not steps.ends_tiny(facts):
        changes["momentum"] = 0.9
    sentence = "with momentum {momentum:g} and {epoch_steps} step{s} per epoch, the start values "
    sentence += (
        "still weigh {percent:.0f} % after the last of {epochs} epoch{ends}"
        if needed > total
        else "weigh more than {limit} % until epoch {epoch} of {epochs}"
    )
    yield Finding.of(
        Code.SLOW_MOVING_AVERAGES,
        sentence + at_worst(each.layer.momentum for each, _ in slow),
        evidence,
        layer=node.path,
        words=words,
        network=remedies.network(facts, changes={each.path: changes for each, _ in slow}),
    )


def small_batch_statistics(facts: Facts) -> Iterator[Finding]:
    """Batch normalizations with statistics of fewer than :data:`~.steps.FEWEST_ROWS` rows."""
    few = steps.few_rows(facts)
    if not few:
        return
    node, rows = min(few, key=lambda each: each[1])
    batch = facts.settings.batch_size
    if steps.normalizes_single_rows(facts):
        code = remedies.network(facts, removed=[each.layer for each in facts.moving])
    elif min(batch, facts.rows or batch) < steps.FEWEST_ROWS:
        code = remedies.fitting(facts, shared=True, **_larger_batches(facts))
    else:
        changes = {each.path: {"virtual_batch_size": None} for each, _ in few}
        code = remedies.network(facts, changes=changes)
    yield Finding.of(
        Code.SMALL_BATCH_STATISTICS,
        "statistics of {rows} row{s}: their mean is typically off by {percent:.0f} % of a "
        "standard deviation" + at_worst(number for _, number in few),
        {
            "rows": rows,
            "percent": 100 / math.sqrt(rows),
            "batch_size": batch,
            "virtual_batch_size": node.layer.virtual_batch_size,
            "layers": [each.path for each, _ in few],
        },
        layer=node.path,
        words={"s": "s" * (rows != 1)},
        steps=code,
    )


def _larger_batches(facts: Facts) -> dict[str, str]:
    """Arguments of a fit with larger batches that lead to nothing else that is found."""
    longer = math.ceil(facts.settings.epochs * 32 / facts.settings.batch_size)
    more: list[dict[str, Any]] = [{}, {"last_batch": "even"}, {"statistics": "population"}]
    more.append({"last_batch": "even", "statistics": "population"})
    if facts.knows_epochs:  # as many steps as before
        more += [{"epochs": longer, **each} for each in more]
    sizes = [{"batch_size": size} for size in (32, 16)]
    changes = steps.fitting_changes(facts, [{**size, **each} for each in more for size in sizes])
    return {name: source.literal(value) for name, value in changes.items()}


def tiny_last_batch(facts: Facts) -> Iterator[Finding]:
    """A last batch so small that it does harm, with batch normalizations."""
    last = steps.tiny_last(facts)
    if last is None or (steps.few_rows(facts) and facts.settings.batch_size < steps.FEWEST_ROWS):
        return
    yield Finding.of(
        Code.TINY_LAST_BATCH,
        "{rows:,} rows in batches of {batch_size} leave {last} row{s} for the last batch, one step "
        "in {epoch_steps}",
        {
            "rows": facts.rows,
            "batch_size": facts.settings.batch_size,
            "last": last,
            "epoch_steps": facts.epoch_steps,
        },
        words={"s": "s" * (last != 1)},
        fit=remedies.fitting(facts, last_batch='"even"'),
    )


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
