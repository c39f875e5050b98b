"""Rules about what the optimizer has to cope with: scales, learning rates, sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from trimtab.insight.coach import remedies, source
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.nn.optimizers import SGD

__all__ = ["input_scales", "more_parameters_than_rows", "target_scale", "unusual_learning_rate"]

#: Columns are on very different scales if their root mean squares differ by this factor.
APART = 20.0

#: Columns with a larger root mean square are too large for plain SGD.
LARGE = 100.0

#: Targets this many times larger or smaller than the present outputs are not scaled.
FAR = 100.0

#: Targets this many standard deviations away from 0 are not centered.
OFF_CENTER = 50.0

#: Parameters per row above which a network is far too free.
FREE = 10

#: Usual learning rates; for SGD, after division by 1 - momentum.
USUAL = {"sgd": (1e-6, 1.0), "others": (1e-6, 0.1)}


def input_scales(facts: Facts) -> Iterator[Finding]:
    """Columns on very different or large scales, with SGD and no normalization first."""
    table = facts.x
    if table is None or not isinstance(facts.optimizer, SGD) or _normalized_first(facts):
        return
    columns = table.columns
    # A column of 0 and 1 is on the scale of 1, however rare its ones are.
    size = np.where(columns.binary, 1.0, columns.size)
    size[~(np.isfinite(size) & (size > 0))] = np.nan
    size[list(facts.codes)] = np.nan  # numbers of categories have no scale
    if np.isnan(size).all():
        return
    large, small = int(np.nanargmax(size)), int(np.nanargmin(size))
    ratio = float(size[large] / size[small])
    if ratio < APART and size[large] < LARGE:
        return
    evidence = {
        "largest": table.column(large),
        "largest_size": float(size[large]),
        "smallest": table.column(small),
        "smallest_size": float(size[small]),
        "ratio": ratio,
        "learning_rate": source.shortest(facts.optimizer.learning_rate),
    }
    sentence = (
        "{largest} (root mean square {largest_size:.3g}) is {ratio:.3g} times as large as "
        "{smallest} ({smallest_size:.3g}), with one learning rate of {learning_rate:g}"
    )
    if large == small or ratio < APART:
        sentence = (
            "{largest} has root mean square {largest_size:.3g}, with a learning rate of "
            "{learning_rate:g}"
        )
    first, behind = f"layers.BatchNormalization(input_shape=[{table.width}])", None
    if facts.codes:  # codes must reach their embedding unchanged
        layers = {source.outermost(column.layer) for column in facts.codes.values()}
        first, behind = "layers.BatchNormalization()", max(layers, key=facts.model.layers.index)
    yield Finding.of(
        Code.INPUT_SCALES,
        sentence,
        evidence,
        network=remedies.network(facts, first=first, behind=behind),
    )


def _normalized_first(facts: Facts) -> bool:
    """Whether a batch normalization, or a custom layer, comes before every dense layer."""
    kinds = {"batch_normalization", "own"}
    for node in facts.chain.of_kind("dense"):
        before = facts.chain.upstream(node, within="batch_normalization")
        if not any(other.kind in kinds for other in before):
            return False
    return True


def target_scale(facts: Facts) -> Iterator[Finding]:
    """Targets far larger, smaller or further off center than the outputs of a new network."""
    table = facts.y
    if table is None or not facts.regresses or facts.model.runner.step:
        return
    last = facts.chain.last
    if last.kind == "own" or (
        last.kind == "activation" and last.function in ("sigmoid", "softmax")
    ):
        return
    columns = table.columns
    ours = facts.measured.output_size
    # Outputs are about 1 large, or larger where the inputs are.
    reference = max(1.0, ours or 0.0)
    for i in range(table.width):
        size, deviation = float(columns.size[i]), float(columns.deviation[i])
        center = float(columns.mean[i])
        if not (math.isfinite(size) and deviation > 0):
            continue
        off = abs(center) / deviation
        if 1 / FAR < size / reference < FAR and off < OFF_CENTER:
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
        if ours is not None:
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
            center=center_code,
            scale=scale_code,
            valid="\ny_valid = (np.asarray(y_valid) - center) / scale" * (facts.split == "data"),
        )
        return


def unusual_learning_rate(facts: Facts) -> Iterator[Finding]:
    """A learning rate, or the highest of a schedule, outside the usual range."""
    optimizer = facts.optimizer
    if optimizer is None:
        return
    schedule = optimizer.schedule
    rate = float(optimizer.learning_rate)
    if schedule is not None:
        steps = np.unique(np.linspace(0, max((facts.steps or 1) - 1, 0), 100).astype(int))
        rate = max(float(schedule(int(step))) for step in steps)
    low, high = USUAL["sgd" if isinstance(optimizer, SGD) else "others"]
    momentum = optimizer.momentum if isinstance(optimizer, SGD) else 0.0
    effective = rate / (1 - momentum) if momentum < 1 else math.inf
    if low <= effective <= high * (1 + 1e-6):  # 0.1 / (1 - 0.9) is a little more than 1
        return
    evidence = {
        "optimizer": type(optimizer).__name__,
        "learning_rate": source.shortest(rate),
        "momentum": momentum,
        "effective": effective if math.isfinite(effective) else None,
        "low": low,
        "high": high,
    }
    sentence = "{optimizer} with learning rate {learning_rate:g}"
    if schedule is not None:
        sentence = "{optimizer} with learning rates up to {learning_rate:g}"
    if momentum == 1:
        sentence += " and momentum 1, which never slows down"
    elif momentum:
        sentence += " and momentum {momentum:g}: effectively {effective:.3g}"
    better = 0.01 if isinstance(optimizer, SGD) else 0.001
    code = f"model.optimizer.learning_rate = {better!r}"
    if schedule is not None or momentum >= 1:
        changes = {"learning_rate": better} | ({"momentum": 0.9} if momentum >= 1 else {})
        new = remedies.new_optimizer(optimizer, **changes)
        code = remedies.recompiled(facts.model, optimizer=new)
    yield Finding.of(
        Code.UNUSUAL_LEARNING_RATE,
        sentence + "; the usual range is {low:g} to {high:g}",
        evidence,
        steps=code,
    )


def more_parameters_than_rows(facts: Facts) -> Iterator[Finding]:
    """A network far larger than its table, with nothing against overfitting."""
    if facts.rows is None or facts.optimizer is None or facts.keeps_best:
        return
    weights = facts.model.trainable_weights
    held = facts.optimizer.weight_decay or any(
        any(weight.penalty) or weight.constraint is not None for weight in weights
    )
    if held or any(facts.rate(node) for node in facts.chain.nodes) or facts.chain.of_kind("own"):
        return
    parameters = sum(weight.size for weight in weights)
    if parameters <= FREE * facts.rows:
        return
    changes = {"callbacks": "[*callbacks, stop]" if facts.callbacks else "[stop]"}
    if not facts.split:
        changes["validation_split"] = "0.2"
    yield Finding.of(
        Code.MORE_PARAMETERS_THAN_ROWS,
        "{parameters:,} parameters for {rows:,} rows, without dropout, penalty, weight decay or "
        "early stopping",
        {"parameters": parameters, "rows": facts.rows},
        fit=remedies.fitting(facts, **changes),
    )
