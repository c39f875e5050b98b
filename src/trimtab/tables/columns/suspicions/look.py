"""What every search for suspicions gets: a table, its schema and a sample of its rows."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.tables.columns.column import Column
from trimtab.tables.columns.schema import Schema

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["FEWEST", "ID_NAME", "Findings", "Look", "share_of"]

#: The fewest rows to look at.
FEWEST = 20

#: Names of columns that identify persons or things.
ID_NAME = re.compile(
    r"(?i)(^|[^a-z])(id|ids|uuid|guid|nr|no|key|code|index|row|record|serial|subject|patient|person|"
    r"customer|client|user|member|household|family|account|case)$|[a-z]ID$|[a-z]Id$"
)

#: The columns, the text and, where there is one, the brief text of each finding.
Findings = Iterator[tuple[tuple[str, ...], str] | tuple[tuple[str, ...], str, str]]


class Look:
    """A table, its schema and a sample of the rows that have a target."""

    def __init__(self, table: Table, schema: Schema, most: int) -> None:
        self.table, self.schema, self._most = table, schema, most
        rows = schema.usable_rows(table)
        self.sampled = len(rows) > most
        if self.sampled:
            rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
        self.rows = rows

    @functools.cached_property
    def each_target(self) -> tuple[Look, ...]:
        """The same for each of several targets alone; this one where there are not several."""
        names = self.schema.target_names
        if len(names) < 2:
            return (self,)
        return tuple(Look(self.table, self.schema.for_target(name), self._most) for name in names)

    @functools.cached_property
    def target(self) -> NDArray[np.float64]:
        """The targets of the sample."""
        return self.schema.targets(self.table, self.rows)

    @property
    def seen_in(self) -> str:
        """Words for a finding that holds for the sample only."""
        return f" in a sample of {len(self.rows):,} rows" if self.sampled else ""

    def numbers(self, column: Column) -> NDArray[np.float64] | None:
        """The cells of the sample as numbers; None for text."""
        if column.kind in ("category", "text"):
            return None
        values = self.schema.values(self.table, column.name, self.rows)
        if column.kind in ("datetime", "time"):
            missing = np.isnat(values)
            values = np.where(missing, np.nan, values.astype(np.int64).astype(np.float64))
        return np.asarray(values, np.float64)

    def codes(self, column: Column) -> NDArray[np.int64]:
        """A number for each distinct cell of the sample; missing counts as a value."""
        import pandas as pd

        cells = self.table.frame[column.name].iloc[self.rows]
        return np.asarray(pd.factorize(cells, use_na_sentinel=False)[0], np.int64)


def share_of(part: int, whole: int) -> str:
    """A share in percent."""
    percent = 100 * part / whole
    return (
        f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %" if percent >= 0.1 else "< 0.1 %"
    )
