"""The rule about columns that give the target away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION
from trimtab.core.types import Doubles
from trimtab.core.words import listed
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.rules.data import dropped
from trimtab.insight.probe.tracking import spread
from trimtab.tables.columns.suspicions.giveaway import determines, gives_away

__all__ = ["leaking_column"]

#: Fewest rows, and most that are looked at, spread over all.
FEWEST, MOST = 20, 20_000

#: Most columns in a sentence.
NAMED = 4


def leaking_column(facts: Facts) -> Iterator[Finding]:
    """Columns that equal the target, are it on another scale or in its order, or determine it."""
    x, y, loss = facts.x, facts.y, facts.loss
    if x is None or y is None or loss is None or not y.finite or len(x) < FEWEST:
        return
    if x.width < 2 or not loss.native:  # a single column may well explain all there is
        return
    # Copies of a row agree in all columns, so that each would determine the target.
    kept = np.sort(np.unique(x.keys(y), return_index=True)[1])
    targets = spread(y.values[kept], MOST).astype(np.float64)
    rows = spread(x.values[kept], MOST).astype(np.float64)
    rows[~np.isfinite(rows)] = np.nan
    if len(rows) < FEWEST:
        return
    told: dict[int, str] = {}
    for i in range(x.width):
        for place in range(min(targets.shape[1], NAMED)):
            name = "y" if y.width == 1 else f"{y.column(place)} of y"
            how = _tells(rows[:, i], targets[:, place], name)
            if how is not None:
                told.setdefault(i, how)
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


def _tells(x: Doubles, y: Doubles, name: str) -> str | None:
    """How a column gives a target away, in words."""
    few = len(np.unique(y[:1000])) <= 20
    numbers = np.unique(y) if few else y
    task = REGRESSION
    if few and (numbers == np.floor(numbers)).all() and len(numbers) <= 20:
        task = BINARY if len(numbers) == 2 else MULTICLASS
    how = gives_away(x, y, task=task, target=name)
    if how is not None:
        return how
    return determines(np.unique(x, return_inverse=True, equal_nan=True)[1], y, name)
