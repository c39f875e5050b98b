"""What the trials say: each variant against the base, on the same rows with the same seeds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

#: Errors that are compared; the smaller the better.
ERRORS = ("rmse", "mae", "log_loss")

#: Ratios within it are ties.
TIE = 0.005


def ratios(
    rows: Iterable[dict[str, Any]], base: str, error: str
) -> dict[str, dict[str, list[float]]]:
    """Variant -> table -> logarithms of its error over that of the base, one for each seed."""
    known: dict[tuple[str, int, int], dict[str, float]] = defaultdict(dict)
    for row in rows:
        if row.get(error) is not None and row[error] > 0:
            known[row["table"], row["seed"], row["most_rows"]][row["variant"]] = row[error]
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (table, _, _), errors in known.items():
        if base not in errors:
            continue
        for variant, value in errors.items():
            if variant != base:
                found[variant][table].append(math.log(value / errors[base]))
    return found


def line(tables: dict[str, list[float]]) -> tuple[float, float, int, int, int]:
    """Geometric mean of the ratios over tables, its standard error, wins, losses, tables.

    A table counts once, however many seeds it has: the mean of its logarithms is its figure. The
    standard error is that of the mean over tables, in the same unit as the ratio.
    """
    means = [sum(values) / len(values) for values in tables.values()]
    count = len(means)
    mean = sum(means) / count
    spread = math.sqrt(sum((each - mean) ** 2 for each in means) / max(count - 1, 1) / count)
    wins = sum(math.exp(each) < 1 - TIE for each in means)
    losses = sum(math.exp(each) > 1 + TIE for each in means)
    return math.exp(mean), math.exp(mean) * spread, wins, losses, count


def text(rows: list[dict[str, Any]], base: str, *, by_table: bool = False) -> str:
    """A table of figures for each error, best variant first."""
    lines = []
    for error in ERRORS:
        found = ratios(rows, base, error)
        if not found:
            continue
        lines.append(f"{error}, over that of {base!r}; below 1 is better")
        ranked = sorted(found.items(), key=lambda item: line(item[1])[0])
        for variant, tables in ranked:
            ratio, deviation, wins, losses, count = line(tables)
            lines.append(
                f"  {variant:34} {ratio:.3f} ± {deviation:.3f}  {wins:2} : {losses:<2} "
                f"of {count} tables"
            )
            if by_table:
                each = ", ".join(
                    f"{name} {math.exp(sum(v) / len(v)):.3f}" for name, v in sorted(tables.items())
                )
                lines.append(f"      {each}")
    failed = [row for row in rows if "failed" in row]
    lines += [f"failed: {row['variant']} on {row['table']}: {row['failed']}" for row in failed[:10]]
    if len(failed) > 10:
        lines.append(f"and {len(failed) - 10:,} more that failed")
    return "\n".join(lines)
