"""A look at a table before anything is trained: its columns in numbers, and what is suspicious."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.tables.columns import storage
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.inference import infer
from trimtab.tables.columns.schema import Schema, Told
from trimtab.tables.columns.suspicions import Suspicion, suspicions

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Guess, Table

__all__ = ["BINS", "ColumnFacts", "Inspection", "NumberFacts", "inspect"]

#: Bars of a histogram, at most.
BINS = 10
#: Different values are counted exactly up to so many rows; of longer columns a sample is counted.
_COUNTED = 2_000_000
#: Most frequent values that are told.
_TOP = 5


@dataclass(frozen=True)
class NumberFacts:
    """Where the numbers of a column lie: quartiles, ends, mean and standard deviation."""

    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float
    mean: float
    std: float


@dataclass(frozen=True)
class ColumnFacts:
    """What is known of one column.

    Attributes:
        name: of the column.
        kind: see :data:`trimtab.tables.schema.KINDS`.
        role: see :data:`trimtab.tables.schema.ROLES`.
        reason: why it is left out.
        missing: cells that are missing.
        distinct: different values; missing is none.
        distinct_exact: False: there are at least so many, counted in a sample.
        numbers: for numbers, false (0) and true (1).
        first: the earliest date.
        last: the latest date.
        top: the most frequent texts and how often each occurs.
        histogram: rows in equal parts of the range; rows of the most frequent texts.
    """

    name: str
    kind: str
    role: str
    reason: str
    missing: int
    distinct: int
    distinct_exact: bool
    numbers: NumberFacts | None = None
    first: str | None = None
    last: str | None = None
    top: tuple[tuple[str, int], ...] = ()
    histogram: tuple[int, ...] = ()


@dataclass(frozen=True)
class Inspection:
    """What a table is, as data; ``trimtab inspect`` prints it.

    Attributes:
        name: what messages call the table.
        rows: how many there are.
        guesses: what reading decided or was told.
        notes: what reading and inference have to say, one sentence each.
        schema: the columns as they would enter training.
        columns: facts of each column.
        suspicions: what is worth a look before training, one sentence each.
    """

    name: str
    rows: int
    guesses: tuple[Guess, ...]
    notes: tuple[str, ...]
    schema: Schema
    columns: tuple[ColumnFacts, ...]
    suspicions: tuple[Suspicion, ...]

    def record(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "table": self.name,
            "rows": self.rows,
            "target": self.schema.target,
            "task": self.schema.task,
            "classes": list(self.schema.classes),
            "guesses": [asdict(guess) for guess in self.guesses],
            "notes": list(self.notes),
            "columns": [asdict(column) for column in self.columns],
            "suspicions": [asdict(suspicion) for suspicion in self.suspicions],
        }


def inspect(table: Table, target: str | None = None, schema: Schema | None = None) -> Inspection:
    """Facts about each column of a table, and what is suspicious.

    Args:
        table: a whole table.
        target: the column to predict; without it nothing can be said about leaks.
        schema: its columns, where they are known; None: they are inferred. What training would
            refuse in columns that are no target is a suspicion here.

    **Errors**: `InvalidData` where there is no such target or it cannot be predicted.

    >>> import trimtab
    >>> from trimtab.tables.inspection import inspect
    >>> found = inspect(trimtab.tables.read("red-wine"), "quality")
    >>> found.rows, found.columns[-1].numbers.maximum, found.columns[-1].histogram
    (1599, 8.0, (10, 53, 681, 638, 199, 18))
    >>> [suspicion.what for suspicion in found.suspicions]
    ['duplicates', 'tails']
    """
    if schema is None:
        schema = infer(table, Told(target), strict=False)
    return Inspection(
        table.name,
        len(table),
        tuple(table.guesses),
        (*table.notes, *schema.notes),
        schema,
        tuple(_facts(table, schema, column) for column in schema.columns),
        tuple(suspicions(table, schema)),
    )


def _facts(table: Table, schema: Schema, column: Column) -> ColumnFacts:
    cells = table.frame[column.name]
    exact = len(cells) <= _COUNTED
    counted = cells if exact else cells.iloc[:: -(-len(cells) // _COUNTED)]
    facts: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "role": column.role,
        "reason": column.reason,
        "missing": int(cells.isna().sum()),
        "distinct": int(counted.nunique()),
        "distinct_exact": exact,
    }
    if column.kind in ("category", "text"):
        return ColumnFacts(**facts, **_of_texts(cells))
    values = schema.values(table, column.name)
    if column.kind == "datetime":
        return ColumnFacts(**facts, **_of_dates(values))
    return ColumnFacts(**facts, **_of_numbers(values, column.kind))


def _of_texts(cells: pd.Series) -> dict[str, Any]:
    counts = cells.value_counts().iloc[:BINS]
    # Equally frequent values in a fixed order, whatever pandas makes of them.
    ordered = sorted(
        ((storage.canonical(value), int(count)) for value, count in counts.items()),
        key=lambda pair: (-pair[1], pair[0]),
    )
    return {"top": tuple(ordered[:_TOP]), "histogram": tuple(count for _, count in ordered)}


def _of_dates(values: NDArray[np.datetime64]) -> dict[str, Any]:
    dates = values[~np.isnat(values)]
    if not len(dates):
        return {}
    above = (dates - dates.min()).astype(np.int64).astype(np.float64)
    histogram = _bars(above, float(above.max()) / BINS)
    return {
        "first": _date(dates.min()),
        "last": _date(dates.max()),
        "histogram": histogram,
    }


def _bars(above: NDArray[np.float64], width: float) -> tuple[int, ...]:
    """Counts of values above the least one, in bars of this width; the last one has its end."""
    if not width > 0:
        return (len(above),)
    places = np.minimum(np.floor(above / width), BINS - 1).astype(np.int64)
    return tuple(int(count) for count in np.bincount(places))


def _date(moment: np.datetime64) -> str:
    """A day, with its time where it is not midnight."""
    seconds = str(moment.astype("datetime64[s]"))
    return seconds.removesuffix("T00:00:00").replace("T", " ")


def _of_numbers(values: NDArray[np.float64], kind: str) -> dict[str, Any]:
    numbers = values[~np.isnan(values)]
    if not len(numbers):
        return {}
    # In units of the largest: sums and squares of large numbers must not overflow.
    unit = float(np.abs(numbers).max()) or 1.0
    numbers = numbers / unit
    quartiles = np.quantile(numbers, [0, 0.25, 0.5, 0.75, 1])
    least, most = quartiles[0], quartiles[-1]
    if kind in ("integer", "boolean") and unit <= 2**53:  # bars of equally many whole numbers
        width = -(-round((most - least) * unit + 1) // BINS)
        histogram = _bars(np.round((numbers - least) * unit), width)
    else:
        histogram = _bars(numbers - least, (most - least) / BINS)
    return {
        "numbers": NumberFacts(
            *(float(value) * unit for value in (*quartiles, numbers.mean(), numbers.std()))
        ),
        "histogram": histogram,
    }
