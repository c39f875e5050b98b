"""The whole preparation: from a table, by its schema, to the matrix that a network reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core import checks, records
from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import count
from trimtab.errors import InvalidData
from trimtab.tables.columns.schema import Column, Schema
from trimtab.tables.preprocessing.categories import Codes, OneHot, fit_category
from trimtab.tables.preprocessing.dates import Moment, fit_moment
from trimtab.tables.preprocessing.numeric import Numeric, fit_boolean, fit_numeric
from trimtab.tables.preprocessing.scaling import SCALINGS, unit_of
from trimtab.tables.preprocessing.step import OutputColumn, Step, Unseen
from trimtab.tables.preprocessing.target import Target, fit_target, heavy_tails

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["Preprocessor"]

RowNumbers = NDArray[np.int64]

#: Rows that go through a step at a time: what steps make on the way stays in cache.
_BLOCK = 1 << 16

#: In about so many goes the columns of a table that is used up leave it: pandas touches every
#: column that stays each time one leaves, so from wide tables several leave together.
_GOES = 32

#: By these names files find the steps, and kinds of columns the steps that are for them.
_STEPS: dict[str, Any] = {cls.kind: cls for cls in (Numeric, OneHot, Codes, Moment)}
_KINDS = {
    "numeric": ("numeric",),
    "integer": ("numeric",),
    "boolean": ("numeric",),
    "category": ("one-hot", "codes"),
    "datetime": ("datetime",),
}


@dataclass(frozen=True)
class Preprocessor:
    """Steps fitted on training rows, each of which turns a column into inputs of a network.

    It holds numbers and texts only. A row's inputs depend on that row alone: neither on the rows
    asked with it, nor on the order of the table's columns, nor on columns that are not used.

    Attributes:
        schema: says how cells of the table are read.
        steps: in the order of the schema, with those for embeddings last.
        target: between the target's units and the network's.
        notes: what was left out and what deserves a look, one sentence each; not stored in files.

    **Example**:

    >>> from trimtab import tables
    >>> table = tables.read({"size": [1, 2, 3, 4], "hue": ["red", "blue"] * 2, "y": [5, 6, 8, 9]})
    >>> schema = tables.infer_schema(table, "y", kinds={"hue": "category"})
    >>> preprocessor = Preprocessor.fit(table, schema, np.arange(4))
    >>> preprocessor.describe()
    ["'size': standard", "'hue': one-hot of 2"]
    >>> preprocessor.transform(table, np.array([0, 3])).round(2).tolist()
    [[-1.340000033378601, 0.0, 1.0], [1.340000033378601, 1.0, 0.0]]
    >>> preprocessor.to_units(preprocessor.targets(table, np.array([3]))).round(6).tolist()
    [[9.0]]
    """

    schema: Schema
    steps: tuple[Step, ...]
    target: Target
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        kinds = {column.name: column.kind for column in self.schema.features}
        seen: set[str] = set()
        for step in self.steps:
            if step.source not in kinds or step.source in seen:
                raise ValueError(
                    f"steps must be for different features of the schema, received {step.source!r}."
                )
            if step.kind not in _KINDS.get(kinds[step.source], ()):
                raise ValueError(
                    f"a step of kind {step.kind!r} cannot be for {step.source!r}, which is of "
                    f"kind {kinds[step.source]!r}."
                )
            seen.add(step.source)
        if not self.steps:
            raise ValueError("there must be at least one step, received none.")
        if self.schema.task != REGRESSION and self.target != Target():
            raise ValueError("classes must not be scaled.")
        last = [isinstance(step, Codes) for step in self.steps]
        if last != sorted(last):
            raise ValueError("steps for embeddings must stand last.")

    @classmethod
    def fit(
        cls,
        table: Table,
        schema: Schema,
        rows: RowNumbers,
        *,
        raw: bool = False,
        scaling: str = "auto",
        target_scaling: bool = True,
        weights: Doubles | None = None,
    ) -> Preprocessor:
        """The preparation that these rows of the table call for; other rows are not looked at.

        Args:
            table: with the schema's columns.
            schema: what they are, and which of them are features.
            rows: numbers of the training rows.
            raw: numbers are left as they are (imputed and flagged, not scaled). Dates are still
                scaled: the days since some first row are nobody's units.
            scaling: "auto" (by each column's tails), "standard", "robust", "quantile" or "none".
            target_scaling: whether numbers to predict are standardized.
            weights: how much each of the rows counts in means and standard deviations.

        **Errors**: `InvalidArgument` for an unknown scaling; `InvalidData` for a cell that is not
        of its column's kind, weights that are none, a target that is the same in all rows, and
        where no column is left.
        """
        checks.boolean("raw", raw)
        checks.choice("scaling", scaling, SCALINGS)
        weights = None if weights is None else _checked(weights, len(rows))
        if not len(rows):
            raise InvalidData(f"{table.name}: there must be training rows, received none.")
        steps: list[Step] = []
        notes: list[str] = []
        for column in schema.features:
            values = schema.values(table, column.name, rows)
            numbers = "none" if raw else scaling
            step = _fitted(column, values, numbers, scaling, weights)
            if step is None:
                notes.append(_useless(column, values))
            else:
                steps.append(step)
        if not steps:
            raise InvalidData(
                f"{table.name}: no column is left to learn from. {' '.join(notes)}".rstrip()
            )
        target = Target()
        if schema.task == REGRESSION:
            targets = schema.targets(table, rows)
            if target_scaling:
                target = fit_target(targets, weights)
            notes += filter(None, [heavy_tails(targets)])
        steps.sort(key=lambda step: isinstance(step, Codes))
        return cls(schema, tuple(steps), target, tuple(notes))

    @cached_property
    def columns(self) -> tuple[OutputColumn, ...]:
        """The matrix's columns, from left to right."""
        return tuple(column for step in self.steps for column in step.columns)

    @property
    def width(self) -> int:
        """How many columns the matrix has."""
        return len(self.columns)

    @property
    def embeddings(self) -> tuple[tuple[str, int], ...]:
        """``(column of the table, number of codes)`` of the matrix's last columns, which are codes.

        Code 0 is every category that is unknown or too rare to be told apart.
        """
        return tuple((step.source, step.size) for step in self.steps if isinstance(step, Codes))

    @property
    def shift(self) -> float:
        """Where the network's 0 lies, in the target's units."""
        return self.target.shift

    @property
    def scale(self) -> float:
        """How long the network's 1 is, in the target's units."""
        return self.target.scale

    def transform(
        self, table: Table, rows: RowNumbers | None = None, *, report: Unseen | None = None
    ) -> Floats:
        """The inputs of these rows.

        **Shape**: ``(rows, width)``, finite, C-contiguous.

        Args:
            table: with the columns that are used, anywhere in it.
            rows: row numbers; None: all rows.
            report: counts what training rows did not have.

        **Errors**: `InvalidData` with the place of the first cell that is not of its column's kind.
        """
        return self.transform_parts(table, [rows], report=report)[0]

    def transform_parts(
        self,
        table: Table,
        parts: Sequence[RowNumbers | None],
        *,
        consume: bool = False,
        report: Unseen | None = None,
    ) -> list[Floats]:
        """:meth:`transform` for several lists of rows, one column of the table after the other.

        Beside the table and the results there is never more than one column's values for one part.

        Args:
            table: with the columns that are used.
            parts: row numbers of each part; None: all rows.
            consume: drops columns from ``table.frame`` once they are done with, so that a table
                that nobody needs any more shrinks while the matrices grow. Other columns, also
                the target, stay.
            report: counts what training rows did not have.
        """
        unseen = Unseen() if report is None else report
        sizes = [len(table) if rows is None else len(rows) for rows in parts]
        outs = [np.empty((size, self.width), np.float32) for size in sizes]
        together = max(1, len(self.steps) // _GOES)
        first, spent = 0, list[str]()
        for step in self.steps:
            end = first + len(step.columns)
            for rows, out in zip(parts, outs, strict=True):
                values = self.schema.values(table, step.source, rows, unknown=unseen.word)
                for begin in range(0, len(out), _BLOCK):
                    block = slice(begin, begin + _BLOCK)
                    step.transform(values[block], out[block, first:end], unseen)
                del values
            first = end
            spent.append(step.source)
            if consume and (len(spent) == together or step is self.steps[-1]):
                table.frame = table.frame.drop(columns=spent)
                spent.clear()
        return outs

    def targets(self, table: Table, rows: RowNumbers | None = None) -> Floats:
        """What the network is trained to say: scaled numbers, or class numbers.

        **Shape**: ``(rows, 1)``.

        **Errors**: `InvalidData` with the place of the first cell that is no target.
        """
        return self.target.scaled(self.schema.targets(table, rows))

    def to_units(self, predictions: ArrayLike) -> Doubles:
        """Scaled numbers in the target's own units; any shape. Classes stay what they are."""
        return self.target.to_units(predictions)

    def describe(self) -> list[str]:
        """How columns enter the network, for people: a line for numbers, one for each other."""
        hows = {
            step.source: "flag only" if step.scaling is None else step.scaling.kind
            for step in self.steps
            if isinstance(step, Numeric)
        }
        lines = []
        if len(hows) == 1:
            lines += [f"{source!r}: {how}" for source, how in hows.items()]
        elif hows:
            each = Counter(hows.values())
            lines.append(
                f"{len(hows)} numeric columns: "
                + (
                    next(iter(each))
                    if len(each) == 1
                    else ", ".join(f"{number} {how}" for how, number in each.most_common())
                )
            )
        flagged = sum(step.flagged for step in self.steps if isinstance(step, Numeric | Moment))
        lines += [f"{step.source!r}: {_entry(step)}" for step in self.steps if _entry(step)]
        if flagged:
            verb = "says" if flagged == 1 else "say"
            lines.append(f"{count(flagged, 'more input')} {verb} where a cell was missing")
        return lines

    def record(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """``(document, arrays)``: plain JSON, and float64 arrays. Without the schema."""
        steps, arrays = [], {}
        for place, step in enumerate(self.steps):
            document, own = step.record()
            steps.append({"kind": step.kind, **document})
            arrays.update({f"{place}/{name}": array for name, array in own.items()})
        return {"steps": steps, "target": self.target.record()}, arrays

    @classmethod
    def from_record(
        cls, document: Any, arrays: Mapping[str, NDArray[Any]], schema: Schema
    ) -> Preprocessor:
        """The preparation that :meth:`record` wrote; its transforms have the same bits.

        **Errors**: `ValueError`, `TypeError` or `KeyError` for anything else, and for a schema that
        is another one; nothing is executed.
        """
        written = records.from_record(_Written, document)
        own: list[dict[str, NDArray[Any]]] = [{} for _ in written.steps]
        known = {str(place): place for place in range(len(own))}
        for name, array in arrays.items():
            place, _, rest = name.partition("/")
            own[known[place]][rest] = array
        steps = []
        for step, mine in zip(written.steps, own, strict=True):
            kind, fields = records.by_kind("a step", step, _STEPS)
            steps.append(kind.from_record(fields, mine))
        return cls(schema, tuple(steps), written.target)


@dataclass(frozen=True)
class _Written:
    """A preparation in a file."""

    steps: list[dict[str, Any]]
    target: Target


def _fitted(
    column: Column, values: NDArray[Any], numbers: str, dates: str, weights: Doubles | None
) -> Step | None:
    """The step for a feature; ``numbers`` and ``dates`` are the scalings of either."""
    name = column.name
    fits: dict[str, Callable[[], Step | None]] = {
        "numeric": lambda: fit_numeric(name, values, numbers, weights),
        "integer": lambda: fit_numeric(name, values, numbers, weights),
        "boolean": lambda: fit_boolean(name, values),
        "category": lambda: fit_category(name, values),
        "datetime": lambda: fit_moment(name, values, "auto" if dates == "none" else dates, weights),
    }
    return fits[column.kind]() if column.kind in fits else None


def _checked(weights: ArrayLike, rows: int) -> Doubles:
    array = np.asarray(weights, np.float64)
    if array.shape != (rows,) or not (np.isfinite(array) & (array >= 0)).all() or not array.any():
        raise InvalidData(
            f"weights must hold a finite number of 0 or more for each of the {rows:,} rows, not "
            f"all of them 0, received shape {array.shape}. Correct the column of weights."
        )
    return array / unit_of(array)  # sums of large ones must not overflow


def _useless(column: Column, values: NDArray[Any]) -> str:
    import pandas as pd

    if column.kind not in _KINDS:
        reason = "text is not learned from"
    elif pd.isna(values).all():
        reason = "no training row has a value"
    else:
        reason = "all training rows have the same value"
    return f"Column {column.name!r} is left out: {reason}."


def _entry(step: Step) -> str:
    """How a column that is not one of numbers enters; nothing for numbers."""
    if isinstance(step, OneHot):
        return f"one-hot of {len(step.columns)}"
    if isinstance(step, Codes):
        return f"embedding of {step.size}"
    if isinstance(step, Moment):
        return f"{len(step.scalings)} parts of a date"
    return ""
