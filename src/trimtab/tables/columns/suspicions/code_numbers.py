"""Codes that are read as numbers: a larger zip code is not more of anything."""

from __future__ import annotations

from shlex import quote

from trimtab.tables.columns.codes import looks_like_codes
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.suspicions.look import FEWEST, ID_NAME, Findings, Look
from trimtab.tables.columns.suspicions.purity import rows_by_value

__all__ = ["codes"]

#: With a larger share of distinct values, a code identifies rows.
IDENTIFIER = 0.9


def _said_as_group(look: Look, column: Column) -> bool:
    """Whether the search for groups names this column."""
    if look.schema.role("group") or look.schema.role("time"):
        return False
    if column.name.lower().endswith("code"):  # a place or a product more often than a person
        return False
    return bool(ID_NAME.search(column.name)) and rows_by_value(look, column) is not None


def codes(look: Look) -> Findings:
    """Finds columns of numbers that are codes."""
    if len(look.rows) < FEWEST:
        return
    for column in look.schema.features:
        if column.kind not in ("numeric", "integer"):
            continue
        cells = look.table.frame[column.name]
        why = looks_like_codes(column.name, cells.iloc[look.rows])
        if why is None or _said_as_group(look, column):
            continue
        present = cells.dropna()
        values, rows = int(present.nunique()), len(present)
        if values == rows:  # the search for identifiers says so
            continue
        name = quote(column.name)
        seen = f"{column.name} looks like a code ({why})"
        if values > IDENTIFIER * rows:
            yield (
                (column.name,),
                f"{seen}, but is read as a number: {values:,} different ones in {rows:,} rows. "
                f"If it only identifies rows, leave it out: --drop {name}, or --id {name} to copy "
                "it to the predictions.",
                f"{column.name} nearly identifies rows, and is read as a number: --drop {name}, or "
                f"--id {name} to copy it to the predictions.",
            )
        else:
            category = quote(f"{column.name}=category")
            yield (
                (column.name,),
                f"{seen}, but is read as a number: {values:,} different ones in {rows:,} rows. If "
                f"they are names and no amounts, use --type {category}.",
                f"{column.name} looks like a code, and is read as a number: --type {category} if "
                "it names something.",
            )
