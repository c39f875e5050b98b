"""Columns that give the target away."""

from __future__ import annotations

from shlex import quote

from trimtab.tables.columns.column import Column
from trimtab.tables.columns.suspicions.giveaway import determines, gives_away
from trimtab.tables.columns.suspicions.look import FEWEST, Findings, Look
from trimtab.tables.columns.suspicions.purity import rows_by_value

__all__ = ["leaks"]


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
    target, x = str(look.schema.target), look.numbers(column)
    if x is not None:
        task = look.schema.task
        how = gives_away(
            x, look.target, task=task, target=target, equal=lambda: _equal(look, column)
        )
        if how is not None:
            return how
    return determines(look.codes(column), look.target, target)


def _equal(look: Look, column: Column) -> bool:
    """Whether cells that are equal as ``float64`` are equal to the last digit."""
    cells = look.table.frame[column.name].iloc[look.rows]
    targets = look.table.frame[str(look.schema.target)].iloc[look.rows]
    if not {cells.dtype.kind, targets.dtype.kind} <= {"i", "u"}:
        return True
    return bool((cells == targets).fillna(True).all())
