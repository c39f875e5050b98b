"""The rule about rows that occur several times among the training rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.insight.coach import remedies, steps
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding

__all__ = ["duplicate_rows"]

#: Fewest rows, and the share of them that may repeat earlier ones; beside validation rows, where
#: copies on both sides have a finding of their own, repeats only weigh more, and more may.
FEWEST, FEW, FEW_APART = 20, 0.05, 0.3

#: A row occurs at most so many times on average.
MOST_TIMES = 4

#: Rows that repeat so many times more often than by chance do so for a reason.
TIMES_CHANCE = 3.0

#: About so many rows are looked at for what chance does.
SOME = 10_000


def duplicate_rows(facts: Facts) -> Iterator[Finding]:
    """Training rows equal to others in all features and the target.

    Copies on both sides of a split are :data:`~trimtab.insight.coach.codes.Code.SHARED_ROWS`.
    """
    x, y = facts.x, facts.y
    if x is None or y is None or len(x) < FEWEST:
        return
    distinct = len(facts.distinct_rows)
    repeats = len(x) - distinct
    few = FEW_APART if facts.split else FEW
    # In a table of few distinct rows, equal rows are no copies.
    if repeats < few * len(x) or MOST_TIMES * distinct < len(x) or _coarse(facts):
        return
    yield Finding.of(
        Code.DUPLICATE_ROWS,
        "{repeats:,} of {rows:,} rows ({percent:.3g} %) repeat an earlier one, target included",
        {"repeats": repeats, "rows": len(x), "percent": 100 * repeats / len(x)},
        steps=_without(facts, distinct),
    )


def _coarse(facts: Facts) -> bool:
    """Whether so many rows can be equal by chance, as in tables of few numbers a column.

    Columns taken as independent, a pair of rows agrees with the product of the shares of pairs
    that agree in each.
    """
    assert facts.x is not None and facts.y is not None
    rows = len(facts.x)
    some = slice(None, None, max(1, rows // SOME))
    alike = 1.0
    for table in (facts.x, facts.y):
        for column in table.values[some].T:
            counts = np.unique(column, return_counts=True)[1].astype(np.float64)
            pairs = counts.sum() * (counts.sum() - 1)
            alike *= max(float((counts * (counts - 1)).sum()), 1.0) / pairs
    return FEW * rows <= TIMES_CHANCE * 0.5 * rows**2 * alike


def _without(facts: Facts, left: int) -> str:
    """Code that keeps the first of equal rows, and a fit for which so many are enough."""
    assert facts.x is not None
    lines = [
        "both = np.column_stack([np.asarray(x, np.float32), np.asarray(y, np.float32)])",
        "kept = np.sort(np.unique(both, axis=0, return_index=True)[1])",
        "x = x.iloc[kept]" if facts.x.is_frame else "x = np.asarray(x)[kept]",
        "y = np.asarray(y)[kept]",
    ]
    if "sample_weight" in facts.given:
        lines.append("sample_weight = np.asarray(sample_weight)[kept]")
    if steps.found(facts.changed(rows=left)) - steps.found(facts):
        lines.append(remedies.fitting(facts, last_batch='"even"'))
    return "\n".join(lines)
