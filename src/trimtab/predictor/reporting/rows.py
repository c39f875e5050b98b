"""The rows that a report looks at: those held out, with their predictions, and the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core.random import Stream, permutation
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor.base import SCORED, PredictorBase
from trimtab.predictor.evaluation import cases_of, groups_of, known_rows, rows_of_part, weights_of
from trimtab.predictor.out_of_fold import folds_of_rows, outputs_out_of_fold
from trimtab.predictor.remarks import Remarks

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["Kept", "Known", "Seen", "kept_rows", "rows_of_table"]

#: Most rows of a table that are kept for the report, and most cells.
MOST_ROWS, MOST_CELLS = 50_000, 20_000_000

#: Most held-out rows that are looked at.
MOST_SEEN = 20_000

#: Part -> what sentences call its rows.
WORDS = {"folds": "rows out of fold", "test": "test rows", "valid": "validation rows"}

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Kept:
    """Some rows of a table as they were read; training releases the columns of the table itself.

    Attributes:
        table: these rows.
        numbers: their numbers in the whole table, sorted.
        whole: how many rows the whole table has.
    """

    table: Table
    numbers: Numbers
    whole: int

    @classmethod
    def of(cls, table: Table, seed: int = 0) -> Kept:
        """All rows, or a random part of many."""
        rows, columns = table.frame.shape
        most = min(MOST_ROWS, max(1000, MOST_CELLS // max(columns, 1)))
        if rows <= most:
            return cls(replace(table), np.arange(rows), rows)
        numbers = np.sort(permutation(seed, Stream.IMPORTANCE, 0, rows)[:most])
        return cls(table.taken(numbers), numbers, rows)

    def places(self, numbers: Numbers) -> tuple[Numbers, Numbers]:
        """Which of these rows are kept: their places here, and among ``numbers`` (sorted)."""
        _, here, there = np.intersect1d(
            self.numbers, numbers, assume_unique=True, return_indices=True
        )
        return here.astype(np.int64), there.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Known:
    """Rows that the model was trained on.

    Attributes:
        table: they are in.
        rows: their numbers in it.
        folds: the fold of each, in which it was held out; None without folds.
    """

    table: Table
    rows: Numbers
    folds: Numbers | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """Rows whose target is known, with what is predicted for them.

    Attributes:
        table: they are in.
        rows: their numbers in it.
        y: targets in their own units, or class numbers.
        outputs: numbers in units of the target, or probabilities.
        part: ``folds``, ``test``, ``valid``, or ``new`` for rows of another table.
        words: what sentences call the rows.
        whole: how many such rows there are in all.
        origin: the table as it was read, which knows where its rows stand.
        numbers: of the rows in it.
        groups: the group number of each row.
        weights: of the rows.
        folds: the fold of each row, where networks of folds predicted it.
        notes: what is worth knowing about them.
    """

    table: Table
    rows: Numbers
    y: Doubles
    outputs: Doubles
    part: str
    words: str
    whole: int
    origin: Table
    numbers: Numbers
    groups: Numbers | None = None
    weights: Doubles | None = None
    folds: Numbers | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def honest(self) -> bool:
        """Whether the model was not trained on these rows."""
        return self.part != "new"

    def place(self, at: int) -> str:
        """Where a row stands: ``line 17``."""
        return self.origin.place(int(self.numbers[at]))

    def some(self, most: int, seed: int = 0) -> Seen:
        """At most so many of them, drawn at random."""
        if len(self) <= most:
            return self
        drawn = np.sort(permutation(seed, Stream.IMPORTANCE, 1, len(self))[:most])
        return self.at(drawn)

    def at(self, places: Numbers) -> Seen:
        """Those at these places."""
        return replace(
            self,
            rows=self.rows[places],
            numbers=self.numbers[places],
            y=self.y[places],
            outputs=self.outputs[places],
            groups=None if self.groups is None else self.groups[places],
            weights=None if self.weights is None else self.weights[places],
            folds=None if self.folds is None else self.folds[places],
        )


def kept_rows(
    kept: Mapping[int, Kept],
    held: Mapping[str, tuple[Table, Numbers, Doubles, Doubles, Numbers | None, Doubles | None]],
    train: tuple[Table, Numbers],
    folds: Sequence[tuple[Numbers, Numbers]],
) -> tuple[Seen | None, Known | None]:
    """The rows of a training that has just ended, as far as they are kept.

    Args:
        kept: by the identity of a table, its rows that are kept.
        held: by part: table, row numbers, targets, outputs, groups and weights of rows held out.
        train: table and row numbers of the rows trained on.
        folds: of a cross-validation.
    """
    fold_of = {}
    if folds:
        numbers = np.concatenate([valid for _, valid in folds])
        order = np.argsort(numbers, kind="stable")
        fold = np.repeat(np.arange(len(folds)), [len(valid) for _, valid in folds])
        fold_of = {"numbers": numbers[order], "fold": fold[order]}
    seen = known = None
    part = next((each for each in SCORED if each in held), None)
    if part is not None:
        table, rows, y, outputs, groups, weights = held[part]
        own = kept[id(table)]
        here, there = own.places(rows)
        if len(here):
            seen = Seen(
                table=own.table,
                rows=here,
                y=y[there],
                outputs=outputs[there],
                part=part,
                words=WORDS[part],
                whole=len(rows),
                origin=table,
                numbers=rows[there],
                groups=None if groups is None else groups[there],
                weights=None if weights is None else weights[there],
                folds=_folds(fold_of, own.numbers[here]) if part == "folds" else None,
            ).some(MOST_SEEN)
    table, rows = train
    own = kept[id(table)]
    here, _ = own.places(rows)
    if len(here):
        known = Known(own.table, here, _folds(fold_of, own.numbers[here]) if folds else None)
    return seen, known


def _folds(fold_of: Mapping[str, Numbers], numbers: Numbers) -> Numbers:
    """The fold of each row; -1 for rows that are in none."""
    places = np.searchsorted(fold_of["numbers"], numbers)
    places = np.minimum(places, len(fold_of["numbers"]) - 1)
    found = fold_of["numbers"][places] == numbers
    return np.where(found, fold_of["fold"][places], -1)


def rows_of_table(
    predictor: PredictorBase, table: Table, remarks: Remarks
) -> tuple[Seen | None, Known | None]:
    """The rows of a table that was read: those held out in training, or all of another table.

    Args:
        predictor: the model.
        table: with the target.
        remarks: collects what is worth knowing.

    Raises:
        InvalidData: columns are missing.
    """
    schema, preprocessor = predictor.schema, predictor.preprocessor
    table = cases_of(predictor, table, remarks)
    remarks.add(schema.check(table, target=True))
    rows = schema.rows_with_target(table)
    x = preprocessor.transform(table, rows, report=remarks.counter())
    remarks.counter().check()
    y = preprocessor.targets(table, rows)
    folds = folds_of_rows(predictor, table, rows, x, y)
    if folds is not None:
        inside = np.flatnonzero(folds >= 0)
        outputs = outputs_out_of_fold(predictor, x[inside], folds[inside])
        seen = _seen(predictor, table, rows[inside], outputs, "folds", WORDS["folds"])
        return (
            replace(seen, folds=folds[inside]).some(MOST_SEEN),
            Known(table, rows[inside], folds[inside]),
        )
    for part in ("test", "valid"):
        try:
            chosen = rows_of_part(predictor, table, rows, x, y, part)
        except (InvalidArgument, InvalidData):
            continue
        if not chosen.any():
            continue
        outputs = predictor.outputs_of_inputs(x[chosen])
        seen = _seen(predictor, table, rows[chosen], outputs, part, WORDS[part])
        return seen.some(MOST_SEEN), _trained_on(predictor, table, rows, x, y)
    notes = known_rows(predictor, x, y, "all")
    drawn = np.sort(permutation(0, Stream.IMPORTANCE, 1, len(rows))[:MOST_SEEN])
    outputs = predictor.outputs_of_inputs(x[drawn])
    words = f"rows of {table.name}"
    seen = replace(
        _seen(predictor, table, rows[drawn], outputs, "new", words),
        notes=tuple(notes),
        whole=len(rows),
    )
    return seen, None


def _trained_on(
    predictor: PredictorBase, table: Table, rows: Numbers, x: Floats, y: Floats
) -> Known | None:
    try:
        chosen = rows_of_part(predictor, table, rows, x, y, "train")
    except (InvalidArgument, InvalidData):
        return None
    return Known(table, rows[chosen]) if chosen.any() else None


def _seen(
    predictor: PredictorBase, table: Table, rows: Numbers, outputs: Doubles, part: str, words: str
) -> Seen:
    return Seen(
        table=table,
        rows=rows,
        y=predictor.schema.targets(table, rows),
        outputs=outputs,
        part=part,
        words=words,
        whole=len(rows),
        origin=table,
        numbers=rows,
        groups=groups_of(predictor, table, rows),
        weights=weights_of(predictor, table, rows),
    )
