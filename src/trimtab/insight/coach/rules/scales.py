"""Rules about scales: of the columns, and of the targets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from trimtab.insight.coach import remedies, source, steps
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.output import reaches_targets
from trimtab.insight.coach.rules.target import heavy_tailed
from trimtab.insight.coach.scaling import uneven_columns
from trimtab.insight.coach.source import call

__all__ = ["input_scales", "slowed_by_scale", "target_scale"]

#: A column is constant if at most this share of its rows differ from the rest.
FEW = 0.001

#: Targets this many times larger or smaller than the present outputs are not scaled.
FAR = 100.0

#: Targets this many standard deviations away from 0 are not centered.
OFF_CENTER = 50.0


def input_scales(facts: Facts) -> Iterator[Finding]:
    """Columns on large scales, or with SGD on very different ones, and no normalization first."""
    table, optimizer, found = facts.x, facts.optimizer, uneven_columns(facts)
    if table is None or optimizer is None or found is None:
        return
    size, large, small, ratio = found.size, found.large, found.small, found.ratio
    evidence = {
        "largest": table.column(large),
        "largest_size": float(size[large]),
        "smallest": table.column(small),
        "smallest_size": float(size[small]),
        "ratio": ratio,
        "learning_rate": source.shortest(optimizer.learning_rate),
    }
    sentence = (
        "{largest} (root mean square {largest_size:.3g}) is {ratio:.3g} times as large as "
        "{smallest} ({smallest_size:.3g}), with one learning rate of {learning_rate:g}"
    )
    if not found.apart:
        sentence = (
            "{largest} has root mean square {largest_size:.3g}, with a learning rate of "
            "{learning_rate:g}"
        )
    edits = [Edit("standardize_inputs"), Edit("batch_norm", {"place": "input"})]
    yield Finding.of(
        Code.INPUT_SCALES, sentence, evidence, edits=edits, steps=_scaled(facts, table)
    )


def _scaled(facts: Facts, table: GivenTable) -> str:
    """Code for a batch normalization in front; for scaled columns where that would do harm."""
    name = remedies.free_name(facts.model, "batch_normalization")
    first = call("layers.BatchNormalization", [f"input_shape=[{table.width}]", *name])
    behind = None
    if facts.codes:  # codes must reach their embedding unchanged
        layers = {source.outermost(column.layer) for column in facts.codes.values()}
        first = call("layers.BatchNormalization", name)
        behind = max(layers, key=facts.model.layers_without_inputs.index)
    constant = bool((table.columns.others <= FEW * len(table)).any())
    if facts.knows_epochs and not steps.too_few_rows(facts) and not constant:
        return remedies.network(facts, first=first, behind=behind)
    tables = ["x", "x_valid"] if facts.split == "data" else ["x"]
    codes = [table.label(number) for number in sorted(facts.codes)]
    lines = [] if table.is_frame else ["import numpy as np", "", "x = np.asarray(x, np.float64)"]
    if table.is_frame:
        lines += ["x_center, x_scale = x.mean(), x.std(ddof=0).replace(0, 1)"]
    else:
        lines += ["x_center, x_scale = x.mean(axis=0), x.std(axis=0)"]
        lines += ["x_scale[x_scale == 0] = 1"]
    if codes:
        lines += [f"x_center[{codes!r}], x_scale[{codes!r}] = 0, 1  # codes stay as they are"]
    lines += [f"{name} = ({name} - x_center) / x_scale" for name in tables]
    return "\n".join([*lines, "# Rows to predict: (rows - x_center) / x_scale as well."])


def target_scale(facts: Facts) -> Iterator[Finding]:
    """Targets far larger, smaller or further off center than the outputs of a new network."""
    table = facts.y
    if table is None or not facts.regresses or facts.labels:
        return
    # A network that trains has moved to its targets, unless it has lost all sense of them.
    if facts.model.runner.step and (facts.x is None or facts.measured.output_size is not None):
        return
    if heavy_tailed(facts):  # whose remedy brings it to this scale as well
        return
    last = facts.chain.last
    bounded = last.kind == "activation" and last.function in ("sigmoid", "softmax")
    if last.kind in ("own", "join") or (bounded and reaches_targets(facts)):
        return
    columns = table.columns
    ours = facts.measured.output_size
    # Outputs are about 1 large, or larger where the inputs are, unless these are to be scaled.
    raw = facts.optimizer is not None and uneven_columns(facts) is not None
    reference = 1.0 if raw else max(1.0, ours or 0.0)
    for i in range(table.width):
        size, deviation = float(columns.size[i]), float(columns.deviation[i])
        center = float(columns.mean[i])
        if not (math.isfinite(size) and deviation > 0):
            continue
        off = abs(center) / deviation
        near = size > 1 / FAR and size / reference < FAR and off < OFF_CENTER
        if near and not slowed_by_scale(facts):
            continue
        evidence = {
            "column": table.column(i),
            "mean": center,
            "deviation": deviation,
            "output_size": ours,
        }
        sentence = "y has mean {mean:.4g} and standard deviation {deviation:.3g}"
        if table.width > 1:
            sentence = "{column} of y has mean {mean:.4g} and standard deviation {deviation:.3g}"
        if raw:
            sentence += "; outputs are about 1 large once the columns are scaled"
        elif ours is not None:
            sentence += "; the root mean square of the present outputs is {output_size:.2g}"
        scaled = [columns.mean, np.where(columns.deviation > 0, columns.deviation, 1.0)]
        texts = [[float(f"{value:.6g}") for value in values] for values in scaled]
        center_code, scale_code = (
            repr(values[0]) if table.width == 1 else f"np.array({values!r})" for values in texts
        )
        yield Finding.of(
            Code.TARGET_SCALE,
            sentence,
            evidence,
            edits=[Edit("standardize_target")],
            center=center_code,
            scale=scale_code,
            valid="\ny_valid = (np.asarray(y_valid) - center) / scale" * (facts.split == "data"),
        )
        return


def slowed_by_scale(facts: Facts) -> bool:
    """Whether the steps are too few for these targets, and enough for scaled ones."""
    far = steps.reach(facts)
    table = facts.y
    if far is None or far.moves or table is None or not facts.regresses:
        return False
    columns = table.columns
    spread = np.where(columns.deviation > 0, columns.deviation, 1.0)
    if (np.abs(columns.mean) < spread).all() and ((spread < 3) & (spread > 1 / 3)).all():
        return False  # about as scaled as they can be
    scaled = GivenTable((table.values - columns.mean) / spread, "y")
    new = replace(facts.changed(), y=scaled)
    vars(new)["measured"] = facts.measured
    steps.measure_start(new)
    better = steps.reach(new)
    return better is not None and better.moves
