"""What rows held out decide about classes: curves for their probabilities, and the threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles
from trimtab.core.words import count
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor.classes.deciding import Threshold, best_threshold
from trimtab.predictor.classes.recalibration import FEWEST, Recalibration
from trimtab.predictor.metric_names import metrics_of, score_name
from trimtab.tables.columns.positive import label_told, needs_classes
from trimtab.tables.columns.storage import shown

if TYPE_CHECKING:
    from trimtab.predictor.training.options import TrainOptions
    from trimtab.predictor.training.parts import Chosen
    from trimtab.tables.columns.schema import Schema

__all__ = ["across_folds", "check_held_out", "check_options", "recalibration_of", "threshold_of"]

#: What rows held out are called, by part.
_ROWS = {"valid": "validation rows", "folds": "rows of the folds"}


def check_options(options: TrainOptions, schema: Schema) -> None:
    """Refuses options that do not fit the target.

    Raises:
        InvalidArgument: there are no classes, or not two, or none of this name.
    """
    target, classes = str(schema.target), schema.classes
    for name in ("threshold", "cost", "calibrate"):
        if getattr(options, name) is None:
            continue
        if schema.task == REGRESSION:
            raise InvalidArgument(needs_classes(name, schema.column(target)))
        if len(classes) != 2 and name != "calibrate":
            weights = " class_weight='balanced' (--class-weight balanced) favors rare ones."
            raise InvalidArgument(
                f"{name} needs two classes, and {target!r} has {len(classes):,}. Leave it out: the "
                f"most likely class is predicted.{weights if options.class_weight is None else ''}"
            )
    if options.cost is not None:
        _costs(options, schema)
    if len(classes) > 2 and options.calibrate is not None and options.class_weight is not None:
        raise InvalidArgument(
            f"calibrate would undo class_weight='balanced': with probabilities that are shares, "
            f"the most likely of the {len(classes):,} classes of {target!r} is again a frequent "
            "one. Leave out one of the two."
        )
    _check_metrics(options, schema)


def _check_metrics(options: TrainOptions, schema: Schema) -> None:
    task, target = str(schema.task), str(schema.target)
    fitting = metrics_of(task, speaks=schema.positive_class is not None)
    asked_for = [("metric", each) for each in options.metric]
    asked_for += [] if options.optimize is None else [("optimize", options.optimize)]
    for what_for, asked in asked_for:
        name = score_name(asked)
        if name == "cost" and options.cost is None and task != REGRESSION:
            raise InvalidArgument(
                f"the {what_for} 'cost' needs the cost of a "
                "class: cost={'CLASS': 50} (--cost CLASS=50)."
            )
        if name is None or name in fitting:
            continue
        what = "is predicted as a number" if task == REGRESSION else "has classes"
        if task != REGRESSION and name in metrics_of(task, speaks=True):
            raise InvalidArgument(
                f"{what_for} {asked!r} speaks of one class, and {target!r} has "
                f"{len(schema.classes):,}. Name it with positive='CLASS' (--positive CLASS), or "
                f"use one of {checks.listing(fitting)}."
            )
        usable = [each for each in fitting if each != "cost"]
        # Only few whole numbers can be classes.
        whole = task == REGRESSION and schema.column(target).kind == "integer"
        way = ", or task='multiclass' (--task multiclass)" if whole else ""
        raise InvalidArgument(
            f"{what_for} {asked!r} does not fit: {target!r} {what}. Use one of "
            f"{checks.listing(usable)}{way}."
        )


def check_held_out(
    options: TrainOptions, schema: Schema, parts: Mapping[str, Chosen], folds: Sequence[Any]
) -> None:
    """Refuses to choose a threshold or curves without rows for it, before anything is trained.

    Raises:
        InvalidArgument: no rows are held out.
        InvalidData: they do not hold both classes.
    """
    chosen = options.cost is not None or isinstance(options.threshold, str)
    if not chosen and options.calibrate is None:
        return
    name = "calibrate" if options.calibrate is not None else "cost" if options.cost else "threshold"
    part = "folds" if folds else "valid"
    rows = parts.get("train" if folds else "valid")
    if rows is None:
        raise InvalidArgument(
            f"{name} needs rows that the network is not trained on. Use valid=0.2 (--valid 0.2) or "
            "fold=5 (--fold 5)."
        )
    counts = _counts(rows, schema)
    fewest = FEWEST if options.calibrate is not None else 1
    if (counts >= fewest).sum() >= 2:
        return
    number = int(np.argmin(counts))
    every = sum(
        int(_counts(parts[each], schema)[number]) for each in ("train", "valid") if each in parts
    )
    found = f"{counts[number]:,}" + (f" of {every:,}" if every > counts[number] else "")
    ways = "Hold more rows out (valid, --valid), or use fold=5 (--fold 5)."
    if folds or every < 2 * fewest:
        ways = f"There are too few: leave {name} out."
    raise InvalidData(
        f"{name} needs at least {count(fewest, 'row')} of each class among the {_ROWS[part]}; of "
        f"class {shown(schema.classes[number])} there {'is' if counts[number] == 1 else 'are'} "
        f"{found}. {ways}"
    )


def _counts(rows: Chosen, schema: Schema) -> NDArray[np.int64]:
    """Rows of each class that have a weight."""
    y = rows.y.astype(np.int64)
    weighty = y if rows.weights is None else y[rows.weights > 0]
    return np.bincount(weighty, minlength=len(schema.classes))


def recalibration_of(method: str, rows: Chosen, outputs: Doubles, part: str) -> Recalibration:
    """The curves that rows held out give."""
    return Recalibration.of(method, outputs, rows.y, part=part, weights=rows.weights)


def across_folds(method: str, rows: Chosen, outputs: Doubles, fold: NDArray[np.int64]) -> Doubles:
    """The probabilities of each fold, corrected by curves from the others.

    Args:
        method: ``isotonic`` or ``sigmoid``.
        rows: out of fold.
        outputs: their probabilities.
        fold: the number of each row's fold.
    """
    found = outputs.copy()
    for number in np.unique(fold):
        own = fold == number
        weights = None if rows.weights is None else rows.weights[~own]
        if weights is not None and not weights.any():
            continue
        curves = Recalibration.of(
            method, outputs[~own], rows.y[~own], part="folds", weights=weights
        )
        found[own] = curves(outputs[own])
    return found


def threshold_of(
    options: TrainOptions,
    schema: Schema,
    rows: Chosen | None,
    outputs: Doubles | None,
    part: str,
    share: float,
) -> Threshold | None:
    """The threshold that was asked for, or the one that is best on rows held out.

    Args:
        options: of the training.
        schema: of the table.
        rows: held out; None: there are none.
        outputs: their probabilities.
        part: ``valid`` or ``folds``.
        share: of the positive class in training.
    """
    positive = schema.positive_class
    if isinstance(options.threshold, float):
        return Threshold(options.threshold)
    aim = "cost" if options.cost is not None else options.threshold
    if aim is None and options.class_weight is not None and options.calibrate is not None:
        aim = "balanced"  # the most likely class is balanced no more, once probabilities are shares
    if aim is None or rows is None or outputs is None or positive is None:
        return None
    own = rows.y == positive
    weights = np.ones(len(own)) if rows.weights is None else rows.weights
    if not weights[own].any() or not weights[~own].any():
        return None
    costs = _costs(options, schema)
    miss, alarm = (costs[positive], costs[1 - positive]) if costs else (1.0, 1.0)
    balanced = options.class_weight is not None and options.calibrate is None
    middle = 0.5 if balanced else share
    if aim == "cost":
        middle = alarm / (miss + alarm)
    value = best_threshold(
        outputs[:, positive], own, weights, aim, costs=(miss, alarm), middle=middle
    )
    return Threshold(value, aim, part, costs)


def _costs(options: TrainOptions, schema: Schema) -> tuple[float, ...]:
    """By class number; empty without costs."""
    if options.cost is None:
        return ()
    found = dict.fromkeys(schema.classes, 1.0)
    for told, cost in options.cost.items():
        found[label_told("cost", str(schema.target), told, schema.classes)] = cost
    return tuple(found.values())
