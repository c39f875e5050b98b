"""Rules about what the layers do at the end of training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from trimtab.core.words import count
from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.course import advice, thresholds
from trimtab.insight.coach.course.facts import Course
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.findings import Finding, at_worst
from trimtab.insight.probe.table import LayerRow, LayerTable

__all__ = [
    "dead_units",
    "exploding_activations",
    "saturated_units",
    "too_many",
    "vanishing_gradients",
]


def too_many(what: str, units: float | None, every: int) -> bool:
    """Whether too many units of a layer are ``dead`` or ``saturated``.

    Args:
        what: which of the two.
        units: such units; None: the layer has none of the kind.
        every: all units of the layer.
    """
    limit = thresholds.DEAD if what == "dead" else thresholds.SATURATED
    return units is not None and every > 0 and units >= limit * every


def _hidden(course: Course) -> Iterator[tuple[LayerRow, LayerTable]]:
    """The rows of the table that are before the output."""
    table, facts = course.layers, course.facts
    if table is None or facts is None:
        return
    final = facts.chain.last
    ends = {final.path} if final.layer is not None else set()
    before: Node | None = facts.chain.before(final) if final.kind == "activation" else None
    if before is not None and before.layer is not None:
        ends.add(before.path)
    for row in table:
        if row.layer not in ends:
            yield row, table


def dead_units(course: Course) -> Iterator[Finding]:
    """Hidden layers of which half of the units or more are off in every row."""
    rows = list(_hidden(course))
    found = [
        (row.layer, row.dead, row.units)
        for row, _ in rows
        if row.dead is not None and too_many("dead", row.dead, row.units)
    ]
    if not found:
        return
    path, dead, units = max(found, key=lambda each: each[1] / each[2])
    yield Finding.of(
        Code.DEAD_UNITS,
        "{dead:,} of {many} are off in each of {rows:,} rows trained on{worst}",
        {
            "dead": dead,
            "units": units,
            "rows": rows[0][1].count,
            "layers": [each[0] for each in found],
        },
        layer=path,
        words={
            "many": count(units, "unit"),
            "worst": at_worst(each[1] / each[2] for each in found),
        },
        edits=[
            Edit("learning_rate", {"factor": 0.1}),
            Edit("batch_norm", {"place": "before_activation"}),
            Edit("activation", {"name": "silu"}),
        ],
        steps=advice.reshaped(course.facts, "silu", normalized=False),
    )


def saturated_units(course: Course) -> Iterator[Finding]:
    """Hidden layers of which half of the units or more are at an end of their range."""
    rows = list(_hidden(course))
    found = [
        (row.layer, row.saturated, row.units)
        for row, _ in rows
        if row.saturated is not None and too_many("saturated", row.saturated, row.units)
    ]
    if not found:
        return
    path, saturated, units = max(found, key=lambda each: each[1] / each[2])
    yield Finding.of(
        Code.SATURATED_UNITS,
        "{saturated:,} of {many} are at an end of their range in 95 % of {rows:,} rows trained "
        "on{worst}",
        {
            "saturated": saturated,
            "units": units,
            "rows": rows[0][1].count,
            "layers": [each[0] for each in found],
        },
        layer=path,
        words={
            "many": count(units, "unit"),
            "worst": at_worst(each[1] / each[2] for each in found),
        },
        edits=[
            Edit("standardize_inputs"),
            Edit("batch_norm", {"place": "before_activation"}),
            Edit("activation", {"name": "relu"}),
        ],
        steps=advice.reshaped(course.facts, "relu", normalized=False),
    )


def exploding_activations(course: Course) -> Iterator[Finding]:
    """Hidden layers with outputs far larger than what enters the network."""
    facts = course.facts
    rows = list(_hidden(course))
    if facts is None or facts.x is None or not rows:
        return
    sizes = facts.x.columns.size
    entering = max(1.0, float(math.sqrt((sizes**2).mean())))
    found = []
    for row, _ in rows:
        size = math.hypot(row.mean, row.standard_deviation)
        if size > thresholds.EXPLODED * entering:
            found.append((row.layer, size))
    if not found:
        return
    path, size = max(found, key=lambda each: each[1])
    yield Finding.of(
        Code.EXPLODING_ACTIVATIONS,
        "its outputs have root mean square {size:.3g}, and the rows that enter the network "
        "{entering:.3g}{worst}",
        {"size": size, "entering": entering, "layers": [each[0] for each in found]},
        layer=path,
        words={"worst": at_worst(each[1] for each in found)},
        edits=[
            Edit("batch_norm", {"place": "before_activation"}),
            Edit("initializer", {"name": "he_normal"}),
            Edit("learning_rate", {"factor": 0.1}),
        ],
        steps=advice.reshaped(facts, None, normalized=True),
    )


def vanishing_gradients(course: Course) -> Iterator[Finding]:
    """A first layer with next to no gradient, beside those at the end."""
    facts, table = course.facts, course.layers
    if facts is None or table is None:
        return
    paths = [node.path for node in facts.chain.of_kind("dense")]
    tables = [table, *course.watched.looks.values()]
    if course.watched.first is not None:
        tables.append(course.watched.first)  # later it may be that there is nothing left to learn
    if len(paths) < 3 or any(row.dead == row.units for row in table):
        return  # nothing passes a layer whose units are all dead
    shares = [_share(each, paths) for each in tables]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares) or max(known) > thresholds.VANISHED:
        return
    first, last = _ratios(table, paths)
    yield Finding.of(
        Code.VANISHING_GRADIENTS,
        "its gradient is {first:.1e} of its weights, and that of {other} {last:.1e}",
        {"first": first, "last": last, "other": paths[-1], "share": known[0], "looks": len(known)},
        layer=paths[0],
        edits=[
            Edit("activation", {"name": "relu"}),
            Edit("batch_norm", {"place": "before_activation"}),
            Edit("depth", {"number": 2}),
        ],
        steps=advice.reshaped(facts, "relu", normalized=False),
    )


def _ratios(table: LayerTable, paths: Sequence[str]) -> tuple[float, float]:
    """Gradient over weights of the first dense layer and the last; nan if unknown."""
    known: dict[str, Any] = {row.layer: row.gradient_ratio for row in table}
    first, last = (known.get(path) for path in (paths[0], paths[-1]))
    return (math.nan if first is None else first), (math.nan if last is None else last)


def _share(table: LayerTable, paths: Sequence[str]) -> float | None:
    first, last = _ratios(table, paths)
    return first / last if last > 0 and math.isfinite(first) else None
