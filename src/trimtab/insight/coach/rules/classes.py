"""The rule about how many rows each class has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from trimtab.insight.coach import remedies
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.labels import Form, is_one_hot

__all__ = ["unequal_classes"]

#: A class with this share of the rows wins.
MOST = 0.95


def unequal_classes(facts: Facts) -> Iterator[Finding]:
    """A classification in which nearly all rows are of one class, without weights."""
    if facts.class_weight is not None or "sample_weight" in facts.given:
        return
    labels = _classes(facts)
    if labels is None:
        return
    numbers, counts = np.unique(labels, return_counts=True)
    rows = len(labels)
    if len(numbers) < 2 or counts.max() < MOST * rows:
        return
    weights = {
        int(number): float(f"{rows / (len(numbers) * count):.3g}")
        for number, count in zip(numbers, counts, strict=True)
    }
    evidence = {
        "class": int(numbers[counts.argmax()]),
        "percent": 100 * float(counts.max()) / rows,
        "others": rows - int(counts.max()),
        "rows": rows,
    }
    yield Finding.of(
        Code.UNEQUAL_CLASSES,
        "{percent:.3g} % of the rows are of class {class}, {others:,} of {rows:,} of any other",
        evidence,
        edits=[Edit("class_weight")],
        fit=remedies.fitting(facts, class_weight=repr(weights)),
    )


def _classes(facts: Facts) -> NDArray[np.int64] | None:
    """The number of the class of each row; None if the targets are no classes."""
    table, loss = facts.y, facts.loss
    if table is None or loss is None or not table.finite or "crossentropy" not in loss.loss:
        return None
    if facts.labels is not None and facts.labels.form in (Form.NUMBERS, Form.PERCENT):
        return None
    y = table.values
    if y.shape[1] > 1:
        return y.argmax(axis=1) if is_one_hot(y) else None
    if (y != np.floor(y)).any() or (not loss.sparse and not ((y == 0) | (y == 1)).all()):
        return None
    return np.asarray(y[:, 0], np.int64)
