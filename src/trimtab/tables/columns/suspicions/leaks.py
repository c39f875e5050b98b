"""Columns that give the target away."""

from __future__ import annotations

from shlex import quote

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import BINARY, REGRESSION
from trimtab.core.words import count
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.suspicions.look import FEWEST, Findings, Look
from trimtab.tables.columns.suspicions.purity import GROUPS, purity, rows_by_value

__all__ = ["leaks"]

#: Measurements do not reach such a correlation with the target.
LEAK = 0.9999
#: It must reach it without this share of rows, those farthest from the median, as well; and of two
#: classes, each must have so many rows.
EXTREME, FEWEST_OF_CLASS = 0.01, 5
#: If so many rows have a smaller rank correlation than this, all rows do not reach ``LEAK``.
PROBE, PROBED = 500, 0.9


def leaks(look: Look) -> Findings:
    """Finds columns that give the target away."""
    target = look.schema.target
    if target is None or len(look.rows) < FEWEST:
        return
    for column in look.schema.features:
        how = _tells(look, column)
        if how is not None:
            group = f", or keep its rows together: --group {quote(column.name)}"
            grouping = "determines" in how and rows_by_value(look, column) is not None
            grouping = grouping and not look.schema.role("group")
            yield (
                (column.name,),
                f"{column.name} {how}{look.seen_in}. If it is not known before {target}, drop it: "
                f"--drop {quote(column.name)}"
                f"{group if grouping else ''}.",
                f"{column.name} {how}{look.seen_in}: --drop {quote(column.name)} if it is not "
                "known beforehand.",
            )


def _tells(look: Look, column: Column) -> str | None:
    """How a column gives the target away, or None."""
    target, y = look.schema.target, look.target
    x = look.numbers(column)
    if x is not None:
        both = ~np.isnan(x)
        x, z = x[both], y[both]
        if len(x) >= FEWEST and (x != x[0]).any() and (z != z[0]).any():
            if np.array_equal(x, z) and _equal(look, column):
                return f"equals the target {target} in every row"
            if look.schema.task == REGRESSION or look.schema.task == BINARY:
                linear = _correlation(x, z)
                if abs(linear) > LEAK and _stands(x, z, look.schema.task == BINARY):
                    return f"is {target} on another scale (correlation {_near_one(linear)})"
            if look.schema.task == REGRESSION and len(np.unique(z)) > GROUPS:
                some_rows = slice(None, None, max(1, len(x) // PROBE))
                ranks = _correlation(_ranks(x[some_rows]), _ranks(z[some_rows]))
                if abs(ranks) > PROBED:
                    ranks = _correlation(_ranks(x), _ranks(z))
                if abs(ranks) > LEAK:
                    way = "rises" if ranks > 0 else "falls"
                    return f"{way} as {target} rises (rank correlation {_near_one(ranks)})"
    return _determines(look, column)


def _stands(x: NDArray[np.float64], y: NDArray[np.float64], classes: bool) -> bool:
    """Whether a correlation is not made by a few rows, far from all others or of a rare class."""
    if classes:
        return int(np.unique(y, return_counts=True)[1].min()) >= FEWEST_OF_CLASS
    apart = max(1, int(EXTREME * len(x)))
    far = np.zeros(len(x), np.bool_)
    for values in (x, y):
        distance = np.abs(values / 2 - np.median(values) / 2)  # halves do not overflow
        far[np.argsort(-distance, kind="stable")[:apart]] = True
    return abs(_correlation(x[~far], y[~far])) > LEAK


def _equal(look: Look, column: Column) -> bool:
    """Whether cells that are equal as ``float64`` are equal to the last digit."""
    cells = look.table.frame[column.name].iloc[look.rows]
    targets = look.table.frame[str(look.schema.target)].iloc[look.rows]
    if not {cells.dtype.kind, targets.dtype.kind} <= {"i", "u"}:
        return True
    return bool((cells == targets).fillna(True).all())


def _determines(look: Look, column: Column) -> str | None:
    codes = look.codes(column)
    if 2 * (int(codes.max()) + 1) > len(codes):  # almost as many values as rows: groups
        return None
    found = purity(codes, look.target)
    if found is None:
        return None
    values, wrong = found
    but = f" but for {count(wrong, 'row')}" if wrong else ""
    return f"determines {look.schema.target}: each of its {values:,} values goes with one{but}"


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    # Scaled first, so that squares of large numbers do not overflow.
    x, y = ((v - v.mean()) / max(float(np.abs(v - v.mean()).max()), 1e-300) for v in (x, y))
    norm = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / norm if norm > 0 else 0.0


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks without gaps, equal for equal values."""
    return np.unique(values, return_inverse=True)[1].astype(np.float64)


def _near_one(correlation: float) -> str:
    return f"{correlation:.6f}"
