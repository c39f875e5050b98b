"""Intervals at any level, from the model's errors on rows that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from trimtab.core.records import from_record, to_record
from trimtab.core.types import Doubles
from trimtab.core.words import figure
from trimtab.insight.uncertainty import nonconformity
from trimtab.insight.uncertainty.conformal import group_numbers, quantile
from trimtab.tables.preprocessing.curves import LOG
from trimtab.tables.preprocessing.error_scale import ErrorScale

__all__ = ["FOLDS", "ROUNDING", "TEST", "VALIDATION", "ConformityScores"]


#: Which rows the scores come from.
TEST, VALIDATION, FOLDS = "test", "validation", "folds"

_BASES = {
    TEST: "that were used for nothing else",
    VALIDATION: "that also picked the best epoch, so it may be slightly too narrow",
    FOLDS: "out of fold, by networks trained on fewer rows",
}

#: Most scores that are kept. With so many, the choice changes coverage by 0.1 % at most.
MOST_SCORES = 100_000

#: The score of a target that training rows say cannot be: any interval that holds it has no end.
_FARTHEST = float(np.finfo(np.float64).max)

#: How much wider intervals are made, so that rounding on the way over a curve excludes no target.
ROUNDING = 1e-12

#: Levels whose quantile is kept: a service asks for the same one again and again.
_MOST_LEVELS = 16


@dataclass(frozen=True, eq=False)
class ConformityScores:
    """A model's errors row by row, and the intervals and sets for new rows that follow.

    Formula, numbers: ``score = |y - prediction|``, and the interval of a new row is its prediction
    ``± q``. Classes: ``score = 1 - p[y]``, and the set of a new row holds the classes with
    ``1 - p <= q``. ``q`` is :func:`trimtab.uncertainty.conformal.quantile` of the scores: at least
    ``level`` of new rows have their target inside, if they are exchangeable with the calibration
    rows and these were used to choose nothing about the model.

    A target learned on a curve ``f``: ``score = |f(y) - f(m)|``, and the interval is
    ``f^-1(f(m) ± q)``, where ``m`` is the median that belongs to the prediction; it is widened to
    hold the prediction where that is a mean. As ``f`` is monotone, a target is inside where its
    score is at most ``q``, so that the promise stays. For a logarithm, all ends are the same
    multiple of the prediction.

    Without a curve, all intervals have the same width. Those of
    :func:`trimtab.uncertainty.calibrate` are wider for rows where a network is less sure.

    Source: Lei et al. 2018, "Distribution-Free Predictive Inference for Regression"; Sadinle, Lei &
    Wasserman 2019, "Least Ambiguous Set-Valued Classifiers with Bounded Error Levels".

    Attributes:
        classifies: whether the target is a class.
        part: ``test``, ``validation`` or ``folds``: where the rows come from.
        rows: how many there were.
        scores: one for each row, sorted; of very many rows a sample, evenly spaced in row order.
        groups: the group number of each score; None where every row is a draw by itself.
        scale: on which errors are measured; None: that of the table.

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

        On a log scale, an error is a factor:

        >>> factors = ConformityScores.of(
        ...     "regression", y + 1, 2 * y + 2, part="test", scale=ErrorScale("log", lowest=0.0)
        ... )
        >>> lower, upper = factors.interval(np.array([10.0, 1000.0]), 0.9)
        >>> lower.round(6).tolist(), upper.round(6).tolist()
        ([5.0, 500.0], [20.0, 2000.0])
        >>> factors.reach(0.9)
        'from 0.5 to 2 times the prediction'
    """

    classifies: bool
    part: str
    rows: int
    scores: Doubles
    groups: NDArray[np.int64] | None = None
    scale: ErrorScale | None = None

    def __post_init__(self) -> None:
        scores, groups = self.scores, self.groups
        if self.part not in _BASES:
            raise ValueError(f"unknown part {self.part!r}")
        if self.classifies and self.scale is not None:
            raise ValueError("errors of classes have no scale")
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
        cls,
        task: str,
        y_true: Any,
        prediction: Any,
        *,
        part: str,
        groups: Any = None,
        scale: ErrorScale | None = None,
    ) -> ConformityScores:
        """The scores of rows whose target is known.

        Args:
            task: ``regression``, ``binary`` or ``multiclass``.
            y_true: numbers in the target's own units, or class numbers, ``(n,)``.
            prediction: numbers ``(n,)``, or probabilities ``(n, classes)``.
            part: ``test``, ``validation`` or ``folds``.
            groups: one value for each row, where rows of one group are not independent and new rows
                will be of new groups; each group then counts the same.
            scale: on which errors of numbers are measured; None: that of the table.

        Raises:
            InvalidData: a prediction is not finite.
        """
        p = np.asarray(prediction, np.float64)
        y = np.asarray(y_true)
        classifies = task != "regression"
        if classifies:
            scores = nonconformity.scores_of_classes(y.astype(np.int64), p)
        elif scale is None:
            scores = nonconformity.scores_of_numbers(y, p)
        else:
            nonconformity.refuse_non_finite(p)
            scores = nonconformity.scores_of_numbers(scale.targets(y), scale.predictions(p))
            scores = np.minimum(scores, _FARTHEST)
        nonconformity.refuse_non_finite(scores)
        numbers = None if groups is None else group_numbers(groups, len(scores))
        rows = len(scores)
        if numbers is None and rows > MOST_SCORES:
            # By place, not by size: a choice that ignores the scores keeps coverage as promised.
            scores = scores[np.linspace(0, rows - 1, MOST_SCORES).astype(np.int64)]
        order = np.argsort(scores, kind="stable")
        groups = None if numbers is None else numbers[order]
        return cls(classifies, part, rows, scores[order], groups, scale)

    @property
    def basis(self) -> str:
        """Which rows the intervals are calibrated on, in words."""
        groups = None if self.groups is None else len(np.unique(self.groups))
        return f"{nonconformity.calibrated_on(self.rows, groups)} {_BASES[self.part]}"

    def quantile(self, level: float) -> float:
        """The error, on its scale, that a new row stays at or below with probability ``level``.

        Raises:
            InvalidData: too few rows or groups for this level; the message says how many it needs.
            InvalidArgument: the level is not between 0 and 1.
        """
        known = _QUANTILES.setdefault(self, {})
        found = known.get(level) if type(level) is float else None
        if found is None:
            found = quantile(self.scores, level, self.groups)
            if len(known) >= _MOST_LEVELS:
                known.clear()
            known[float(level)] = found
        return found

    def interval(self, prediction: Doubles, level: float) -> tuple[Doubles, Doubles]:
        """``(lower, upper)`` for each prediction.

        Raises:
            InvalidData, InvalidArgument: as in :meth:`quantile`.
        """
        assert not self.classifies
        reach, scale = self.quantile(level), self.scale
        if scale is None:
            return nonconformity.bounds(prediction, reach)
        middle = scale.predictions(prediction)
        with np.errstate(over="ignore"):
            wider = reach + ROUNDING * (1 + reach + np.abs(middle))
            lower, upper = nonconformity.bounds(middle, wider)
        # Of means, some lie outside of narrow intervals around medians.
        lower = np.minimum(scale.back(lower), prediction)
        return lower, np.maximum(scale.back(upper), prediction)

    def reach(self, level: float) -> str:
        """How far intervals reach, in words: ``± 9.1``, ``from 0.7 to 1.4 times the prediction``.

        Raises:
            InvalidData, InvalidArgument: as in :meth:`quantile`.
        """
        assert not self.classifies
        if self.scale is None:
            return f"± {figure(self.quantile(level))}"
        if self.scale.curve != LOG:
            return "of one width on the scale of Yeo and Johnson"
        large = self.scale.large
        low, high = (_short(end[0] / large) for end in self.interval(np.array([large]), level))
        if self.scale.power == 0:
            return f"from {low} to {high} times the prediction"
        top = _short(self.interval(np.zeros(1), level)[1][0])
        return f"from {low} to {high} times large predictions, up to {top} where 0 is predicted"

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
        # A scale is written only where there is one: as files were before there were any.
        beside = ("scores", "groups", *(("scale",) if self.scale is None else ()))
        return to_record(self, without=beside), arrays

    @classmethod
    def from_record(
        cls, document: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> ConformityScores:
        """The inverse of :meth:`record`.

        Raises:
            KeyError, ValueError: :meth:`record` never returns such data.
        """
        return from_record(cls, document, scores=arrays["scores"], groups=arrays.get("groups"))


#: The quantiles of scores by level; no part of them, so that files and pickles do not hold it.
_QUANTILES: WeakKeyDictionary[ConformityScores, dict[float, float]] = WeakKeyDictionary()


def _short(value: float) -> str:
    """A number with three significant digits."""
    return figure(float(f"{value:.3g}"))
