"""Inspecting a table before training: its columns in numbers, and what is suspicious."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.named_arguments import named_arguments
from trimtab.tables.columns import storage
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.column_options import target_names
from trimtab.tables.columns.inference import infer
from trimtab.tables.columns.schema import Schema, Told
from trimtab.tables.columns.suspicions import Suspicion, suspicions
from trimtab.tables.columns.total_rows import leave_out_totals
from trimtab.tables.files.numbers import whole
from trimtab.tables.files.reading import read
from trimtab.tables.files.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Guess

__all__ = ["BINS", "ColumnFacts", "Inspection", "NumberFacts", "column_facts", "inspect"]

#: The most bars of a histogram.
BINS = 10
#: Distinct values are counted exactly in up to so many rows, and in a sample of more.
_COUNTED = 2_000_000
#: How many of the most frequent values are listed.
_TOP = 5


@dataclass(frozen=True)
class NumberFacts:
    """Minimum, quartiles, maximum, mean and standard deviation of a column.

    Of whole numbers above 2**53 the first five are ``int``, to the last digit.
    """

    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float
    mean: float
    std: float


@dataclass(frozen=True)
class ColumnFacts:
    """Facts about one column.

    Attributes:
        name: Its name.
        kind: See :data:`trimtab.tables.columns.column.KINDS`.
        role: See :data:`trimtab.tables.columns.column.ROLES`.
        reason: Why it is dropped.
        missing: The number of missing cells.
        distinct: The number of distinct values; missing is no value.
        distinct_exact: Whether that is exact; False: at least so many, counted in a sample.
        numbers: For numbers, and for booleans as 0 and 1.
        first: The earliest date.
        last: The latest date.
        top: The most frequent texts and how often each occurs.
        unit: The unit that is written beside the numbers.
        histogram: Rows in equal parts of the range, or with each of the most frequent texts.
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
    unit: str = ""


@dataclass(frozen=True)
class Inspection:
    """What ``trimtab inspect`` prints, as data.

    Attributes:
        name: What messages call the table.
        rows: The number of rows.
        guesses: Settings of reading that were detected or given.
        notes: Notes of reading and inference, a sentence each.
        schema: The schema that training would use.
        columns: Facts about each column.
        suspicions: What to look at before training.
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
            "target": self.schema.target or list(self.schema.target_names) or None,
            "task": self.schema.task,
            "classes": list(self.schema.classes),
            "guesses": [asdict(guess) for guess in self.guesses],
            "notes": list(self.notes),
            "columns": [asdict(column) for column in self.columns],
            "suspicions": [asdict(suspicion) for suspicion in self.suspicions],
        }


@named_arguments
def inspect(
    table: Table,
    target: str | int | Sequence[str | int] | None = None,
    schema: Schema | None = None,
) -> Inspection:
    """Facts about the columns of a table, and what is suspicious about it.

    Args:
        table: A whole table, or anything that :func:`trimtab.tables.read` takes.
        target: The target column, or several; leaks can only be found with one.
        schema: The schema. None: inferred from the rows that are no totals of the others.

    Raises:
        InvalidData: There is no such target, or it cannot be predicted.

    Example:
        >>> from trimtab import tables
        >>> found = tables.inspect(tables.read("red-wine"), "quality")
        >>> found.rows, found.columns[-1].numbers.maximum, found.columns[-1].histogram
        (1599, 8.0, (10, 53, 681, 638, 199, 18))
        >>> [suspicion.what for suspicion in found.suspicions]
        ['duplicates', 'tails']
    """
    if not isinstance(table, Table):
        table = read(table)
    if schema is None:
        table = leave_out_totals(table)
        name = None if target is None else target_names("target", target)
        schema = infer(table, Told(name), strict=False)
    return Inspection(
        table.name,
        len(table),
        tuple(table.guesses),
        (*table.notes, *schema.notes),
        schema,
        tuple(column_facts(table, schema, column) for column in schema.columns),
        tuple(suspicions(table, schema)),
    )


def column_facts(table: Table, schema: Schema, column: Column) -> ColumnFacts:
    """Facts about one column."""
    if column.name in table.skipped:
        return ColumnFacts(column.name, column.kind, column.role, column.reason, 0, 0, True)
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
    facts["missing"] = int(np.count_nonzero(values != values))  # NaN or NaT
    if column.kind in ("datetime", "time"):
        return ColumnFacts(**facts, **_of_dates(values, column.kind))
    if column.written is not None:
        facts["unit"] = column.written.unit
    if storage.of(cells) == "number" and cells.dtype.kind in "iu":
        whole_numbers = cells.dropna().to_numpy()
        if whole.is_large(whole_numbers):
            return ColumnFacts(**facts, **_of_large(whole_numbers))
    return ColumnFacts(**facts, **_of_numbers(values, column.kind))


def _of_texts(cells: pd.Series) -> dict[str, Any]:
    counts = cells.value_counts().iloc[:BINS]
    # Equally frequent values in a fixed order, whatever order pandas has.
    ordered = sorted(
        ((storage.canonical(value), int(count)) for value, count in counts.items()),
        key=lambda pair: (-pair[1], pair[0]),
    )
    return {"top": tuple(ordered[:_TOP]), "histogram": tuple(count for _, count in ordered)}


def _of_dates(values: NDArray[np.datetime64], kind: str) -> dict[str, Any]:
    dates = values[~np.isnat(values)]
    if not len(dates):
        return {}
    above = (dates - dates.min()).astype(np.int64).astype(np.float64)
    histogram = _bars(above, float(above.max()) / BINS)
    return {
        "first": _date(dates.min(), kind),
        "last": _date(dates.max(), kind),
        "histogram": histogram,
    }


def _bars(above: NDArray[np.float64], width: float) -> tuple[int, ...]:
    """Counts of the distances from the least value, in bars of this width."""
    if not width > 0:
        return (len(above),)
    places = np.minimum(np.floor(above / width), BINS - 1).astype(np.int64)
    return tuple(int(count) for count in np.bincount(places))


def _date(moment: np.datetime64, kind: str) -> str:
    """A date, with its time unless that is midnight; of a time of day that alone."""
    seconds = str(moment.astype("datetime64[s]"))
    if kind == "time":
        return seconds.partition("T")[2].removesuffix(":00")
    return seconds.removesuffix("T00:00:00").replace("T", " ")


def _of_large(numbers: NDArray[Any]) -> dict[str, Any]:
    """As :func:`_of_numbers`, for whole numbers that ``float64`` does not hold."""
    least = int(numbers.min())
    # Distances from the least one fit 64 bits without a sign.
    above = (numbers.view(np.uint64) - np.uint64(least % 2**64)).astype(np.float64)
    lower, median, upper = (
        least + int(place) for place in np.quantile(above, [0.25, 0.5, 0.75], method="lower")
    )
    mean, std = least + float(above.mean()), float(above.std())
    return {
        "numbers": NumberFacts(least, lower, median, upper, int(numbers.max()), mean, std),
        "histogram": _bars(above, float(above.max()) / BINS),
    }


def _of_numbers(values: NDArray[np.float64], kind: str) -> dict[str, Any]:
    numbers = values[~np.isnan(values)]
    if not len(numbers):
        return {}
    # In units of the largest, so that sums and squares do not overflow.
    unit = float(np.abs(numbers).max()) or 1.0
    numbers = numbers / unit
    quartiles = np.quantile(numbers, [0, 0.25, 0.5, 0.75, 1])
    least, most = quartiles[0], quartiles[-1]
    if kind in ("integer", "boolean") and unit <= 2**53:  # bars with equally many whole numbers
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
