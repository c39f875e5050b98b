"""The rule about columns that give the target away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.core.words import listed
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.rules.data import dropped

__all__ = ["leaking_column"]

#: Most columns in a sentence.
NAMED = 4


def leaking_column(facts: Facts) -> Iterator[Finding]:
    """Columns that equal the target, are it on another scale or in its order, or determine it."""
    x, y, loss = facts.x, facts.y, facts.loss
    if x is None or y is None or loss is None or not y.finite:
        return
    if x.width < 2 or not loss.native:  # a single column may well explain all there is
        return
    told = facts.telling_columns
    if not told or len(told) == x.width:
        return
    where = np.array(sorted(told))
    names = [x.column(int(i)) for i in where]
    first = int(where[0])
    sentence = "{column} {how}"
    if len(where) > 1:
        sentence += "; {others} give{s} it away as well"
    yield Finding.of(
        Code.LEAKING_COLUMN,
        sentence,
        {"column": names[0], "how": told[first], "columns": names},
        words={"others": listed(names[1:], most=NAMED), "s": "s" * (len(names) == 2)},
        edits=[Edit("drop_columns", {"columns": [x.label(int(i)) for i in where]})],
        columns=listed(names, most=NAMED),
        steps=dropped(facts, x, where, "leaking_column"),
    )
