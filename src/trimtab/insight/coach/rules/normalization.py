"""Rules about batch normalization: what its statistics are computed from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from trimtab.insight.coach import remedies
from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding

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

#: Start values with less weight than this count as forgotten.
FORGOTTEN = 0.05

#: Fewest rows for a mean and a variance; a batch's mean is then typically off by a quarter of a
#: standard deviation.
FEWEST_ROWS = 16

#: A last batch with fewer rows is tiny.
TINY = 8


def variance_shift(facts: Facts) -> Iterator[Finding]:
    """Batch normalizations whose input has different variances in training and inference."""
    if facts.settings.statistics == "population":
        return
    for node in facts.moving:
        near = [n for n in facts.chain.upstream(node, within=node.kind) if facts.rate(n)]
        anywhere = [n for n in facts.chain.upstream(node) if facts.rate(n)]
        measured = facts.measured.variance_ratios.get(node.path) if anywhere else None
        if not anywhere or (measured is None and not near):
            continue
        if measured is not None and abs(measured - 1) <= TOLERANCE:
            continue
        nearest = (near or anywhere)[0]
        ratio = predicted_ratio(facts, node) if measured is None else measured
        evidence: dict[str, Any] = {
            "dropout": nearest.path,
            "rate": round(facts.rate(nearest), 6),
            "ratio": ratio,
            "rows": None if measured is None else facts.measured.rows,
        }
        sentence = "after {dropout} (rate {rate:g}); pass x to measure the variances"
        if measured is not None:
            sentence = (
                "after {dropout} (rate {rate:g}): the variance of its input at inference is "
                "{ratio:.2f} times that in training (measured on {rows} rows)"
            )
        elif ratio is not None:
            sentence = (
                "after {dropout} (rate {rate:g}): the variance of its input at inference is about "
                "{ratio:.2f} times that in training (estimated from the rate)"
            )
        yield Finding.of(
            Code.VARIANCE_SHIFT,
            sentence,
            evidence,
            layer=node.path,
            fit=remedies.fitting(facts, statistics='"population"'),
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
    steps, epoch_steps = facts.steps, facts.epoch_steps
    if not steps or not epoch_steps or facts.settings.statistics == "population":
        return
    done = facts.model.runner.step
    slow = []
    for node in facts.moving:
        momentum = node.layer.momentum
        if momentum == 0 or node.layer.debias:
            continue
        needed = math.inf if momentum == 1 else math.log(FORGOTTEN) / math.log(momentum) - done
        if needed > steps / 2:
            slow.append((node, needed))
    if not slow:
        return
    remedy = remedies.network(facts, changes={node.path: {"debias": True} for node, _ in slow})
    for node, needed in slow:
        momentum = node.layer.momentum
        evidence = {
            "momentum": momentum,
            "epoch_steps": epoch_steps,
            "epochs": facts.settings.epochs,
            "steps": steps,
            "epoch": None if needed > steps else math.ceil(needed / epoch_steps),
            "percent": 100 * momentum ** (steps + done),
        }
        words = {"s": "s" * (epoch_steps != 1), "limit": f"{100 * FORGOTTEN:.0f}"}
        sentence = (
            "with momentum {momentum:g} and {epoch_steps} step{s} per epoch, the start values "
            "weigh more than {limit} % until epoch {epoch} of {epochs}"
        )
        if needed > steps:
            sentence = (
                "with momentum {momentum:g} and {epoch_steps} step{s} per epoch, the start values "
                "still weigh {percent:.0f} % after the last of {epochs} epoch"
                + "s"
                * (facts.settings.epochs != 1)
            )
        yield Finding.of(
            Code.SLOW_MOVING_AVERAGES,
            sentence,
            evidence,
            layer=node.path,
            words=words,
            network=remedy,
        )


def small_batch_statistics(facts: Facts) -> Iterator[Finding]:
    """Batch normalizations with statistics of fewer than :data:`FEWEST_ROWS` rows."""
    batch = facts.settings.batch_size
    if facts.rows is not None:
        batch = min(batch, facts.rows)
    for node in facts.moving:
        virtual = node.layer.virtual_batch_size
        rows = batch if virtual is None else min(batch, virtual)
        if rows >= FEWEST_ROWS:
            continue
        if facts.rows is not None and facts.rows < FEWEST_ROWS:
            steps = remedies.network(facts, removed=[each.layer for each in facts.moving])
        elif batch < FEWEST_ROWS:
            steps = remedies.fitting(facts, batch_size="32")
        else:
            steps = remedies.network(facts, changes={node.path: {"virtual_batch_size": None}})
        evidence = {
            "rows": rows,
            "percent": 100 / math.sqrt(rows),
            "batch_size": facts.settings.batch_size,
            "virtual_batch_size": virtual,
        }
        yield Finding.of(
            Code.SMALL_BATCH_STATISTICS,
            "statistics of {rows} row{s}: their mean is typically off by {percent:.0f} % of a "
            "standard deviation",
            evidence,
            layer=node.path,
            words={"s": "s" * (rows != 1)},
            steps=steps,
        )


def tiny_last_batch(facts: Facts) -> Iterator[Finding]:
    """A last batch of fewer than :data:`TINY` rows, with batch normalizations."""
    batches = facts.batches
    if not facts.moving or not batches or len(batches) < 2:
        return
    last = batches[-1]
    if last >= min(TINY, facts.settings.batch_size):
        return
    evidence = {
        "rows": facts.rows,
        "batch_size": facts.settings.batch_size,
        "last": last,
    }
    yield Finding.of(
        Code.TINY_LAST_BATCH,
        "{rows:,} rows in batches of {batch_size} leave {last} row{s} for the last batch",
        evidence,
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
    if not idle:
        return
    remedy = remedies.network(
        facts, changes={before.path: {"use_bias": False} for before, _ in idle}
    )
    for before, node in idle:
        yield Finding.of(
            Code.BIAS_WITHOUT_EFFECT,
            "{normalization} subtracts its bias of {units} numbers",
            {"units": before.layer.units, "normalization": node.path},
            layer=before.path,
            network=remedy,
        )
