"""Suspicions about a table: findings in a sentence or two, with numbers and the next step.

Most are looked for in a sample of the rows of a large table, and then say so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.tables.columns.schema import Schema
from trimtab.tables.columns.suspicions.code_numbers import codes
from trimtab.tables.columns.suspicions.groups import groups
from trimtab.tables.columns.suspicions.leaks import leaks
from trimtab.tables.columns.suspicions.look import Findings, Look
from trimtab.tables.columns.suspicions.odd_cells import mistakes, rare, tails
from trimtab.tables.columns.suspicions.odd_rows import duplicates, identifiers, order

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["SAMPLE", "SUSPICIONS", "Suspicion", "suspicions"]

#: Rows of the sample; more would not change what is suspicious.
SAMPLE = 100_000

#: Word -> the function that looks for it, in the order of the report.
SUSPICIONS: dict[str, Callable[[Look], Findings]] = {
    "mistakes": mistakes,
    "leak": leaks,
    "groups": groups,
    "order": order,
    "duplicates": duplicates,
    "identifier": identifiers,
    "codes": codes,
    "rare": rare,
    "tails": tails,
}


#: Those that are looked for once for each target.
OF_A_TARGET = ("leak", "tails")


@dataclass(frozen=True)
class Suspicion:
    """One thing to look at before training.

    Attributes:
        what: One of :data:`SUSPICIONS`, for programs.
        columns: The columns it is about.
        text: What was seen, and what to do.
        brief: The same in one line, if it affects how good a model seems; else empty.
    """

    what: str
    columns: tuple[str, ...]
    text: str
    brief: str = ""


def suspicions(
    table: Table,
    schema: Schema,
    *,
    only: Collection[str] | None = None,
    most: int | None = None,
) -> Iterator[Suspicion]:
    """Looks for what is suspicious about a table.

    Args:
        table: The table.
        schema: Its schema.
        only: The words of :data:`SUSPICIONS` to look for. None: all.
        most: The most rows of the sample. None: :data:`SAMPLE`.

    Yields:
        The suspicions, in the order of :data:`SUSPICIONS`.
    """
    look = Look(table, schema, SAMPLE if most is None else most)
    seen = set()
    for what, find in SUSPICIONS.items():
        if only is None or what in only:
            for each in look.each_target if what in OF_A_TARGET else (look,):
                for columns, *texts in find(each):
                    found = Suspicion(what, columns, *texts)
                    if found not in seen:  # what is true whatever the target is
                        yield found
                    seen.add(found)
