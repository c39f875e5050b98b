"""From the arguments of ``model.check`` to facts, with the refusals of ``fit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.insight.coach.chain import Chain
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.facts import Facts, Groups
from trimtab.insight.coach.labels import misread
from trimtab.nn import data
from trimtab.training.callback import Callback
from trimtab.training.callback_list import CallbackList
from trimtab.training.settings import FitSettings

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["collect"]


def collect(
    model: Network,
    x: Any,
    y: Any,
    settings: FitSettings,
    *,
    validation_data: Any = None,
    validation_split: float = 0.0,
    groups: Any = None,
    callbacks: Any = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    knows_epochs: bool = True,
) -> Facts:
    """The facts about a model and a fit.

    Args:
        model: The network; built, if ``x`` is given.
        x, y: Training rows and targets, or None.
        settings: The settings of the fit.
        validation_data, validation_split, callbacks: As for ``fit``.
        groups: See :meth:`trimtab.Sequential.check`.
        class_weight, sample_weight: As for ``fit``.
        knows_epochs: Whether the number of epochs was said.

    Raises:
        InvalidData: Rows, targets, weights or groups do not match.
        InvalidArgument: There are groups and no validation rows.
    """
    facts = Facts(
        model,
        Chain(model),
        settings,
        callbacks=CallbackList(callbacks).callbacks,
        knows_epochs=knows_epochs,
        class_weight=class_weight,
        one_callback=isinstance(callbacks, Callback),
    )
    if class_weight is not None:
        short = isinstance(class_weight, dict) and len(class_weight) <= 8
        facts.given["class_weight"] = repr(class_weight) if short else "class_weight"
    if sample_weight is not None:
        facts.given["sample_weight"] = "sample_weight"
    if x is None:
        if any(given is not None for given in (y, validation_data, groups, sample_weight)):
            raise InvalidData(
                "x is missing. Pass the rows that y, groups and validation_data belong to."
            )
        return facts
    width = model.built_width()
    total = len(data.as_features(x, width))
    kept = total
    if validation_data is not None:
        facts.split = "data"
    elif isinstance(validation_split, bool) or validation_split != 0:
        kept = data.split(total, validation_split)
        facts.split, facts.validation_split = "split", validation_split
    facts.x = GivenTable(x, "x", width, slice(None, kept))
    data.as_weights(sample_weight, total)
    pair = isinstance(validation_data, tuple | list) and len(validation_data) in (2, 3)
    y_valid = validation_data[1] if pair else None
    facts.labels = misread(model, facts.chain, y, y_valid)
    if facts.labels is not None:
        y, y_valid = facts.labels.encoded, facts.labels.encoded_valid
    if y is not None:
        _check_targets(model, y, total)
        facts.y = GivenTable(y, "y", rows=slice(None, kept))
    if class_weight is not None and facts.y is not None and facts.y.finite:
        data.class_weights(class_weight, facts.y.values)
    if facts.split == "data":
        if not pair:
            raise InvalidArgument(
                "validation_data must be (x, y) or (x, y, sample_weight), received "
                f"a {type(validation_data).__name__}."
            )
        facts.x_valid = GivenTable(validation_data[0], "validation x", width)
        _check_targets(model, y_valid, len(facts.x_valid), "validation ")
        facts.y_valid = GivenTable(y_valid, "validation y")
    elif facts.split == "split":
        facts.x_valid = GivenTable(x, "validation x", width, slice(kept, None))
        facts.y_valid = None if y is None else GivenTable(y, "validation y", rows=slice(kept, None))
    if groups is not None:
        facts.groups = _groups(facts, groups, total, kept)
    return facts


def _check_targets(model: Network, y: Any, rows: int, prefix: str = "") -> None:
    """Refuses targets of a shape that ``fit`` refuses; their values are for the rules."""
    table = GivenTable(y, f"{prefix}y")
    loss = None if model.loss_function is None else model.loss_function.lower()
    width = model.output_width() if loss is not None else table.width
    zeros = np.zeros_like(table.values)
    data.as_targets(zeros, rows, width, loss, f"{prefix}y", f"{prefix}x")


def _groups(facts: Facts, groups: Any, total: int, kept: int) -> Groups:
    """The groups on both sides of the split."""
    if not facts.split:
        raise InvalidArgument(
            "groups are compared between training and validation rows, and there are no validation "
            "rows. Add validation_data=(x_valid, y_valid) or validation_split=0.2."
        )
    if facts.split == "split":
        both = _labels(groups, total, "x")
        return Groups(both[:kept], both[kept:])
    if not isinstance(groups, tuple | list) or len(groups) != 2:
        raise InvalidArgument(
            "with validation_data, groups must be a pair: groups of the training rows, groups of "
            "the validation rows. Use groups=(groups_train, groups_valid)."
        )
    assert facts.x_valid is not None
    return Groups(
        _labels(groups[0], total, "x"), _labels(groups[1], len(facts.x_valid), "validation x")
    )


def _labels(given: Any, rows: int, name: str) -> list[Any]:
    labels = np.asarray(given)
    if labels.shape != (rows,):
        raise InvalidData(
            f"groups must hold one label per row of {name}, shape {(rows,)}, received shape "
            f"{labels.shape}."
        )
    return list(labels.tolist())
