"""Intervals at any level, from the model's errors on rows that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.records import from_record, to_record
from trimtab.core.types import Doubles
from trimtab.insight.uncertainty import nonconformity
from trimtab.insight.uncertainty.conformal import group_numbers, quantile

__all__ = ["FOLDS", "TEST", "VALIDATION", "ConformityScores"]


#: Which rows the scores come from.
TEST, VALIDATION, FOLDS = "test", "validation", "folds"

_BASES = {
    TEST: "that were used for nothing else",
    VALIDATION: "that also picked the best epoch, so it may be slightly too narrow",
    FOLDS: "out of fold, by networks trained on fewer rows",
}

#: Most scores that are kept. With so many, the choice changes coverage by 0.1 % at most.
MOST_SCORES = 100_000


@dataclass(frozen=True, eq=False)
class ConformityScores:
    """A model's errors row by row, and the intervals and sets for new rows that follow.

    Formula, numbers: ``score = |y - prediction|``, and the interval of a new row is its prediction
    ``± q``. Classes: ``score = 1 - p[y]``, and the set of a new row holds the classes with
    ``1 - p <= q``. ``q`` is :func:`trimtab.uncertainty.conformal.quantile` of the scores: at least
    ``level`` of new rows have their target inside, if they are exchangeable with the calibration
    rows and these were used to choose nothing about the model.

    All intervals have the same width; those of :func:`trimtab.uncertainty.calibrate` are wider for
    rows where a network is less sure.

    Source: Lei et al. 2018, "Distribution-Free Predictive Inference for Regression"; Sadinle, Lei &
    Wasserman 2019, "Least Ambiguous Set-Valued Classifiers with Bounded Error Levels".

    Attributes:
        classifies: whether the target is a class.
        part: ``test``, ``validation`` or ``folds``: where the rows come from.
        rows: how many there were.
        scores: one for each row, sorted; of very many rows a sample, evenly spaced in row order.
        groups: the group number of each score; None where every row is a draw by itself.

    Example:
        >>> y = np.arange(19.0)
        >>> errors = ConformityScores.of("regression", y, y + 0.5 * np.arange(19), part="test")
        >>> errors.interval(np.array([3.0]), 0.9)
        (array([-5.5]), array([11.5]))
        >>> errors.basis
        'calibrated on 19 rows that were used for nothing else'
        >>> errors.interval(np.array([3.0]), 0.99)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidData: level=0.99 needs at least 99 calibration rows, received 19. \
Use level=0.95, or set more of them aside.
    """

    classifies: bool
    part: str
    rows: int
    scores: Doubles
    groups: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        scores, groups = self.scores, self.groups
        if self.part not in _BASES:
            raise ValueError(f"unknown part {self.part!r}")
        if scores.dtype != np.float64 or scores.ndim != 1 or not 1 <= len(scores) <= self.rows:
            raise ValueError("scores must be a list of numbers, one for each row at most")
        if not np.isfinite(scores).all() or (scores[1:] < scores[:-1]).any():
            raise ValueError("scores must be finite and sorted")
        if groups is not None:
            if groups.dtype != np.int64 or groups.shape != scores.shape:
                raise ValueError("groups must hold one number for each score")
            in_range = groups.min() >= 0 and groups.max() < len(groups)
            if not in_range or not np.bincount(groups).all():
                raise ValueError("groups must be numbered 0, 1, 2, ...")

    @classmethod
    def of(
        cls, task: str, y_true: Any, prediction: Any, *, part: str, groups: Any = None
    ) -> ConformityScores:
        """The scores of rows whose target is known.

        Args:
            task: ``regression``, ``binary`` or ``multiclass``.
            y_true: numbers in the target's own units, or class numbers, ``(n,)``.
            prediction: numbers ``(n,)``, or probabilities ``(n, classes)``.
            part: ``test``, ``validation`` or ``folds``.
            groups: one value for each row, where rows of one group are not independent and new rows
                will be of new groups; each group then counts the same.

        Raises:
            InvalidData: a prediction is not finite.
        """
        p = np.asarray(prediction, np.float64)
        y = np.asarray(y_true)
        classifies = task != "regression"
        if classifies:
            scores = nonconformity.scores_of_classes(y.astype(np.int64), p)
        else:
            scores = nonconformity.scores_of_numbers(y, p)
        nonconformity.refuse_non_finite(scores)
        numbers = None if groups is None else group_numbers(groups, len(scores))
        rows = len(scores)
        if numbers is None and rows > MOST_SCORES:
            # By place, not by size: a choice that ignores the scores keeps coverage as promised.
            scores = scores[np.linspace(0, rows - 1, MOST_SCORES).astype(np.int64)]
        order = np.argsort(scores, kind="stable")
        return cls(
            classifies, part, rows, scores[order], None if numbers is None else numbers[order]
        )

    @property
    def basis(self) -> str:
        """Which rows the intervals are calibrated on, in words."""
        groups = None if self.groups is None else len(np.unique(self.groups))
        return f"{nonconformity.calibrated_on(self.rows, groups)} {_BASES[self.part]}"

    def quantile(self, level: float) -> float:
        """The error that a new row stays at or below with probability ``level``.

        Raises:
            InvalidData: too few rows or groups for this level; the message says how many it needs.
            InvalidArgument: the level is not between 0 and 1.
        """
        return quantile(self.scores, level, self.groups)

    def interval(self, prediction: Doubles, level: float) -> tuple[Doubles, Doubles]:
        """``(lower, upper)`` for each prediction.

        Raises:
            InvalidData, InvalidArgument: as in :meth:`quantile`.
        """
        assert not self.classifies
        return nonconformity.bounds(prediction, self.quantile(level))

    def sets(self, proba: Doubles, level: float) -> NDArray[np.bool_]:
        """``(rows, classes)``, True for the classes in each row's set; a set may be empty.

        Raises:
            InvalidData, InvalidArgument: as in :meth:`quantile`.
        """
        assert self.classifies
        return nonconformity.sets(proba, self.quantile(level))

    def record(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """As plain data and arrays (float64 and, for groups, int64), for files."""
        arrays: dict[str, NDArray[Any]] = {"scores": self.scores}
        if self.groups is not None:
            arrays["groups"] = self.groups
        return to_record(self, without=("scores", "groups")), arrays

    @classmethod
    def from_record(
        cls, document: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> ConformityScores:
        """The inverse of :meth:`record`.

        Raises:
            KeyError, ValueError: :meth:`record` never returns such data.
        """
        return from_record(cls, document, scores=arrays["scores"], groups=arrays.get("groups"))
