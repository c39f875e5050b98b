"""What is suspicious about a table: findings in a sentence or two, with numbers and the next step.

What takes more than a look at each cell is looked for in a sample of rows, and then says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.tables.columns.schema import Schema
from trimtab.tables.columns.suspicions.odd_cells import mistakes, rare, tails
from trimtab.tables.columns.suspicions.groups import groups
from trimtab.tables.columns.suspicions.leaks import leaks
from trimtab.tables.columns.suspicions.look import Findings, Look
from trimtab.tables.columns.suspicions.odd_rows import duplicates, identifiers, order

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["SAMPLE", "SUSPICIONS", "Suspicion", "suspicions"]

#: Rows of the sample; more rows would not change what is suspicious.
SAMPLE = 100_000

#: Word -> what looks for it, in the order of the report.
SUSPICIONS: dict[str, Callable[[Look], Findings]] = {
    "mistakes": mistakes,
    "leak": leaks,
    "groups": groups,
    "order": order,
    "duplicates": duplicates,
    "identifier": identifiers,
    "rare": rare,
    "tails": tails,
}


@dataclass(frozen=True)
class Suspicion:
    """One thing that is worth a look before training.

    Attributes:
        what: a word that programs can rely on; one of :data:`SUSPICIONS`.
        columns: which it is about.
        text: what was seen, and what to do.
        brief: the same in one line, of what bears on how good a model seems; empty for the rest.
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
    """What is suspicious about a table whose columns are those of the schema.

    Args:
        only: words of :data:`SUSPICIONS` to look for; None: all.
        most: rows of the sample, at most; None: :data:`SAMPLE`.
    """
    look = Look(table, schema, SAMPLE if most is None else most)
    for what, find in SUSPICIONS.items():
        if only is None or what in only:
            for columns, *texts in find(look):
                yield Suspicion(what, columns, *texts)
