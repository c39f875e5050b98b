"""Rows that belong together: of one person, thing or place."""

from __future__ import annotations

from shlex import quote

from trimtab.core.words import count, listed
from trimtab.tables.columns import storage
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.kinds import is_whole
from trimtab.tables.columns.suspicions.look import FEWEST, ID_NAME, Findings, Look
from trimtab.tables.columns.suspicions.purity import purity, rows_by_value

__all__ = ["groups"]


def groups(look: Look) -> Findings:
    """Finds columns whose values group rows, such as numbers of persons or things."""
    schema = look.schema
    if schema.role("group") or len(look.rows) < FEWEST:
        return
    found = []
    for column in schema.columns:
        counts = rows_by_value(look, column) if column.role != "target" else None
        if counts is not None and _may_name_groups(look, column):
            values, rows = counts
            found.append((rows / values, column.name, values, rows))
    if not found:
        return
    found.sort(key=lambda entry: -entry[0])  # the largest groups contain the others
    (_, name, values, rows), *others = found
    does = "does" if len(others) == 1 else "do"
    same = "".join(_same_target(each, [entry[1] for entry in found]) for each in look.each_target)
    also = f" (so {does} {listed((each[1] for each in others), 4)})" if others else ""
    yield (
        tuple(entry[1] for entry in found),
        f"{name} repeats: {values:,} values in {rows:,} rows{look.seen_in}{also}."
        f"{same} If rows of one group belong "
        "together, a random split puts them on both sides, and the score is too good for new "
        "groups. "
        f"--group {quote(name)} keeps them together.",
        f"{name} repeats, {values:,} values in {rows:,} {'sampled ' if look.sampled else ''}rows: "
        f"--group {quote(name)} keeps rows that belong together on one side.",
    )


def _same_target(look: Look, names: list[str]) -> str:
    """A sentence if all rows of a group have the same target: a random split is no test then."""
    target = look.schema.target
    if target is None:
        return ""
    for name in names:
        found = purity(look.codes(look.schema.column(name)), look.target)
        if found is not None:
            but = f" but for {count(found[1], 'row')}" if found[1] else ""
            return f" Rows of one {name} have the same {target}{but}."
    return ""


def _may_name_groups(look: Look, column: Column) -> bool:
    if column.kind in ("category", "text"):
        # Free text and numbers with mistakes repeat for other reasons.
        named = not column.reason.startswith("free text")
        return named and column.name not in look.table.bad
    cells = look.table.frame[column.name]
    named = bool(ID_NAME.search(column.name))
    return named and storage.of(cells) == "number" and is_whole(cells)
