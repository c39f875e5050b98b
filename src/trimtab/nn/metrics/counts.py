"""True and false positives and negatives at thresholds: what many metrics are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.nn.losses.rows import cell_weights, same_width

__all__ = ["Counts", "Thresholds", "check_thresholds", "even_thresholds", "ratio"]

#: A threshold that every prediction is above, where the greatest few of a row are meant.
LOWEST = -1e10


@dataclass
class Counts:
    """Weights of the rows, one number a threshold."""

    true_positives: Doubles
    false_positives: Doubles
    true_negatives: Doubles
    false_negatives: Doubles

    @classmethod
    def none(cls, shape: int | tuple[int, ...]) -> Counts:
        """No rows yet."""
        return cls(*(np.zeros(shape) for _ in range(4)))

    def add(self, other: Counts) -> None:
        """More rows."""
        self.true_positives += other.true_positives
        self.false_positives += other.false_positives
        self.true_negatives += other.true_negatives
        self.false_negatives += other.false_negatives

    @property
    def precision(self) -> Doubles:
        """Share of the positive predictions that are true; 0 without any."""
        return ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> Doubles:
        """Share of the positive rows that are predicted so; 0 without any."""
        return ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def specificity(self) -> Doubles:
        """Share of the negative rows that are predicted so; 0 without any."""
        return ratio(self.true_negatives, self.true_negatives + self.false_positives)


def ratio(part: Doubles, whole: Doubles) -> Doubles:
    """``part / whole``, and 0 where the whole is 0."""
    shares: Doubles = np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)
    return shares


class Thresholds:
    """Counts predictions above thresholds, as float32 has both.

    Args:
        values: the thresholds, in any order.
        class_id: the column to look at; None: all of them, as if they were one.
        top_k: only the greatest so many of each row count as predicted; None: all.
    """

    def __init__(
        self, values: Sequence[float], class_id: int | None = None, top_k: int | None = None
    ) -> None:
        self.values = np.asarray(values, np.float32)
        self.class_id, self.top_k = class_id, top_k
        self._order = np.argsort(self.values, kind="stable")

    def count(self, y_true: Any, y_pred: Any, sample_weight: Any) -> Counts:
        """The counts of these rows.

        Raises:
            InvalidData: there is no column ``class_id``, or the shapes do not fit.
        """
        if self.top_k is not None and np.ndim(y_pred) == 1:  # one row, as in Keras
            y_true, y_pred = np.reshape(y_true, (1, -1)), np.reshape(y_pred, (1, -1))
            if np.ndim(sample_weight) == 1:
                sample_weight = np.reshape(sample_weight, (1, -1))
        true, pred = same_width(y_true, y_pred)
        weights = cell_weights(sample_weight, (true.shape[0], true.shape[1]))
        pred = pred.astype(np.float32)
        if self.top_k is not None:
            best = np.argsort(-pred, axis=1, kind="stable")[:, : self.top_k]
            kept = np.zeros(pred.shape, bool)
            np.put_along_axis(kept, best, True, axis=1)
            pred = np.where(kept, pred, np.float32(LOWEST))
        if self.class_id is not None:
            if self.class_id >= pred.shape[1]:
                raise InvalidData(
                    f"class_id must be a column from 0 to {pred.shape[1] - 1}, received "
                    f"{self.class_id}."
                )
            column = slice(self.class_id, self.class_id + 1)
            true, pred, weights = true[:, column], pred[:, column], weights[:, column]
        return self.tally(true.reshape(-1) != 0, pred.reshape(-1), weights.reshape(-1))

    def tally(self, positive: NDArray[np.bool_], pred: NDArray[Any], weights: Doubles) -> Counts:
        """The counts of single predictions; nan is above no threshold."""
        places = np.searchsorted(self.values[self._order], pred, side="left")
        places = np.where(np.isnan(pred), 0, places)  # how many thresholds it is above
        above = [self._above(places, weights * chosen) for chosen in (positive, ~positive)]
        totals = [float((weights * chosen).sum()) for chosen in (positive, ~positive)]
        return Counts(above[0], above[1], totals[1] - above[1], totals[0] - above[0])

    def _above(self, places: NDArray[np.int64], weights: Doubles) -> Doubles:
        count = len(self.values)
        by_place = np.bincount(places, weights, minlength=count + 1)
        above = by_place[::-1].cumsum()[::-1][1:]
        result = np.empty(count)
        result[self._order] = above
        return result


def check_thresholds(value: Any) -> list[float]:
    """One threshold or several, between 0 and 1."""
    several = value if isinstance(value, list | tuple | np.ndarray) else [value]
    if not len(several):
        raise InvalidArgument(f"thresholds must be one number or several, received {brief(value)}.")
    return [checks.probability("thresholds", each) for each in several]


def even_thresholds(count: int) -> list[float]:
    """So many from 0 to 1 at equal distances; one is 0.5."""
    if count == 1:
        return [0.5]
    return [0.0, *((i + 1) * 1.0 / (count - 1) for i in range(count - 2)), 1.0]
