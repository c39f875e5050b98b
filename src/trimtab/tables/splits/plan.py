"""Which rows train, which validate, which test.

Scikit-learn's splitters draw. What they draw from is decided here: only rows with a target, one of
each set of copies, whole groups, whole moments, and sizes as shares of all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import checks
from trimtab.core.words import brief, count
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns.copies import Copies
from trimtab.tables.splits.at_random import AtRandom, Stratified
from trimtab.tables.splits.by_group import ByGroup
from trimtab.tables.splits.by_time import ByTime
from trimtab.tables.splits.by_time_and_group import ByTimeAndGroup
from trimtab.tables.splits.together import Together
from trimtab.tables.splits.way import LEAST_PART, RowNumbers, Way, check_left

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table

__all__ = ["COPIES", "LEAST_ROWS", "Split", "SplitPlan", "make_split"]

#: The fewest rows to train and score a model on, and to train one alone.
LEAST_ROWS, LEAST_TO_TRAIN = 20, 1

#: What to do with rows that are copies of each other.
COPIES = ("auto", "together", "apart")

_NONE = np.empty(0, np.int64)


@dataclass(frozen=True)
class SplitPlan:
    """How to divide the rows of a table.

    Attributes:
        valid: Share of all rows for validation: they pick the epoch and score the model. 0 sets
            none aside. Unused with folds.
        test: Share of all rows for the test, which is scored once at the end.
        group: Column whose values must not stand on both sides of a split. Shares are then shares
            of the groups.
        time: Column that orders the rows: training first, then validation, test last. With a group
            column too, earlier rows whose group comes again in a later part are left out.
        folds: Number of cross-validation folds.
        stratify: Whether every part gets the same share of each class. None: yes for classes,
            unless there is a group or time column.
        copies: ``"together"`` keeps rows that are equal in all features and the target on the same
            side of a random split, ``"apart"`` treats them like any other rows. ``"auto"`` is
            together, unless most rows have a copy, as different cases do in tables of few
            categories.
        seed: Seed of the draw. The same rows and seed give the same split on any machine, with the
            same version of scikit-learn.

    Raises:
        InvalidArgument: A value is out of range, or two contradict each other.

    Example:
        >>> SplitPlan(valid=0.2, test=0.2).copies
        'auto'
        >>> SplitPlan(valid=20)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: valid must be a share of the rows, at least 0 and below 1, \
received 20. Use valid=0.2 for 20 %.
    """

    valid: float = 0.25
    test: float = 0.0
    group: str | None = None
    time: str | None = None
    folds: int | None = None
    stratify: bool | None = None
    copies: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("valid", "test"):
            object.__setattr__(self, name, _share(name, getattr(self, name)))
        if self.folds is None and self.valid + self.test >= 1:
            raise InvalidArgument(
                f"valid and test must add up to less than 1, received valid={self.valid:g} and "
                f"test={self.test:g}. Use valid=0.2, test=0.2."
            )
        if self.folds is not None:
            checks.integer("fold", self.folds, minimum=2, maximum=1000)
        if self.stratify is not None:
            checks.boolean("stratify", self.stratify)
        checks.choice("copies", self.copies, COPIES)
        if checks.seed("seed", self.seed) is None:
            raise InvalidArgument("seed of a split must be an integer, received None. Use seed=0.")
        by = self.group or self.time
        if self.stratify and by is not None:
            raise InvalidArgument(
                f"stratify=True needs rows drawn one by one, but {by!r} keeps some together. Leave "
                "one of the two out."
            )
        if self.copies == "together" and by is not None:
            raise InvalidArgument(
                f"copies='together' needs rows drawn one by one, but {by!r} keeps some together. "
                "Leave one of the two out."
            )


@dataclass(frozen=True, eq=False)
class Split:
    """The rows of each part.

    Attributes:
        train: Rows to train on, sorted. With folds: all rows but those of the test.
        valid: Rows to validate on, sorted. With folds: none.
        test: Rows of the test, sorted. Rows without a target are in no part.
        how: How the rows were divided, for people; the sizes are those of the parts.
        groups: The number of each table row's group; None where rows have no groups.
        folds: The rows to train on and to validate on, of each fold.
    """

    train: RowNumbers
    valid: RowNumbers
    test: RowNumbers
    how: str
    groups: RowNumbers | None = None
    folds: tuple[tuple[RowNumbers, RowNumbers], ...] = ()


def make_split(table: Table, schema: Schema, plan: SplitPlan) -> Split:
    """Divides the rows that have a target.

    Sizes: A share means ``round(share * rows)`` of all rows with a target, for the test part as for
    the validation part, which is taken from what the test part leaves. With groups it is that many
    groups, drawn whole, whatever their sizes. With time the cut moves to the nearest change of
    moment, which may be far off where moments are few.

    Copies: Of equal rows one is drawn and the others follow it, so a share is one of the distinct
    rows. See :class:`SplitPlan` for when. Otherwise ``how`` says how many rows of a part equal a
    training row.

    Stratified: A class with a single row stays in the training part. A part with fewer rows than
    classes is drawn without stratification, and ``how`` says so.

    Args:
        table: The rows.
        schema: Names the target, and the group or time column where the plan names none.
        plan: How to divide them.

    Raises:
        InvalidData: The table has fewer than 20 rows with a target, or none where all are to train
            on; a part or what is left to train on is too small; there is only one group or
            moment; there are more folds than groups or moments; a time is missing.
        InvalidArgument: ``stratify=True`` for a target of numbers.

    Example:
        >>> import trimtab.tables as tables
        >>> table = tables.read("red-wine")
        >>> schema = tables.infer_schema(table, "quality")
        >>> split = tables.make_split(table, schema, tables.SplitPlan(valid=0.3))
        >>> len(split.train), len(split.valid)
        (1125, 474)
        >>> print(split.how)
        Drawn at random (seed 0). 240 rows repeat another; a row and its copies stay on one side.

    Source:
        Scikit-learn's ``ShuffleSplit``, ``StratifiedShuffleSplit``, ``GroupShuffleSplit``,
        ``KFold``, ``StratifiedKFold``, ``GroupKFold``, ``TimeSeriesSplit``.
    """
    rows = np.asarray(schema.usable_rows(table), np.int64)
    divided = plan.folds is not None or plan.valid + plan.test > 0
    least = LEAST_ROWS if divided else LEAST_TO_TRAIN
    if len(rows) < least:
        raise InvalidData(
            f"training needs at least {count(least, 'row')} with a target, but {table.name} has "
            f"{len(rows)}. Add rows."
        )
    classes = schema.task != "regression"
    if plan.stratify and not classes:
        raise InvalidArgument(
            "stratify=True needs classes, but the target is a number. Leave stratify out."
        )
    group, time = plan.group, plan.time
    if group is None and time is None:
        group, time = (next(iter(schema.role(role)), None) for role in ("group", "time"))
    copies = Copies.of(table, schema, rows) if divided else None
    together = (
        copies is not None and group is None and time is None and _stay_together(copies, plan)
    )
    noun = "distinct rows" if together else "rows"
    way: Way
    if time is not None and group is not None:
        way = ByTimeAndGroup(table, schema, rows, time, group)
    elif time is not None:
        way = ByTime(table, schema, rows, time)
    elif group is not None:
        way = ByGroup(table, schema, rows, group, plan.seed)
    elif classes and plan.stratify is not False:
        way = Stratified(rows, schema.targets(table, rows).astype(np.int64), plan.seed, noun)
    else:
        way = AtRandom(plan.seed, noun)
    if copies is not None and together:
        way = Together(way, copies)
    rest, test = way.cut(rows, plan.test, len(rows), "test") if plan.test else (rows, _NONE)
    if plan.folds is not None:
        folds = tuple(way.folds(rest, plan.folds))
        for train, valid in folds:
            check_left(len(train), len(rows))
            if len(valid) < LEAST_PART:
                raise InvalidData(
                    f"fold={plan.folds} of {len(rest)} rows leaves {len(valid)} in a fold; at "
                    f"least {LEAST_PART} are needed. Use fewer folds."
                )
        if copies is not None and not together:
            _say_copies(way, copies, plan, rest, test, folds)
        how = _sentence(f"{plan.folds} folds, {way.manner_of_folds()}", way)
        return Split(rest, _NONE, test, how, way.groups, folds)
    train, valid = way.cut(rest, plan.valid, len(rows), "valid") if plan.valid else (rest, _NONE)
    if divided:
        check_left(len(train), len(rows))
    if copies is not None and not together:
        _say_copies(way, copies, plan, train, test, valid=valid)
    how = _sentence(way.manner(train, valid, test), way) if len(train) < len(rows) else "All train."
    return Split(train, valid, test, how, way.groups)


def _stay_together(copies: Copies, plan: SplitPlan) -> bool:
    """Whether copies stay on the same side of a random split."""
    if plan.copies != "auto":
        return plan.copies == "together"
    return not copies.most and copies.distinct >= LEAST_ROWS


def _share(name: str, value: Any) -> float:
    share = checks.is_number(value) and 0 <= value < 1
    if share:
        return float(value)
    percent = checks.is_number(value) and 1 < value < 100
    hint = f" Use {name}={value / 100:g} for {value:g} %." if percent else f" Use {name}=0.25."
    raise InvalidArgument(
        f"{name} must be a share of the rows, at least 0 and below 1, received "
        f"{brief(value)}.{hint}"
    )


def _say_copies(
    way: Way,
    copies: Copies,
    plan: SplitPlan,
    train: RowNumbers,
    test: RowNumbers,
    folds: Sequence[tuple[RowNumbers, RowNumbers]] = (),
    valid: RowNumbers = _NONE,
) -> None:
    """Adds how many validation and test rows equal a training row, and why they are not together.

    With folds, ``train`` is all rows but those of the test, and rows of all folds count together.
    """
    if isinstance(way, AtRandom) and plan.copies == "auto":
        reason = (
            "Most rows equal another, as different cases do in tables of few categories"
            if copies.most
            else f"Fewer than {LEAST_ROWS} rows are distinct"
        )
        way.words.append(f"{reason}: copies are not kept together.")

    def equal(rows: RowNumbers, others: RowNumbers) -> int:
        return int(copies.among(rows, others).sum())

    in_folds = sum(equal(valid_rows, others) for others, valid_rows in folds)
    for number, what, whose in (
        (equal(valid, train), "validation row", "a training row"),
        (in_folds, "row", "a training row of their fold"),
        (equal(test, train), "test row", "a training row"),
    ):
        if number:
            plural, singular = (f"{what}s equal", f"{what} equals")
            way.words.append(f"{number:,} {plural if number > 1 else singular} {whose}.")


def _sentence(text: str, way: Way) -> str:
    return " ".join([f"{text[0].upper()}{text[1:]}.", *way.words])
