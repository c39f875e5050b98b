"""The preprocessor: from a table, by its schema, to the inputs of a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core import checks, records
from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import brief, count, one_line
from trimtab.errors import InvalidData
from trimtab.tables.columns.schema import Schema
from trimtab.tables.preparation_options import STANDARD
from trimtab.tables.preprocessing.also_categories import AlsoCategories
from trimtab.tables.preprocessing.auto_scaling import SCALINGS
from trimtab.tables.preprocessing.categories import Codes, OneHot
from trimtab.tables.preprocessing.dates import Moment
from trimtab.tables.preprocessing.fitting import checked_weights, fit_step, why_useless
from trimtab.tables.preprocessing.numeric import Numeric
from trimtab.tables.preprocessing.several_targets import (
    OneTarget,
    SeveralTargets,
    fit_targets,
    target_from,
)
from trimtab.tables.preprocessing.step import OutputColumn, Step, Unseen
from trimtab.tables.preprocessing.target import Target
from trimtab.tables.preprocessing.target_scale import ENOUGH, MOST_INPUTS

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["Preprocessor"]

RowNumbers = NDArray[np.int64]

#: Rows that a step transforms at a time, so that intermediate results stay in cache.
_BLOCK = 1 << 16

#: Consumed columns are dropped from a table in about so many goes: pandas touches all remaining
#: columns each time, so of wide tables several are dropped together.
_GOES = 32

#: Steps by their name in files, and the steps for each kind of column.
_FLAGGED = Numeric | AlsoCategories | Moment
_STEPS: dict[str, Any] = {cls.kind: cls for cls in (Numeric, AlsoCategories, OneHot, Codes, Moment)}
_KINDS = {
    "numeric": ("numeric", "numeric and one-hot"),
    "integer": ("numeric", "numeric and one-hot"),
    "boolean": ("numeric",),
    "category": ("one-hot", "codes"),
    "datetime": ("datetime",),
    "time": ("datetime",),
}


@dataclass(frozen=True)
class Preprocessor:
    """Steps fitted on training rows, which turn columns into inputs of a network.

    The inputs for a row depend on that row alone, not on other rows, the order of the table's
    columns, or unused columns. It holds only numbers and text.

    Attributes:
        schema: The schema, which reads the cells of tables.
        steps: One step per feature, in the order of the schema, but embeddings last.
        target: The scaling of the target, or of each of several.
        notes: What was left out or deserves a look, a sentence each; not saved.

    Example:
        >>> from trimtab import tables
        >>> data = {"size": [1, 2, 3, 4], "hue": ["red", "blue"] * 2, "y": [5, 6, 8, 9]}
        >>> table = tables.read(data)
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
    target: OneTarget | SeveralTargets
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        kinds = {column.name: column.kind for column in self.schema.features}
        seen: set[str] = set()
        for step in self.steps:
            if step.source not in kinds or step.source in seen:
                raise ValueError(
                    "steps must be for different features of the schema, received "
                    f"{brief(step.source)}."
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
        scalings = len(self.target.each) if isinstance(self.target, SeveralTargets) else 1
        if scalings != max(1, len(self.schema.target_names)):
            raise ValueError(
                f"each target must have a scaling, received {scalings} for "
                f"{len(self.schema.target_names)}."
            )
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
        target_scale: str = STANDARD,
        means: bool = False,
        also_categories: int | None = None,
        weights: Doubles | None = None,
    ) -> Preprocessor:
        """Fits a preprocessor on the training rows of a table.

        Args:
            table: A table with the columns of the schema.
            schema: Its schema.
            rows: Numbers of the training rows; other rows are not looked at.
            raw: Do not scale numbers. Dates are scaled in any case, since the days since the first
                row have no natural unit.
            scaling: "auto" (by each column's tails), "standard", "robust", "quantile" or "none".
            target_scaling: Whether to standardize a numeric target.
            target_scale: On which scale it is learned: "auto", "standard", "log", "yeo-johnson".
            means: Whether means of the target are to be predicted: there are limits then.
            also_categories: Whole numbers of at most so many values are categories besides.
            weights: Weights of the rows in means and standard deviations.

        Raises:
            InvalidArgument: The scaling is unknown.
            InvalidData: A cell is not of its column's kind, the weights cannot be used, the target
                is the same in all rows, or no column is left to learn from.
        """
        checks.boolean("raw", raw)
        checks.choice("scaling", scaling, SCALINGS)
        weights = None if weights is None else checked_weights(weights, len(rows))
        if not len(rows):
            raise InvalidData(f"{table.name}: there are no training rows. At least one is needed.")
        steps: list[Step] = []
        notes: list[str] = []
        cells = Unseen()
        for column in schema.features:
            values = _values(schema, table, column.name, rows, cells)
            numbers = "none" if raw else scaling
            step = fit_step(column, values, numbers, scaling, weights, also_categories)
            if step is None:
                stored = table.frame[column.name].iloc[rows]
                notes.append(why_useless(column, values, stored))
            else:
                steps.append(step)
        cells.check()
        if not steps:
            raise InvalidData(
                f"{table.name}: no column is left to learn from. {' '.join(notes)}".rstrip()
            )
        steps.sort(key=lambda step: isinstance(step, Codes))
        target: OneTarget | SeveralTargets = Target()
        if schema.task == REGRESSION:
            targets = schema.targets(table, rows)
            target, said = fit_targets(
                targets,
                schema.target_names,
                weights,
                scale=target_scaling,
                how=target_scale,
                means=means,
                inputs=lambda: _some_inputs(schema, table, rows, steps),
            )
            notes += said
        return cls(schema, tuple(steps), target, tuple(notes))

    @cached_property
    def columns(self) -> tuple[OutputColumn, ...]:
        """The inputs of the network, in order."""
        return tuple(column for step in self.steps for column in step.columns)

    @property
    def width(self) -> int:
        """The number of inputs."""
        return len(self.columns)

    @property
    def embeddings(self) -> tuple[tuple[str, int], ...]:
        """``(column of the table, number of categories)`` of the last inputs, which are categories.

        Category 0 stands for rare and unseen ones.
        """
        return tuple((step.source, step.size) for step in self.steps if isinstance(step, Codes))

    @property
    def numbers(self) -> tuple[int, ...]:
        """Which inputs are scaled numbers: neither flags nor categories nor yes and no."""
        yes_no = {column.name for column in self.schema.features if column.kind == "boolean"}
        return tuple(
            place
            for place, column in enumerate(self.columns)
            if column.how not in ("flag", "one-hot", "embedding") and column.source not in yes_no
        )

    @property
    def shift(self) -> float | Doubles:
        """What is 0 for the network, in units of the target; of several one number for each."""
        return self.target.shift

    @property
    def scale(self) -> float | Doubles:
        """What is 1 for the network, in units of the target; of several one number for each."""
        return self.target.scale

    def transform(
        self, table: Table, rows: RowNumbers | None = None, *, report: Unseen | None = None
    ) -> Floats:
        """The inputs for rows of a table.

        Args:
            table: A table with the used columns, in any order.
            rows: Row numbers. None: all.
            report: Counts what the training rows did not have.

        Returns:
            ``(rows, width)``, finite, C-contiguous.

        Raises:
            InvalidData: A cell is not of its column's kind. The message says where it is.
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
        """:meth:`transform` for several lists of rows, column by column of the table.

        Needs little more memory than the table and the results.

        Args:
            table: A table with the used columns.
            parts: The row numbers of each part. None: all.
            consume: Drop columns from ``table.frame`` once they are transformed, so that the table
                shrinks while the results grow. Unused columns and the target stay.
            report: Counts what the training rows did not have. Whoever passes it calls its
                ``check`` after the last rows. None: checked here.
        """
        unseen = Unseen() if report is None else report
        sizes = [len(table) if rows is None else len(rows) for rows in parts]
        outs = [np.empty((size, self.width), np.float32) for size in sizes]
        together = max(1, len(self.steps) // _GOES)
        first, spent = 0, list[str]()
        for step in self.steps:
            end = first + len(step.columns)
            for rows, out in zip(parts, outs, strict=True):
                values = _values(self.schema, table, step.source, rows, unseen)
                for begin in range(0, len(out), _BLOCK):
                    block = slice(begin, begin + _BLOCK)
                    step.transform(values[block], out[block, first:end], unseen)
                del values
            first = end
            spent.append(step.source)
            if consume and (len(spent) == together or step is self.steps[-1]):
                table.frame = table.frame.drop(columns=spent)
                spent.clear()
        if report is None:
            unseen.check()
        return outs

    def targets(self, table: Table, rows: RowNumbers | None = None) -> Floats:
        """The targets of the network, ``(rows, targets)``: scaled numbers, or class numbers.

        Args:
            table: A table with the target column.
            rows: Row numbers. None: all.

        Raises:
            InvalidData: A cell is no target. The message says where it is.
        """
        return self.target.scaled(self.schema.targets(table, rows))

    def to_units(self, predictions: ArrayLike) -> Doubles:
        """Predictions in units of the target; any shape. Classes are not changed.

        With several targets the last axis is theirs.
        """
        return self.target.to_units(predictions)

    def describe(self) -> list[str]:
        """How columns enter the network, for people: one line for numbers, one per other column."""
        hows = {
            step.source: "flag only" if step.scaling is None else step.scaling.kind
            for step in self.steps
            if isinstance(step, Numeric | AlsoCategories)
        }
        lines = []
        if len(hows) == 1:
            lines += [f"{source!r}: {how}" for source, how in hows.items()]
        elif hows:
            each = Counter(hows.values())
            lines.append(
                f"{len(hows):,} numeric columns: "
                + (
                    next(iter(each))
                    if len(each) == 1
                    else ", ".join(f"{number:,} {how}" for how, number in each.most_common())
                )
            )
        flagged = sum(step.flagged for step in self.steps if isinstance(step, _FLAGGED))
        lines += [f"{step.source!r}: {_entry(step)}" for step in self.steps if _entry(step)]
        if flagged:
            verb = "flags" if flagged == 1 else "flag"
            lines.append(f"{count(flagged, 'more input')} {verb} missing cells")
        return lines

    def record(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """``(document, arrays)``: plain data for JSON, and float64 arrays; without the schema."""
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
        """The preprocessor that :meth:`record` wrote; its results are the same to the bit.

        Raises:
            ValueError, KeyError: It is no record of a preprocessor, or of one for another schema.
                Nothing in it is executed.
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
            if isinstance(fields.get("source"), str):  # earlier versions kept line breaks
                fields = {**fields, "source": one_line(fields["source"])}
            steps.append(kind.from_record(fields, mine))
        return cls(schema, tuple(steps), target_from(written.target))


@dataclass(frozen=True)
class _Written:
    """The document of a preprocessor in a file."""

    steps: list[dict[str, Any]]
    target: dict[str, Any]


def _some_inputs(
    schema: Schema, table: Table, rows: RowNumbers, steps: Sequence[Step]
) -> tuple[RowNumbers, Doubles] | None:
    """Places of some of these rows, evenly spaced, and their inputs, but for embeddings."""
    plain = tuple(step for step in steps if not isinstance(step, Codes))
    if not plain or sum(len(step.columns) for step in plain) > MOST_INPUTS:
        return None
    places = np.unique(np.linspace(0, len(rows) - 1, ENOUGH).astype(np.int64))
    inputs = Preprocessor(schema, plain, _unscaled(schema)).transform(table, rows[places])
    return places, inputs.astype(np.float64)


def _unscaled(schema: Schema) -> OneTarget | SeveralTargets:
    names = schema.target_names
    return SeveralTargets(tuple(Target() for _ in names)) if len(names) > 1 else Target()


def _values(
    schema: Schema, table: Table, name: str, rows: RowNumbers | None, unseen: Unseen
) -> NDArray[Any]:
    """The cells of a column, counted; those that are not what it holds are missing."""
    values = schema.values(table, name, rows, unknown=unseen.word)
    if values.dtype.kind in "fM":
        unseen.seen(name, int(np.count_nonzero(values == values)))  # neither NaN nor NaT
    return values


def _entry(step: Step) -> str:
    """How a column of another kind than numbers enters; ``""`` for numbers."""
    if isinstance(step, AlsoCategories):
        return f"also one-hot of {len(step.values)}"
    if isinstance(step, OneHot):
        return f"one-hot of {len(step.columns):,}"
    if isinstance(step, Codes):
        return f"embedding of {step.size}"
    if isinstance(step, Moment):
        what = "time of day" if step.of_day else f"{len(step.scalings)} parts of a date"
        return f"{what} as a point on a circle" if step.of_day else what
    return ""
