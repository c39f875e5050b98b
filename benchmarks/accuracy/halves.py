"""Which tables may choose a default, and which only judge it.

Within each group of regression or classes, large or small, tables are ordered by a SHA-256 of a
fixed word and their name, and dealt in turn to the two halves. The turn goes on from group to
group, so that the halves are equal in number. Written down, with the list, before any model met a
table.

Two tables were dealt to the judges although earlier defaults were chosen on them; these choose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

from benchmarks.accuracy.tables import Table

SEED = "arena-1"

Half = Literal["choose", "judge"]
HALVES: tuple[Half, Half] = ("choose", "judge")


#: Tables that earlier defaults were chosen on.
SEEN = ("concrete", "tumours")


def order(name: str, seed: str = SEED) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()


def halves(listed: Iterable[Table], seed: str = SEED) -> dict[str, Half]:
    """The half of each table, by name. The order of the list does not matter."""
    dealt = sorted(listed, key=lambda table: (table.classes, table.large, order(table.name, seed)))
    return {
        table.name: HALVES[0] if table.name in SEEN else HALVES[turn % 2]
        for turn, table in enumerate(dealt)
    }
