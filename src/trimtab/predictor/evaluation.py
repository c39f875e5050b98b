"""Scores a predictor on a table, and finds rows that it was trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import count, listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.classes.deciding import checked_threshold
from trimtab.predictor.metric_names import quoted_metric
from trimtab.predictor.out_of_fold import folds_of_rows, outputs_out_of_fold
from trimtab.predictor.scores import Scores, score
from trimtab.predictor.several.baselines import SeveralBaselines
from trimtab.predictor.several.scores import SeveralScores, score_several
from trimtab.tables.columns.storage import shown

if TYPE_CHECKING:
    from trimtab.predictor.remarks import Remarks
    from trimtab.tables.files.table import Table

__all__ = [
    "ALL",
    "FOLDS",
    "cases_of",
    "evaluate",
    "groups_of",
    "known_rows",
    "rows_of_part",
    "scored",
    "weights_of",
]

#: All rows of the table, whatever part they belonged to in training.
ALL = "all"

#: Each row of the folds by the networks that were trained without it.
FOLDS = "folds"

_WORDS = {"train": "training", "valid": "validation", "test": "test"}

Chosen = NDArray[np.bool_]


def evaluate(
    predictor: PredictorBase,
    table: Table,
    part: str,
    remarks: Remarks,
    threshold: float | None = None,
) -> Scores | SeveralScores:
    """The scores of a table that was read; see :meth:`trimtab.Predictor.evaluate`."""
    checks.choice("part", part, (ALL, *_WORDS, FOLDS))
    schema, preprocessor = predictor.schema, predictor.preprocessor
    threshold = checked_threshold(threshold, predictor.targets[0], schema.classes)
    table = cases_of(predictor, table, remarks)
    remarks.add(schema.check(table, target=True))
    rows = schema.rows_with_target(table)
    if len(rows) < len(table):
        lacking = listed(map(repr, predictor.targets), 9, last=" or ")
        without = count(len(table) - len(rows), "row")
        remarks.add([f"{without} of {len(table):,} without {lacking} left out."])
    x = preprocessor.transform(table, rows, report=remarks.counter())
    remarks.counter().check()
    y = preprocessor.targets(table, rows)
    name, folds = f"rows of {table.name}", None
    if part == FOLDS:
        folds = _known_folds(predictor, table, rows, x, y)
        chosen = folds >= 0
        rows, x, folds = rows[chosen], x[chosen], folds[chosen]
        outputs = outputs_out_of_fold(predictor, x, folds)
        name = f"{len(predictor.split['folds'])}-fold"
    else:
        if part != ALL:
            chosen = rows_of_part(predictor, table, rows, x, y, part)
            rows, x, y = rows[chosen], x[chosen], y[chosen]
            name = f"{_WORDS[part]} rows"
        known = known_rows(predictor, x, y, part)
        remarks.add(known)
        if known and part == ALL and folds_of_rows(predictor, table, rows, x, y) is not None:
            remarks.add([f"Use part={FOLDS!r} (--part {FOLDS}) for scores as of new rows."])
        outputs = predictor.outputs_of_inputs(x)
    remarks.count(outputs)
    truth = schema.targets(table, rows)
    if predictor.classifies and len(rows) > 1 and truth.min() == truth.max():
        label = shown(schema.classes[int(truth[0])])
        remarks.add([f"All {len(rows):,} rows are {label}: only accuracy and log loss are known."])
    scores = scored(
        predictor,
        truth,
        outputs,
        groups=groups_of(predictor, table, rows),
        weights=weights_of(predictor, table, rows),
        part=name,
        threshold=threshold,
    )
    return scores if folds is None else _of_one_network(predictor, scores)


def _known_folds(
    predictor: PredictorBase, table: Table, rows: NDArray[np.int64], x: Floats, y: Floats
) -> NDArray[np.int64]:
    """The fold of each row of the table that the model was trained on.

    Raises:
        InvalidArgument: the model is not cross-fitted.
        InvalidData: it is another table.
    """
    if not predictor.split.get("crossed"):
        raise InvalidArgument(
            "this model was trained on one split: it has no networks for each fold. Leave the part "
            "out to evaluate on all rows."
        )
    folds = folds_of_rows(predictor, table, rows, x, y)
    if folds is None:
        raise InvalidData(
            f"{table.name} is not the table that this model was trained on: its folds are not "
            "there. Leave the part out to evaluate on all rows."
        )
    return folds


def _of_one_network(
    predictor: PredictorBase, scores: Scores | SeveralScores
) -> Scores | SeveralScores:
    """Scores out of fold, with what training found out about the average."""
    known = predictor.scores.get(FOLDS)
    if isinstance(scores, Scores) and isinstance(known, Scores):
        return replace(scores, averaged=known.averaged)
    if isinstance(scores, SeveralScores) and isinstance(known, SeveralScores):
        targets = {
            name: replace(each, averaged=known[name].averaged)
            for name, each in scores.targets.items()
        }
        return replace(scores, targets=targets)
    return scores


def scored(
    predictor: PredictorBase,
    truth: Doubles,
    outputs: Doubles,
    *,
    groups: NDArray[np.int64] | None,
    weights: Doubles | None,
    part: str,
    threshold: float | None = None,
    reliability: bool = True,
) -> Scores | SeveralScores:
    """The scores of what a predictor said about rows, by its own rules.

    Args:
        predictor: the model.
        truth: numbers, or class numbers.
        outputs: numbers, or probabilities.
        groups: the group number of each row.
        weights: of the rows.
        part: what sentences call the rows.
        threshold: of the positive class; None: that of the model.
        reliability: whether to compare probabilities with shares.
    """
    schema, baseline, deciding = predictor.schema, predictor.baseline, predictor.deciding
    positive = schema.positive_class
    quoted = quoted_metric(
        predictor.options, predictor.task, baseline.frequencies, speaks=positive is not None
    )
    if isinstance(baseline, SeveralBaselines):
        return score_several(
            truth,
            outputs,
            baseline=baseline,
            groups=groups,
            weights=weights,
            part=part,
            quoted=quoted,
        )
    return score(
        predictor.task,
        truth,
        outputs,
        baseline=baseline,
        groups=groups,
        weights=weights,
        part=part,
        target=predictor.targets[0],
        classes=schema.classes,
        quoted=quoted,
        positive=positive,
        threshold=predictor.threshold if threshold is None else threshold,
        costs=() if deciding is None else deciding.costs,
        reliability=reliability,
    )


def cases_of(predictor: PredictorBase, table: Table, remarks: Remarks) -> Table:
    """A table without rows of totals, if training left them out as well."""
    from trimtab.tables.columns.total_rows import leave_out_totals

    # Earlier versions trained on all rows.
    cases = leave_out_totals(table, str(predictor.options.get("totals", "keep")))
    remarks.add([note for note in cases.notes if note not in table.notes])
    return cases


def rows_of_part(
    predictor: PredictorBase, table: Table, rows: NDArray[np.int64], x: Floats, y: Floats, part: str
) -> Chosen:
    """True for the rows that were in this part in training.

    If prints of all rows are stored, they decide. Of a large table only some prints are stored: the
    table is divided again in the same way, and they show whether it is the same table.

    Raises:
        InvalidArgument: training had no such part, or took it from another file.
        InvalidData: it is another table.
    """
    from trimtab.tables.splits.plan import SplitPlan, make_split

    prints = predictor.prints.get(part)
    if prints is None:
        known = checks.listing(predictor.prints) or "none"
        way = "Leave the part out to evaluate on all rows"
        if predictor.split.get("crossed"):
            way = (
                f"Use part={FOLDS!r} (--part {FOLDS}): each row by the networks that were trained "
                "without it"
            )
        raise InvalidArgument(
            f"this model was trained without {_WORDS[part]} rows; it has {known} rows. {way}."
        )
    if prints.share == 1:
        chosen = prints.where(x, y)
        found = int(chosen.sum())
    else:
        plan = predictor.split.get("plan")
        if plan is None:
            raise InvalidArgument(
                f"the {_WORDS[part]} rows came from a separate file. Evaluate on that file and "
                "leave the part out."
            )
        try:
            split = make_split(table, predictor.schema, SplitPlan(**plan))
            chosen = np.isin(rows, getattr(split, part))
        except InvalidData:  # this table cannot be divided in that way
            chosen = np.zeros(len(rows), np.bool_)
        found = min(prints.found(x[chosen], y[chosen]), len(prints.prints))
    if found < len(prints.prints):
        raise InvalidData(
            f"{table.name} is not the table that this model was trained on: it holds {found:,} of "
            f"{count(len(prints.prints), f'{_WORDS[part]} row')}. Leave the part out to evaluate "
            "on all rows."
        )
    return chosen


def known_rows(predictor: PredictorBase, x: Floats, y: Floats, part: str) -> list[str]:
    """Sentences about rows that the model was trained on or validated with."""
    if part == "train":
        return ["The model was trained on these rows: it is less accurate on new ones."]
    # Division by group or time goes first, so copies may be on both sides.
    drawn = part != ALL and not (predictor.schema.role("group") or predictor.schema.role("time"))
    drawn = drawn and predictor.options.get("copies") != "together"
    way = "; --copies together keeps copies on one side" if drawn else ""
    sentences = []
    for seen, what in (("train", "trained on"), ("valid", "validated on")):
        prints = predictor.prints.get(seen)
        found = 0 if prints is None or seen == part else prints.found(x, y)
        if prints is None or not found:
            continue
        number = min(round(found / prints.share), len(x))
        about = "" if prints.share == 1 else "about "
        some = f"{about}{number:,} of {count(len(x), 'row')}"
        # Most rows of either table: too many for mere copies.
        if prints.suspects(x, y) or found >= 0.5 * len(prints.prints):
            # Rows that look alike may have been on both sides; it saw no more than it was given.
            given = round(len(prints.prints) / prints.share)
            some = f"{about}{min(number, given):,} of {count(len(x), 'row')}"
            sentences.append(
                f"The model was {what} {some}: these scores are better than on new rows."
            )
        else:
            copies = "is a copy of a row" if number == 1 else "are copies of rows"
            sentences.append(f"{some.capitalize()} {copies} that the model was {what}{way}.")
    return sentences


def groups_of(
    predictor: PredictorBase, table: Table, rows: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """The group number of each row; None without groups in training or in this table."""
    from trimtab.tables.columns.equality import coded

    for name in predictor.schema.role("group"):
        if name in table.frame.columns:
            codes, uniques = coded(table, predictor.schema.column(name), rows)
            return np.where(codes < 0, len(uniques), codes)
    return None


def weights_of(
    predictor: PredictorBase, table: Table, rows: NDArray[np.int64]
) -> NDArray[np.float64] | None:
    """The weight of each row; None without weights in training or in this table."""
    for name in predictor.schema.role("weight"):
        if name in table.frame.columns:
            weights: NDArray[np.float64] = predictor.schema.values(table, name, rows)
            return weights
    return None
