"""Rules about the batches that batch normalization takes its statistics from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from trimtab.insight.coach import remedies, source, steps
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding, at_worst

__all__ = ["slow_moving_averages", "small_batch_statistics", "tiny_last_batch"]

#: In fewer steps, a momentum of 0.99 lags behind.
SHORT = 1000


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
        edits=[Edit("batch_norm_momentum", {"value": 0.9}), Edit("population_statistics")],
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
        edits=[
            Edit("batch_size", {"value": 32}),
            Edit("population_statistics"),
            Edit("no_batch_norm"),
        ],
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
