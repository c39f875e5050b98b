"""How good a model is compared with a baseline, with standard errors.

Everything here is a function of predictions and targets; nothing knows about networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.notebook import paragraph
from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION, TASKS
from trimtab.core.words import count
from trimtab.errors import InvalidData
from trimtab.insight.uncertainty.conformal import group_numbers
from trimtab.predictor.baseline import Baseline, number_from, number_or_none
from trimtab.predictor.draws import (
    Draws,
    Score,
    metrics_of_classes,
    metrics_of_numbers,
    weights_or_ones,
)
from trimtab.predictor.figures import short

__all__ = ["Baseline", "Score", "Scores", "score"]

#: Names of all metrics in the order they are shown; the sentence quotes the first.
_METRICS = {
    REGRESSION: ("mae", "rmse", "r2"),
    BINARY: ("accuracy", "log_loss", "roc_auc"),
    MULTICLASS: ("accuracy", "log_loss", "roc_auc"),  # may be used for two classes
}

_TITLES = {
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "r2": "R²",
    "accuracy": "accuracy",
    "log_loss": "log loss",
    "roc_auc": "area under the ROC curve",
}

#: Differences of fewer standard errors than this may be chance.
_CLEAR = 2.0

#: If a gain of this share of the baseline's error cannot be ruled out, rows are too few to say that
#: there is no difference.
_NOTABLE = 0.1


@dataclass(frozen=True, repr=False)
class Scores:
    """The metrics of a model and of its baseline on the same rows.

    Attributes:
        task: ``regression``, ``binary`` or ``multiclass``.
        part: which rows: ``validation rows``, ``test rows``, ``rows of new.csv``, ``5-fold``.
        rows: how many.
        groups: how many groups they are in; None where every row is a draw by itself.
        metrics: by name; regression: ``mae``, ``rmse`` (in units of the target), ``r2``; classes:
            ``accuracy``, ``log_loss`` (natural logarithm), and for two classes ``roc_auc`` if both
            occur.
        baseline: the same metrics of predicting the mean, or the frequencies of the classes.
        gain: how much lower the mean absolute error is than the baseline's, or how much higher the
            accuracy, with the standard error of the *paired* difference.
        relative: the gain as a share of the baseline's error; NaN for classes.
        median_gain: as ``gain``, compared with predicting the median, the constant with the lowest
            mean absolute error; NaN for classes.
        target: the column's name.
        constant: what the baseline always predicts: the mean, or the label of a class.

    Standard errors account for the choice of these rows, not for the seed or the training rows. Out
    of fold, models share training rows, and standard errors are slightly too small.
    """

    task: str
    part: str
    rows: int
    groups: int | None
    metrics: dict[str, Score]
    baseline: dict[str, Score]
    gain: Score
    relative: Score = field(default=Score(math.nan, math.nan))
    median_gain: Score = field(default=Score(math.nan, math.nan))
    target: str = "target"
    constant: str | int | float | bool = math.nan

    def __repr__(self) -> str:
        metrics = ", ".join(f"{name} {each}" for name, each in self.metrics.items())
        return f"<Scores of {self.rows:,} {self.part}: {metrics}>"

    def __str__(self) -> str:
        return "\n".join([*self.lines(), "", self.sentence()])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return paragraph(self.sentence()) + paragraph("\n".join(self.lines()), code=True)

    def sentence(self) -> str:
        """The model compared with predicting the mean or the most frequent class."""
        return f"On {self._rows()} {self._said()}"

    def lines(self) -> list[str]:
        """A heading, and a line for each metric beside the baseline's."""
        titles = [_TITLES[name] for name in self.metrics]
        ours = [str(each) for each in self.metrics.values()]
        theirs = [str(self.baseline[name]) for name in self.metrics]
        head = "the mean" if self.task == REGRESSION else "class frequencies"
        a, b, c = (max(map(len, column)) for column in ((*titles, ""), ours, (*theirs, head)))
        lines = [f"{'':{a}}  {'model':>{max(b, 5)}}  {head:>{c}}"]
        lines += [
            f"{title:{a}}  {one:>{max(b, 5)}}  {other:>{c}}"
            for title, one, other in zip(titles, ours, theirs, strict=True)
        ]
        return lines

    def record(self) -> dict[str, Any]:
        """As plain data, for files; numbers that JSON lacks are None."""
        return {
            "task": self.task,
            "part": self.part,
            "rows": self.rows,
            "groups": self.groups,
            "metrics": {name: _pair(each) for name, each in self.metrics.items()},
            "baseline": {name: _pair(each) for name, each in self.baseline.items()},
            "gain": _pair(self.gain),
            "relative": _pair(self.relative),
            "median_gain": _pair(self.median_gain),
            "target": self.target,
            "constant": self.constant,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Scores:
        """The inverse of :meth:`record`.

        Raises:
            KeyError, TypeError, ValueError: :meth:`record` never returns such data.
        """
        task = checks.choice("task", record["task"], TASKS)
        part, target = record["part"], record["target"]
        rows, groups, constant = record["rows"], record["groups"], record["constant"]
        if not isinstance(part, str) or not isinstance(target, str):
            raise TypeError("part and target must be text")
        if type(rows) is not int or not (groups is None or type(groups) is int):
            raise TypeError("rows and groups must be whole numbers")
        if rows < 1 or not (groups is None or 1 <= groups <= rows):
            raise ValueError("there must be at least one row, and no more groups than rows")
        if not isinstance(constant, str | int | float):
            raise TypeError("constant must be a label or a number")
        if isinstance(constant, float) and not math.isfinite(constant):
            raise ValueError("constant must be finite")
        metrics, baseline = (_scores(record[name]) for name in ("metrics", "baseline"))
        if metrics.keys() != baseline.keys() or not metrics.keys() <= set(_METRICS[task]):
            raise ValueError("metrics and baseline must hold the metrics of the task")
        if _METRICS[task][0] not in metrics:
            raise ValueError(f"metrics must hold {_METRICS[task][0]}")
        gain, relative = _score(record["gain"]), _score(record["relative"])
        median_gain = _score(record["median_gain"])
        return cls(
            *(task, part, rows, groups, metrics, baseline, gain, relative, median_gain),
            target=target,
            constant=constant,
        )

    def _rows(self) -> str:
        rows = count(self.rows, "row")
        where = self.part
        if where.endswith("-fold"):
            text = f"{rows} in {where} cross-validation"
        else:
            kind, middle, rest = where.partition("rows")
            text = f"{self.rows:,} {kind}{rows.partition(' ')[2]}{rest}" if middle else rows
        return text if self.groups is None else f"{text} ({count(self.groups, 'group')})"

    def _said(self) -> str:
        name = _METRICS[self.task][0]
        ours, base = self.metrics[name], self.baseline[name]
        if self.task == REGRESSION:
            return (
                f"its mean absolute error is {ours}; predicting the mean {self.target} "
                f"({short(self.constant)}) would be off by {base}: {self._verdict(base.value)}."
            )
        return (
            f"{self._share_right(ours)}; always predicting {self.constant!r}, the most frequent "
            f"class in training, gives {base.percent()}: {self._verdict(1.0)}."
        )

    def _verdict(self, size: float) -> str:
        """How the model compares with the baseline.

        Args:
            size: of a difference that would be as large as can be.
        """
        gain, error = self.gain.value, self.gain.error
        draws = "row" if self.groups is None else "group"
        if not math.isfinite(error):  # of one draw
            return f"one {draws} is too few to tell the two apart"
        if gain > _CLEAR * error:
            flattered = self.median_gain.value <= _CLEAR * self.median_gain.error
            return self._gained(1) + (", but no better than predicting the median" * flattered)
        if gain < -_CLEAR * error:
            return f"{self._gained(-1)}. It is worse than no model"
        if gain + _CLEAR * error > _NOTABLE * size:
            return f"too few {draws}s to tell the two apart (difference {self._gain()})"
        than = "the mean" if self.task == REGRESSION else "that class"
        return f"no better than {than} (difference {self._gain()})"

    def _gained(self, sign: int) -> str:
        """The clear difference; -1: to the worse."""
        if self.task == REGRESSION:
            return f"{self.relative.percent(sign)} {'less' if sign > 0 else 'more'} error"
        points = self.gain.percent(sign).replace(" %", "")
        return f"{points} percentage points {'more' if sign > 0 else 'fewer'}"

    def _gain(self) -> str:
        if self.task == REGRESSION:
            return str(self.gain)
        return self.gain.percent().replace(" %", "") + " percentage points"

    def _share_right(self, accuracy: Score) -> str:
        if accuracy.value < 1 or self.groups is not None:
            return f"{accuracy.percent()} of predictions are right"
        # The standard error of a share is 0 here, and means nothing; the "rule of three" does:
        # nothing in n trials excludes 3/n no better than with 95 %. Hanley & Lippman-Hand 1983.
        most = min(100.0, 300 / self.rows)
        return f"all predictions are right (up to {most:.2g} % wrong cannot be ruled out)"


def score(
    task: str,
    y_true: Any,
    prediction: Any,
    *,
    baseline: Baseline,
    groups: Any = None,
    weights: Any = None,
    part: str = "rows",
    target: str = "target",
    classes: Any = (),
) -> Scores:
    """Metrics of a model and of its baseline on the same rows, with standard errors.

    Formula: the standard error of a mean over rows is ``sd / sqrt(n)``; that of any other metric is
    the same for the rows' influences on it. With groups, influences are summed within each group
    first. Divisors are ``n - 1`` (``groups - 1``). Weights apply to means and influences.
    ``roc_auc``: the influence of a row is the share of rows of the other class that it is ranked
    correctly against, which gives DeLong's variance, and Obuchowski's with groups.

    Source: DeLong, DeLong & Clarke-Pearson 1988, "Comparing the areas under two or more correlated
    receiver operating characteristic curves"; Obuchowski 1997, "Nonparametric analysis of clustered
    ROC curve data"; Liang & Zeger 1986 for groups.

    Args:
        task: ``regression``, ``binary`` or ``multiclass``.
        y_true: numbers in the target's own units, or class numbers, ``(n,)``.
        prediction: numbers ``(n,)``, or probabilities ``(n, classes)``.
        baseline: of the training rows.
        groups: one value for each row; rows of a group are one draw.
        weights: one number of 0 or more for each row.
        part: what sentences call the rows: ``validation rows``.
        target: the column's name, for the sentence.
        classes: the labels, for the sentence.

    Raises:
        InvalidData: there are no rows, or predictions are not finite.

    Example:
        >>> baseline = Baseline.of("regression", [1.0, 2.0, 3.0])
        >>> scores = score("regression", [1.0, 2, 3, 4], [1.1, 2.2, 2.9, 3.9], baseline=baseline)
        >>> print(scores.metrics["mae"])
        0.125 ± 0.025
        >>> scores.sentence()
        'On 4 rows its mean absolute error is 0.125 ± 0.025; predicting the mean target (2) would \
be off by 1.00 ± 0.41: 87 % ± 7 % less error.'
    """
    y = np.asarray(y_true, np.float64)
    p = np.asarray(prediction, np.float64)
    if not len(y):
        raise InvalidData("there are no rows to score. Pass at least one row with a target.")
    wrong = ~np.isfinite(p if p.ndim == 1 else p.sum(axis=1))
    if wrong.any():
        raise InvalidData(
            f"the prediction for row {int(np.argmax(wrong)) + 1} of the {part} is not finite "
            f"({int(wrong.sum()):,} such rows in all). Check whether training diverged."
        )
    numbers = None if groups is None else group_numbers(groups, len(y))
    rows = Draws(weights_or_ones(weights, len(y)), numbers)
    naive = baseline.predictions(len(y))
    draws = None if numbers is None else int(numbers.max()) + 1
    nothing = Score(math.nan, math.nan)
    relative, median_gain = nothing, nothing
    constant: str | int | float | bool
    if task == REGRESSION:
        metrics, reference = metrics_of_numbers(rows, y, p), metrics_of_numbers(rows, y, naive)
        ours, theirs = np.abs(p - y), np.abs(naive - y)
        gain = rows.mean(theirs - ours)
        relative = rows.one_minus_ratio(ours, theirs)
        median_gain = rows.mean(np.abs(baseline.median - y) - ours)
        constant = baseline.mean
    else:
        labels = y.astype(np.int64)
        metrics, reference = (
            metrics_of_classes(rows, labels, p),
            metrics_of_classes(rows, labels, naive),
        )
        usual = baseline.most_frequent
        right = (p.argmax(axis=1) == labels).astype(np.float64)
        gain = rows.mean(right - (labels == usual))
        constant = _label(classes, usual)
    return Scores(
        *(task, part, len(y), draws, metrics, reference, gain, relative, median_gain),
        target=target,
        constant=constant,
    )


def _label(classes: Any, number: int) -> str | int | float | bool:
    if not len(classes):
        return number
    label = classes[number]
    plain: str | int | float | bool = label.item() if hasattr(label, "item") else label
    return plain


def _pair(each: Score) -> list[float | None]:
    return [number_or_none(each.value), number_or_none(each.error)]


def _score(pair: Any) -> Score:
    if not isinstance(pair, list) or len(pair) != 2:
        raise TypeError("a score must be a number and its error")
    return Score(number_from(pair[0]), number_from(pair[1]))


def _scores(record: Any) -> dict[str, Score]:
    if not isinstance(record, dict):
        raise TypeError("scores must be a dictionary")
    return {str(name): _score(pair) for name, pair in record.items()}
