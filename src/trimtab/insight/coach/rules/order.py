"""The rule about the order of the rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.labels import MOST_CLASSES, is_one_hot

__all__ = ["is_sorted", "sorted_column", "sorted_rows"]

#: Fewest rows whose order says something, and fewest of each class.
FEWEST, FEWEST_OF_CLASS = 40, 5

#: Share of the steps from row to row that go the same way in sorted numbers; half do by chance.
SAME_WAY = 0.99


#: Before code that mixes rows which a column is in the order of.
_LATER = (
    "# Where the column is time, and later rows are to be predicted, leave the rows as they are."
)


def sorted_rows(facts: Facts) -> Iterator[Finding]:
    """Rows in the order of the target, or of a column, taken as they stand."""
    order, column = is_sorted(facts), None
    if not order:
        column = sorted_column(facts)
        if column is None:
            return
        order = "column"
    assert facts.x is not None
    parts = []
    if facts.split == "split":
        parts.append(f"validation_split={facts.validation_split:g} takes the last rows")
    if not facts.settings.shuffle and column is None:
        parts.append("shuffle=False makes batches of neighbours")
    evidence = {
        "order": order,
        "rows": len(facts.x),
        "validation_split": facts.validation_split,
        "shuffle": bool(facts.settings.shuffle),
    }
    if column is not None:
        evidence["column"] = facts.x.column(column)
    seen = {
        "classes": "the rows of each class stand together",
        "rising": "y rises from row to row",
        "falling": "y falls from row to row",
        "column": "the rows are in the order of {column}",
    }[order]
    yield Finding.of(
        Code.SORTED_ROWS,
        f"{seen}, and {{does}}",
        evidence,
        words={"does": " and ".join(parts)},
        edits=[Edit("shuffle")],
        steps=_mixed(facts) if column is None else f"{_LATER}\n{_mixed(facts)}",
    )


def is_sorted(facts: Facts) -> str:
    """How rows are ordered that a fit takes as they stand: a word; "" if they are in no order."""
    y = facts.y
    if y is None or facts.x is None or len(facts.x) < FEWEST:
        return ""
    if facts.split != "split" and (facts.settings.shuffle or len(facts.batches or ()) < 2):
        return ""
    values = y.values
    if facts.split == "split" and facts.y_valid is not None:
        values = np.concatenate([values, facts.y_valid.values])
    if not np.isfinite(values).all():
        return ""
    if values.shape[1] > 1 and is_one_hot(values):
        return _order(values.argmax(axis=1).astype(np.float32))
    return _order(values[:, 0]) if values.shape[1] == 1 else ""


def sorted_column(facts: Facts) -> int | None:
    """Number of a column that rises or falls from row to row, where the last rows validate."""
    x, x_valid = facts.x, facts.x_valid
    if x is None or x_valid is None or facts.split != "split" or len(x) < FEWEST:
        return None
    for i in range(x.width):
        column = np.concatenate([x.values[:, i], x_valid.values[:, i]])
        if np.isfinite(column).all() and _order(column) in ("rising", "falling"):
            return i
    return None


def _order(y: NDArray[np.float32]) -> str:
    steps = np.diff(y)
    changes = int(np.count_nonzero(steps))
    numbers, counts = np.unique(y, return_counts=True)
    classes = len(numbers)
    if 2 <= classes <= MOST_CLASSES and np.median(counts) >= FEWEST_OF_CLASS:
        if changes <= 2 * (classes - 1):
            return "classes"
        return ""
    if changes < FEWEST // 2:
        return ""
    rising = int((steps > 0).sum()) / changes
    if rising >= SAME_WAY:
        return "rising"
    return "falling" if 1 - rising >= SAME_WAY else ""


def _mixed(facts: Facts) -> str:
    """Code that puts the rows into an order of chance; those of a group stay together."""
    assert facts.x is not None
    lines = ["generator = np.random.default_rng(0)"]
    if facts.groups is not None and facts.split == "split":
        lines += [
            "group = np.unique(groups, return_inverse=True)[1]  # those of a group stay together",
            'order = np.argsort(generator.permutation(group.max() + 1)[group], kind="stable")',
        ]
    else:
        lines.append("order = generator.permutation(len(x))")
    lines.append("x = x.iloc[order]" if facts.x.is_frame else "x = np.asarray(x)[order]")
    lines.append("y = np.asarray(y)[order]")
    if "sample_weight" in facts.given:
        lines.append("sample_weight = np.asarray(sample_weight)[order]")
    if facts.groups is not None:
        lines.append(
            "groups = np.asarray(groups)[order]"
            if facts.split == "split"
            else "groups = (np.asarray(groups[0])[order], groups[1])"
        )
    return "\n".join(lines)
