"""Predictions that need no model: the mean or the class frequencies of the training rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.tasks import BINARY, REGRESSION, TASKS
from trimtab.core.types import Doubles
from trimtab.predictor.draws import weights_or_ones

__all__ = ["Baseline", "number_from", "number_or_none"]


@dataclass(frozen=True)
class Baseline:
    """Predicts the same for every row, from the training targets alone.

    Attributes:
        task: ``regression``, ``binary`` or ``multiclass``.
        mean: of the training targets; NaN for classes.
        median: of the training targets; NaN for classes.
        frequencies: of the classes; empty for numbers.

    Example:
        >>> Baseline.of("regression", [1.0, 2.0, 6.0]).mean
        3.0
        >>> Baseline.of("multiclass", [0, 2, 2, 1], classes=3).frequencies
        (0.25, 0.25, 0.5)
    """

    task: str
    mean: float = math.nan
    median: float = math.nan
    frequencies: tuple[float, ...] = ()

    @classmethod
    def of(cls, task: str, targets: Any, *, weights: Any = None, classes: int = 0) -> Baseline:
        """The baseline of the training rows.

        Args:
            task: ``regression``, ``binary`` or ``multiclass``.
            targets: in their own units, or class numbers.
            weights: of the rows.
            classes: how many there are, in case some do not occur.
        """
        y = np.asarray(targets, np.float64)
        w = weights_or_ones(weights, len(y))
        if task == REGRESSION:
            order = np.argsort(y, kind="stable")
            passed = np.cumsum(w[order])
            half = passed[-1] / 2
            first = int(np.searchsorted(passed, half))
            # Exactly half of the weight: the median lies between this value and the next.
            second = first + 1 if passed[first] == half and first + 1 < len(y) else first
            median = (y[order[first]] + y[order[second]]) / 2
            return cls(task, float(np.average(y, weights=w)), float(median))
        least = 2 if task == BINARY else 0
        counts = np.bincount(y.astype(np.int64), weights=w, minlength=max(classes, least))
        return cls(task, frequencies=tuple((counts / counts.sum()).tolist()))

    @property
    def most_frequent(self) -> int:
        """The number of the most frequent class; the first one of equals."""
        return int(np.argmax(self.frequencies))

    def predictions(self, rows: int) -> Doubles:
        """Predictions for a number of rows: the mean, or the frequencies."""
        if self.task == REGRESSION:
            return np.full(rows, self.mean)
        return np.tile(np.array(self.frequencies), (rows, 1))

    def record(self) -> dict[str, Any]:
        """As plain data, for files."""
        return {
            "task": self.task,
            "mean": number_or_none(self.mean),
            "median": number_or_none(self.median),
            "frequencies": list(self.frequencies),
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Baseline:
        """The inverse of :meth:`record`.

        Raises:
            KeyError, TypeError, ValueError: :meth:`record` never returns such data.
        """
        task = checks.choice("task", record["task"], TASKS)
        mean, median = number_from(record["mean"]), number_from(record["median"])
        listed = record["frequencies"]
        if not isinstance(listed, list):
            raise TypeError("frequencies must be a list")
        frequencies = tuple(number_from(each) for each in listed)
        if task == REGRESSION:
            if frequencies or not math.isfinite(mean) or not math.isfinite(median):
                raise ValueError("a baseline for numbers has a mean and a median")
        elif len(frequencies) < 2 or not all(0 <= each <= 1 for each in frequencies):
            raise ValueError("a baseline for classes has a frequency of each")
        return cls(task, mean, median, frequencies)


def number_or_none(value: float) -> float | None:
    """A number as JSON has it: None for NaN and infinities."""
    return value if math.isfinite(value) else None


def number_from(value: Any) -> float:
    """The inverse of :func:`number_or_none`; infinities become NaN.

    Raises:
        TypeError: it is no number.
    """
    if value is None:
        return math.nan
    if type(value) not in (int, float):
        raise TypeError(f"{value!r} is no number")
    return float(value)
