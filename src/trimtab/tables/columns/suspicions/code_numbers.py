"""Codes that are read as numbers: a larger zip code is not more of anything."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from trimtab.core.words import listed
from trimtab.tables.columns.codes import looks_like_codes
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.suspicions.look import FEWEST, ID_NAME, Findings, Look
from trimtab.tables.columns.suspicions.purity import rows_by_value

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["codes"]

#: With a larger share of distinct values, a code identifies rows.
IDENTIFIER = 0.9
#: More columns of codes than this are named together.
APART = 3


def codes(look: Look) -> Findings:
    """Finds columns of numbers that are codes."""
    if len(look.rows) < FEWEST:
        return
    names = []
    for column in look.schema.features:
        if column.kind not in ("numeric", "integer"):
            continue
        cells = look.table.frame[column.name]
        why = looks_like_codes(column.name, cells.iloc[look.rows])
        if why is None or _said_as_group(look, column):
            continue
        values, rows = int(cells.nunique()), int(cells.notna().sum())
        if values == len(cells) and _said_as_identifier(column, cells):
            continue
        seen = (
            f"{column.name} looks like a code ({why}), but is read as a number: {values:,} "
            f"different ones in {rows:,} rows."
        )
        if values > IDENTIFIER * rows:
            name = quote(column.name)
            yield (
                (column.name,),
                f"{seen} If it only identifies rows, leave it out: --drop {name}, or --id {name} "
                "to copy it to the predictions.",
                f"{column.name} nearly identifies rows, and is read as a number: --drop {name}, or "
                f"--id {name} to copy it to the predictions.",
            )
        else:
            names.append((column.name, seen))
    if len(names) > APART:
        yield _together([name for name, _ in names])
        return
    for name, seen in names:
        typed = _typed(name)
        yield (
            (name,),
            f"{seen} If they are names and no amounts, use {typed}.",
            f"{name} looks like a code, and is read as a number: {typed} if it names something.",
        )


def _typed(name: str) -> str:
    return f"--type {quote(f'{name}=category')}"


def _together(names: list[str]) -> tuple[tuple[str, ...], str, str]:
    """One finding for many columns."""
    seen = f"{len(names)} columns look like codes, but are read as numbers: {listed(names, 6)}."
    return (
        tuple(names),
        f"{seen} Where they are names and no amounts, use {_typed(names[0])}, once for each.",
        f"{seen.removesuffix('.')}: {_typed(names[0])}, once for each that names something.",
    )


def _said_as_identifier(column: Column, cells: pd.Series) -> bool:
    """Whether the search for identifiers names this column, which is different in every row."""
    ordered = cells.is_monotonic_increasing or cells.is_monotonic_decreasing
    return ordered or bool(ID_NAME.search(column.name))


def _said_as_group(look: Look, column: Column) -> bool:
    """Whether the search for groups names this column."""
    if look.schema.role("group") or look.schema.role("time"):
        return False
    if column.name.lower().endswith("code"):  # a place or a product more often than a person
        return False
    return bool(ID_NAME.search(column.name)) and rows_by_value(look, column) is not None
