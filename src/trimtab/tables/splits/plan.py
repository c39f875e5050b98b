"""Which rows train, which choose, which judge.

Scikit-learn's splitters draw; what is decided here is what they are given: rows with a target only,
of rows that are copies the first one, whole groups, whole moments, and sizes that are shares of all
rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import checks
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns.copies import Copies
from trimtab.tables.splits.ways import (
    LEAST_PART,
    Rows,
    _AtRandom,
    _ByGroup,
    _ByTime,
    _check_left,
    _Stratified,
    _Together,
    _Way,
)

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table

__all__ = ["COPIES", "LEAST_ROWS", "Split", "SplitPlan", "make_split"]

#: With fewer rows than this nothing said about a model would mean anything.
LEAST_ROWS = 20

#: What can be done with rows that are copies of each other.
COPIES = ("auto", "together", "apart")

_NONE = np.empty(0, np.int64)


@dataclass(frozen=True)
class SplitPlan:
    """How rows are to be divided.

    Attributes:
        valid: share of all rows that choose the epoch and judge the model; 0: none are set aside
            here, because they come from elsewhere. Not looked at where there are folds.
        test: share of all rows that nothing looks at until the end.
        group: column whose values must not stand on both sides of a split; shares are then shares
            of the groups.
        time: column that orders the rows: training on the past, validation after it, test last.
        folds: cross-validation with so many folds.
        stratify: whether every part gets its share of each class; None: wherever there are classes
            and neither groups nor time.
        copies: ``together``: rows that are alike in all features and the target stay on one side of
            a split at random, ``apart``: they are divided like any others; ``auto``: together,
            unless most rows have a copy, as different cases do in tables of few categories.
        seed: of what is drawn. The same rows and seed give the same split on any machine; another
            version of scikit-learn may draw another one.

    Errors:
        ``InvalidArgument`` for values out of range, and for what contradicts itself.

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
                f"valid and test must leave rows to train on, received valid={self.valid:g} and "
                f"test={self.test:g}. Their sum must be below 1."
            )
        if self.folds is not None:
            checks.integer("fold", self.folds, minimum=2, maximum=1000)
        if self.stratify is not None:
            checks.boolean("stratify", self.stratify)
        checks.choice("copies", self.copies, COPIES)
        if checks.seed("seed", self.seed) is None:
            raise InvalidArgument("seed of a split must be an integer, received None. Use seed=0.")
        if self.group is not None and self.time is not None:
            raise InvalidArgument(
                f"rows are split by group or by time, received group={self.group!r} and "
                f"time={self.time!r}. Choose by what new rows will be: of new groups, or later."
            )
        by = self.group or self.time
        if self.stratify and by is not None:
            raise InvalidArgument(
                f"stratify=True needs rows that are drawn one by one, and {by!r} says which stay "
                "together. Leave one of the two out."
            )
        if self.copies == "together" and by is not None:
            raise InvalidArgument(
                f"copies='together' needs rows that are drawn one by one, and {by!r} says which "
                "stay together. Leave one of the two out."
            )


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of the parts, sorted.

    Attributes:
        train, valid, test: rows of the table. Rows without a target are in none of them.
        how: what was done, for people; sizes are told from the parts.
        groups: the number of each table row's group; None where every row is by itself.
        folds: ``(train, valid)`` of each fold; ``train`` then is all rows but those of ``test``,
            and ``valid`` is empty.
    """

    train: Rows
    valid: Rows
    test: Rows
    how: str
    groups: Rows | None = None
    folds: tuple[tuple[Rows, Rows], ...] = ()


def make_split(table: Table, schema: Schema, plan: SplitPlan) -> Split:
    """Divides the rows that have a target.

    Sizes: a share means ``round(share * rows)`` of all rows with a target, the test part's as well
    as the validation part's, which is taken from what the test part leaves. Of groups it is so many
    of the groups, drawn whole, however many rows they have. With time the cut is moved to the
    nearest change of moment, which may be far from the size asked for where moments are few.

    Copies: of rows that are alike in all features and the target one is drawn, and the others
    follow it, so a share is one of the distinct rows. See :class:`SplitPlan` for when; ``how`` says
    what was done. Otherwise it says how many rows of a part equal a training row.

    Stratified: a class with a single row trains. Where a part would have fewer rows than there are
    classes, rows are drawn without regard to class, and ``how`` says so.

    Source: scikit-learn's ``ShuffleSplit``, ``StratifiedShuffleSplit``, ``GroupShuffleSplit``,
    ``KFold``, ``StratifiedKFold``, ``GroupKFold``, ``TimeSeriesSplit``.

    Args:
        table: the rows.
        schema: says what the target is; its group or time column counts where the plan names none.
        plan: what is asked for.

    Errors:
        ``InvalidData``: fewer than 20 rows, a part or a training part that would be too small, one
        group or moment, more folds than groups or moments, a time that is missing.
        ``InvalidArgument``: ``stratify=True`` without classes.

    Example:
        >>> import trimtab.tables as tables
        >>> table = tables.read("red-wine")
        >>> schema = tables.infer_schema(table, "quality")
        >>> split = tables.make_split(table, schema, tables.SplitPlan(valid=0.3))
        >>> len(split.train), len(split.valid)
        (1125, 474)
        >>> print(split.how)
        Drawn at random (seed 0). 240 rows repeat another; a row and its copies stay on one side.
    """
    rows = np.asarray(schema.usable_rows(table), np.int64)
    if len(rows) < LEAST_ROWS:
        raise InvalidData(
            f"training needs at least {LEAST_ROWS} rows with a target, and {table.name} has "
            f"{len(rows)}. Add rows."
        )
    classes = schema.task != "regression"
    if plan.stratify and not classes:
        raise InvalidArgument(
            "stratify=True needs classes, and the target is a number. Leave stratify out."
        )
    group, time = plan.group, plan.time
    if group is None and time is None:
        group, time = (next(iter(schema.role(role)), None) for role in ("group", "time"))
    divided = plan.folds is not None or plan.valid + plan.test > 0
    copies = Copies.of(table, schema, rows) if divided else None
    together = copies is not None and group is None and time is None and _together(copies, plan)
    noun = "distinct rows" if together else "rows"
    way: _Way
    if time is not None:
        way = _ByTime(table, schema, rows, time)
    elif group is not None:
        way = _ByGroup(table, schema, rows, group, plan.seed)
    elif classes and plan.stratify is not False:
        way = _Stratified(rows, schema.targets(table, rows).astype(np.int64), plan.seed, noun)
    else:
        way = _AtRandom(plan.seed, noun)
    if copies is not None and together:
        way = _Together(way, copies)
    rest, test = way.cut(rows, plan.test, len(rows), "test") if plan.test else (rows, _NONE)
    if plan.folds is not None:
        folds = tuple(way.folds(rest, plan.folds))
        for train, valid in folds:
            _check_left(len(train), len(rows))
            if len(valid) < LEAST_PART:
                raise InvalidData(
                    f"fold={plan.folds} of {len(rest)} rows leaves {len(valid)} in a fold, and at "
                    f"least {LEAST_PART} are needed. Use fewer folds."
                )
        if copies is not None and not together:
            _say_copies(way, copies, plan, rest, test, folds)
        how = _sentence(f"{plan.folds} folds, {way.manner_of_folds()}", way)
        return Split(rest, _NONE, test, how, way.groups, folds)
    train, valid = way.cut(rest, plan.valid, len(rows), "valid") if plan.valid else (rest, _NONE)
    _check_left(len(train), len(rows))
    if copies is not None and not together:
        _say_copies(way, copies, plan, train, test, valid=valid)
    how = _sentence(way.manner(train, valid, test), way) if len(train) < len(rows) else "All train."
    return Split(train, valid, test, how, way.groups)


def _together(copies: Copies, plan: SplitPlan) -> bool:
    """Whether copies stay on one side of a split at random."""
    if plan.copies != "auto":
        return plan.copies == "together"
    return not copies.most and copies.distinct >= LEAST_ROWS


def _share(name: str, value: Any) -> float:
    share = checks._is_number(value) and 0 <= value < 1
    if share:
        return float(value)
    percent = checks._is_number(value) and 1 < value < 100
    hint = f" Use {name}={value / 100:g} for {value:g} %." if percent else f" Use {name}=0.25."
    raise InvalidArgument(
        f"{name} must be a share of the rows, at least 0 and below 1, received {value!r}.{hint}"
    )


def _say_copies(
    way: _Way,
    copies: Copies,
    plan: SplitPlan,
    train: Rows,
    test: Rows,
    folds: Sequence[tuple[Rows, Rows]] = (),
    valid: Rows = _NONE,
) -> None:
    """What it means that copies stand on both sides; ``train`` is all but the test rows of folds.

    Said of validation and test rows, and of the rows of all folds together.
    """
    if isinstance(way, _AtRandom) and plan.copies == "auto":
        reason = (
            "Most rows equal another, as different cases do in tables of few categories"
            if copies.most
            else f"Fewer than {LEAST_ROWS} rows differ"
        )
        way.words.append(f"{reason}: each is divided by itself.")

    def equal(rows: Rows, others: Rows) -> int:
        return int(copies.among(rows, others).sum())

    in_folds = sum(equal(valid_rows, others) for others, valid_rows in folds)
    for number, what, whose in (
        (equal(valid, train), "validation row", "a training row"),
        (in_folds, "row", "one that their fold's network trains on"),
        (equal(test, train), "test row", "a training row"),
    ):
        if number:
            plural, singular = (f"{what}s equal", f"{what} equals")
            way.words.append(f"{number:,} {plural if number > 1 else singular} {whose}.")


def _sentence(text: str, way: _Way) -> str:
    return " ".join([f"{text[0].upper()}{text[1:]}.", *way.words])
