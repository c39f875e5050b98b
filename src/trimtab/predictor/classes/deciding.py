"""From which probability on the positive one of two classes is predicted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import figure
from trimtab.errors import InvalidArgument

__all__ = [
    "AIMS",
    "Threshold",
    "best_threshold",
    "checked_threshold",
    "decided",
    "from_probability",
]

#: What a threshold can be chosen for, besides a cost.
AIMS = {"balanced": "the balanced accuracy", "f1": "F1"}

#: Why a threshold is what it is.
_WORDS = {"asked": "as asked", "cost": "for the lowest cost"} | {
    aim: f"for the highest {words.removeprefix('the ')}" for aim, words in AIMS.items()
}


@dataclass(frozen=True)
class Threshold:
    """From which probability on the positive class is predicted.

    Attributes:
        value: of the probability; at this one the positive class is predicted.
        why: ``asked``, ``cost``, or one of :data:`AIMS`.
        part: which rows it was chosen on: ``valid`` or ``folds``; empty if it was asked for.
        costs: of a row of each class that is predicted as the other; empty without costs.
    """

    value: float
    why: str = "asked"
    part: str = ""
    costs: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise ValueError(f"a threshold must be between 0 and 1, received {self.value}")
        if self.why not in _WORDS or self.part not in ("", "valid", "folds"):
            raise ValueError(f"a threshold is chosen for something known, received {self.why!r}")
        if self.costs and (len(self.costs) != 2 or not all(0 < c < math.inf for c in self.costs)):
            raise ValueError(f"costs must be two numbers above 0, received {self.costs}")

    def words(self, positive: str) -> str:
        """The rule in words.

        Example:
            >>> Threshold(0.3).words("'fraud'")
            "'fraud' from a probability of 0.3 on, as asked"
        """
        rows = {"valid": " on the validation rows", "folds": " out of fold", "": ""}[self.part]
        return f"{from_probability(positive, self.value)}, {_WORDS[self.why]}{rows}"


def from_probability(positive: str, threshold: float) -> str:
    """What a threshold means."""
    return f"{positive} from a probability of {figure(threshold)} on"


def decided(p: Doubles, positive: int | None, threshold: float | None) -> NDArray[np.int64]:
    """The class number of each row: the most likely one, or by the threshold.

    Args:
        p: probabilities ``(n, classes)``.
        positive: the number of the positive class.
        threshold: of its probability, for two classes; None: the most likely class.
    """
    if threshold is None or positive is None:
        return np.asarray(p.argmax(axis=1), np.int64)
    return np.where(p[:, positive] >= threshold, positive, 1 - positive).astype(np.int64)


def checked_threshold(threshold: object, target: str, classes: Sequence[object]) -> float | None:
    """A threshold for the predictions of a model.

    Raises:
        InvalidArgument: it is no probability, or there are not two classes.
    """
    if threshold is None:
        return None
    if not classes:
        raise InvalidArgument(
            f"threshold needs two classes, and {target!r} is predicted as a number. Leave it out."
        )
    if len(classes) != 2:
        raise InvalidArgument(
            f"threshold needs two classes, and {target!r} has {len(classes):,}. Leave it out: the "
            "most likely class is predicted. predict_proba (--proba) gives the probability of each."
        )
    hint = ""
    if threshold in tuple(AIMS):
        hint = f"A threshold is chosen in training: train(..., threshold={threshold!r})."
    elif checks.is_number(threshold) and 1 < threshold <= 100:  # type: ignore[operator]
        hint = f"Use {threshold / 100:g} for {threshold:g} %."  # type: ignore[operator]
    return checks.probability("threshold", threshold, hint=hint)


def best_threshold(
    p: Doubles,
    positive: NDArray[np.bool_],
    weights: Doubles,
    aim: str,
    *,
    costs: tuple[float, float] = (1.0, 1.0),
    middle: float = 0.5,
) -> float:
    """The threshold that is best on some rows.

    Formula: of all ways to cut the rows, ordered by their probability, the one with the highest
    balanced accuracy or F1, or the lowest sum of costs. Of equals the one nearest to ``middle``;
    between two rows, ``middle`` itself where it lies there, else halfway.

    Source: Sheng & Ling 2006, "Thresholding for making classifiers cost-sensitive".

    Args:
        p: probabilities of the positive class ``(n,)``.
        positive: whether a row is of the positive class; both classes must occur.
        weights: of the rows.
        aim: ``balanced``, ``f1`` or ``cost``.
        costs: of a positive row that is missed, and of a false alarm.
        middle: the threshold that would be right for probabilities without error.

    Example:
        >>> p = np.array([0.1, 0.2, 0.3, 0.4])
        >>> best_threshold(p, p > 0.25, np.ones(4), "balanced")
        0.25
    """
    values, place = np.unique(-p, return_inverse=True)
    values = -values  # highest first
    hits, alarms = (
        np.concatenate([[0.0], np.cumsum(np.bincount(place, weights=weights * chosen))])
        for chosen in (positive, ~positive)
    )
    if aim == "cost":
        goodness = -(costs[0] * (hits[-1] - hits) + costs[1] * alarms)
    elif aim == "f1":
        goodness = 2 * hits / np.maximum(hits + alarms + hits[-1], 1e-300)
    else:
        goodness = hits / hits[-1] - alarms / alarms[-1]
    best = np.flatnonzero(goodness >= goodness.max() - 1e-12 * max(1.0, np.abs(goodness).max()))
    # Rows with a value above the cut are positive: from below[k] (exclusive) to above[k].
    above = np.concatenate([[1.0], values])
    below = np.concatenate([values, [0.0]])
    distance = np.maximum(np.maximum(below[best] - middle, middle - above[best]), 0)
    cut = int(best[np.argmin(distance)])
    low, high = float(below[cut]), float(above[cut])
    if low < middle <= high:
        return middle
    return _short((low + high) / 2, low, high)


def _short(value: float, low: float, high: float) -> float:
    """A number with few digits in ``(low, high]``, near a value."""
    for digits in range(2, 17):
        rounded = float(f"{value:.{digits}g}")
        if low < rounded <= high:
            return rounded
    return high
