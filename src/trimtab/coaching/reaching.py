"""How soon a change has learned what the base learns in all its epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.trials.edits import Edit
from trimtab.trials.trial import BASE, Outcome

__all__ = ["epochs_to_base"]

#: Edits after which a loss is not comparable with the base's.
_OTHER_SCALE = frozenset({"loss", "standardize_target", "log_target", "class_weight"})


def epochs_to_base(
    outcomes: Iterable[Outcome], changes: Mapping[str, Sequence[Edit]], splits: Sequence[int]
) -> dict[str, float | None]:
    """Name -> epochs until the loss is as low as the base's lowest on the same pair, the mean.

    The validation loss where both have one, else the training loss. Infinite where half of the
    pairs or more never get there; None where the loss is another one.

    Args:
        outcomes: of the trials.
        changes: the edits of each variant.
        splits: those that report.
    """
    reports = set(splits)
    by_pair: dict[tuple[int, int], dict[str, Outcome]] = {}
    for each in outcomes:
        if each.trial.split in reports and not each.failed:
            pair = (each.trial.split, each.trial.seed)
            by_pair.setdefault(pair, {})[each.trial.variant] = each
    found: dict[str, float | None] = {}
    for name in [BASE, *changes]:
        if any(edit.name in _OTHER_SCALE for edit in changes.get(name, ())):
            found[name] = None
            continue
        epochs = [
            _first(pair[BASE].history, pair[name].history)
            for pair in by_pair.values()
            if BASE in pair and name in pair
        ]
        known = [each for each in epochs if math.isfinite(each)]
        if epochs:
            found[name] = float(np.mean(known)) if 2 * len(known) > len(epochs) else math.inf
    return found


def _first(base: Mapping[str, Any], own: Mapping[str, Any]) -> float:
    curve = "val_loss" if "val_loss" in base and "val_loss" in own else "loss"
    lowest = _numbers(base.get(curve, ()))
    lowest = lowest[np.isfinite(lowest)]
    goal = float(lowest.min()) if len(lowest) else np.finfo(np.float64).max  # it diverged at once
    with np.errstate(invalid="ignore"):
        there = np.flatnonzero(_numbers(own.get(curve, ())) <= goal)
    return float(there[0]) + 1 if len(there) else math.inf


def _numbers(curve: Sequence[float | None]) -> Any:
    return np.array([math.nan if value is None else value for value in curve], np.float64)
