"""How good a model is, with standard errors, beside one that only knows the average.

Everything here is a function of what was predicted and what came out; nothing knows about networks.
Every metric is a mean over rows or a smooth function of means, so its standard error is that of the
mean of each row's *influence* on it (the delta method), with rows of a group taken as one draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION
from trimtab.core.types import Doubles
from trimtab.core.words import figure
from trimtab.errors import InvalidData
from trimtab.insight.uncertainty.standard_error import binary_exponent, standard_error

__all__ = [
    "Baseline",
    "Draws",
    "Score",
    "Scores",
    "headline",
    "plus_minus",
    "row_losses",
    "score",
    "weights_or_ones",
]


#: What the sentence is about, and the names of all metrics in the order they are shown.
_METRICS = {
    REGRESSION: ("mae", "rmse", "r2"),
    BINARY: ("accuracy", "log_loss", "roc_auc"),
    MULTICLASS: ("accuracy", "log_loss", "roc_auc"),  # multiclass may be asked for two classes
}

_TITLES = {
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "r2": "R²",
    "accuracy": "accuracy",
    "log_loss": "log loss",
    "roc_auc": "area under the ROC curve",
}

#: A probability of 0 for what happened costs as much as one of this; Keras' epsilon.
_LEAST_PROBABILITY = 1e-7

#: Differences of fewer standard errors than this are not told from none.
_CLEAR = 2.0

#: Where even this share of the baseline's error cannot be excluded, rows are too few to say
#: that there is no difference.
_NOTABLE = 0.1


@dataclass(frozen=True)
class Score:
    """A number and its standard error; nan where one draw says nothing about the next.

    >>> print(Score(0.50312, 0.0187))
    0.503 ± 0.019
    """

    value: float
    error: float

    def __str__(self) -> str:
        return plus_minus(self.value, self.error)


@dataclass(frozen=True)
class Baseline:
    """What is predicted by someone who knows the training targets and nothing else.

    Attributes:
        task: ``regression``, ``binary`` or ``multiclass``.
        mean: of the training targets; nan for classes.
        median: of them; nan for classes.
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
        """From the training rows.

        Args:
            task: ``regression``, ``binary`` or ``multiclass``.
            targets: in their own units, or class numbers.
            weights: of the rows.
            classes: how many there are, in case the last ones do not occur.
        """
        y = np.asarray(targets, np.float64)
        w = weights_or_ones(weights, len(y))
        if task == REGRESSION:
            order = np.argsort(y, kind="stable")
            passed = np.cumsum(w[order])
            half = passed[-1] / 2
            first = int(np.searchsorted(passed, half))
            # Exactly half of the weight is passed: the middle lies between this one and the next.
            second = first + 1 if passed[first] == half and first + 1 < len(y) else first
            median = (y[order[first]] + y[order[second]]) / 2
            return cls(task, float(np.average(y, weights=w)), float(median))
        least = 2 if task == BINARY else 0
        counts = np.bincount(y.astype(np.int64), weights=w, minlength=max(classes, least))
        return cls(task, frequencies=tuple((counts / counts.sum()).tolist()))

    @property
    def most_frequent(self) -> int:
        """The number of the class that occurs most often; the first of equal ones."""
        return int(np.argmax(self.frequencies))

    def predictions(self, rows: int) -> Doubles:
        """What it says of each of so many rows: the mean, or the frequencies."""
        if self.task == REGRESSION:
            return np.full(rows, self.mean)
        return np.tile(np.array(self.frequencies), (rows, 1))

    def record(self) -> dict[str, Any]:
        """As plain data, for files."""
        return {
            "task": self.task,
            "mean": _plain(self.mean),
            "median": _plain(self.median),
            "frequencies": list(self.frequencies),
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Baseline:
        """The inverse of :meth:`record`.

        Errors:
            ``KeyError``, ``TypeError`` or ``ValueError`` for what :meth:`record` never returns.
        """
        task = _known_task(record["task"])
        mean, median = _number(record["mean"]), _number(record["median"])
        listed = record["frequencies"]
        if not isinstance(listed, list):
            raise TypeError("frequencies must be a list")
        frequencies = tuple(_number(each) for each in listed)
        if task == REGRESSION:
            if frequencies or not math.isfinite(mean) or not math.isfinite(median):
                raise ValueError("a baseline for numbers has a mean and a median")
        elif len(frequencies) < 2 or not all(0 <= each <= 1 for each in frequencies):
            raise ValueError("a baseline for classes has a frequency of each")
        return cls(task, mean, median, frequencies)


@dataclass(frozen=True, repr=False)
class Scores:
    """What a model and its baseline come to on some rows.

    Attributes:
        task: ``regression``, ``binary`` or ``multiclass``.
        part: of which rows: ``validation rows``, ``test rows``, ``rows of new.csv``, ``5-fold``.
        rows: how many.
        groups: groups of them; None where every row is a draw by itself.
        metrics: by name; regression: ``mae``, ``rmse`` (in units of the target), ``r2``; classes:
            ``accuracy``, ``log_loss`` (natural logarithm), and of two classes ``roc_auc`` where
            both occur.
        baseline: the same of predicting the mean, or the frequencies of the classes.
        gain: how much less the mean absolute error is than the baseline's, or how much higher the
            accuracy, with the standard error of the *paired* difference.
        relative: the gain as a share of the baseline's error; nan for classes.
        median_gain: as ``gain``, beside predicting the median, which no constant beats in mean
            absolute error; nan for classes.
        target: the column's name.
        constant: what the baseline always says: the mean, or the label of a class.

    Standard errors are for the choice of these rows; that training again with another seed or on
    other rows gives another model is not in them. Out of fold, models share training rows, and
    errors are a little too small for it.
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

    def sentence(self) -> str:
        """How good it is beside predicting the mean or the most frequent class."""
        return f"On {self._rows()} {self._said()}"

    def lines(self) -> list[str]:
        """Every metric beside the baseline's, a line each, under a heading."""
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

        Errors:
            ``KeyError``, ``TypeError`` or ``ValueError`` for what :meth:`record` never returns.
        """
        task = _known_task(record["task"])
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
        rows = f"{self.rows:,} row{'s' * (self.rows != 1)}"
        where = self.part
        if where.endswith("-fold"):
            text = f"{rows} in {where} cross-validation"
        else:
            kind, middle, rest = where.partition("rows")
            text = f"{self.rows:,} {kind}{rows.partition(' ')[2]}{rest}" if middle else rows
        if self.groups is not None:
            text += f" ({self.groups:,} group{'s' * (self.groups != 1)})"
        return text

    def _said(self) -> str:
        name = _METRICS[self.task][0]
        ours, base = self.metrics[name], self.baseline[name]
        draws = "rows" if self.groups is None else "groups"
        if self.task == REGRESSION:
            model = f"its mean absolute error is {ours}"
            other = (
                f"predicting the mean {self.target} ({_short(self.constant)}) would be off by "
                f"{base}"
            )
            more, less = (f"{_percent(self.relative, sign)} {{}} error" for sign in (1, -1))
            more, less = more.format("less"), less.format("more")
            same, size = "no better than the mean", base.value
        else:
            model = f"it gets {self._share_right(ours)}"
            other = (
                f"always saying {self.constant!r}, the most frequent class of the training rows, "
                f"would get {_percent(base)}"
            )
            points = (_percent(self.gain, sign).replace(" %", "") for sign in (1, -1))
            more, less = (f"{number} percentage points" for number in points)
            more, less = f"{more} more", f"{less} fewer"
            same, size = "no better than that one class", 1.0
        gain, error = self.gain.value, self.gain.error
        if not math.isfinite(error):
            verdict = f"{self.groups or self.rows} of them are too few to tell the two apart"
        elif gain > _CLEAR * error:
            verdict = more
            if self.median_gain.value <= _CLEAR * self.median_gain.error:
                verdict += ", and no better than predicting the median"
        elif gain < -_CLEAR * error:
            verdict = f"{less}. It is worse than no model"
        elif gain + _CLEAR * error > _NOTABLE * size:
            verdict = f"these are too few {draws} to tell the two apart (difference {self._gain()})"
        else:
            verdict = f"it is {same} (difference {self._gain()})"
        return f"{model}; {other}: {verdict}."

    def _gain(self) -> str:
        if self.task == REGRESSION:
            return str(self.gain)
        return _percent(self.gain).replace(" %", "") + " percentage points"

    def _share_right(self, accuracy: Score) -> str:
        if accuracy.value < 1 or self.groups is not None:
            return f"{_percent(accuracy)} right"
        # The standard error of a share is 0 here, and means nothing; the "rule of three" does:
        # nothing in n trials excludes 3/n no better than with 95 %. Hanley & Lippman-Hand 1983.
        most = min(100.0, 300 / self.rows)
        return f"all of them right (up to {most:.2g} % wrong cannot be excluded)"


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

    Formula: of a mean over rows ``sd / sqrt(n)``; of any other metric the same of the rows'
    influences on it; with groups, influences are summed within each group first. Divisors are
    ``n - 1`` (``groups - 1``). Weighted rows: means, and influences, with these weights.
    ``roc_auc``: the influence of a row is the share of rows of the other class that it is ranked
    right with, which is DeLong's variance, and Obuchowski's where there are groups.

    Source: DeLong, DeLong & Clarke-Pearson 1988, "Comparing the areas under two or more correlated
    receiver operating characteristic curves"; Obuchowski 1997, "Nonparametric analysis of clustered
    ROC curve data"; Liang & Zeger 1986 for groups.

    Args:
        task: ``regression``, ``binary`` or ``multiclass``.
        y_true: numbers in the target's own units, or class numbers, ``(n,)``.
        prediction: numbers ``(n,)``, or probabilities ``(n, classes)``.
        baseline: of the training rows.
        groups: one value a row; rows of a group are one draw.
        weights: one number of 0 or more a row.
        part: of which rows they are: ``validation rows``.
        target: the column's name, for the sentence.
        classes: the labels, for the sentence.

    Errors:
        ``InvalidData``: no rows, or predictions that are not finite.

    Example:
        >>> baseline = Baseline.of("regression", [1.0, 2.0, 3.0])
        >>> scores = score("regression", [1.0, 2, 3, 4], [1.1, 2.2, 2.9, 3.9], baseline=baseline)
        >>> print(scores.metrics["mae"])
        0.125 ± 0.025
        >>> scores.sentence()
        'On 4 rows its mean absolute error is 0.125 ± 0.025; predicting the mean target (2) would \
be off by 1.00 ± 0.41: 87 % ± 7 % less error.'
    """
    from trimtab.insight.uncertainty.conformal import group_numbers

    y = np.asarray(y_true, np.float64)
    p = np.asarray(prediction, np.float64)
    if not len(y):
        raise InvalidData("there are no rows to score. Pass at least one row with a target.")
    wrong = ~np.isfinite(p if p.ndim == 1 else p.sum(axis=1))
    if wrong.any():
        raise InvalidData(
            f"the prediction for row {int(np.argmax(wrong)) + 1} of the {part} is not finite "
            f"({int(wrong.sum()):,} such rows in all). Look whether training diverged."
        )
    numbers = None if groups is None else group_numbers(groups, len(y))
    rows = Draws(weights_or_ones(weights, len(y)), numbers)
    naive = baseline.predictions(len(y))
    count = None if numbers is None else int(numbers.max()) + 1
    nothing = Score(math.nan, math.nan)
    relative, median_gain = nothing, nothing
    constant: str | int | float | bool
    if task == REGRESSION:
        metrics, reference = _of_numbers(rows, y, p), _of_numbers(rows, y, naive)
        ours, theirs = np.abs(p - y), np.abs(naive - y)
        gain = rows.mean(theirs - ours)
        relative = rows.one_minus_ratio(ours, theirs)
        median_gain = rows.mean(np.abs(baseline.median - y) - ours)
        constant = baseline.mean
    else:
        labels = y.astype(np.int64)
        metrics, reference = _of_classes(rows, labels, p), _of_classes(rows, labels, naive)
        usual = baseline.most_frequent
        right = (p.argmax(axis=1) == labels).astype(np.float64)
        gain = rows.mean(right - (labels == usual))
        constant = _label(classes, usual)
    return Scores(
        *(task, part, len(y), count, metrics, reference, gain, relative, median_gain),
        target=target,
        constant=constant,
    )


def headline(task: str) -> str:
    """The loss that stands for all: ``mae``, or ``log_loss`` for classes."""
    return "mae" if task == REGRESSION else "log_loss"


def row_losses(task: str, y_true: Any, prediction: Any) -> Doubles:
    """Each row's part of :func:`headline`: ``|y - p|``, or ``-log(p of the true class)``."""
    p = np.asarray(prediction, np.float64)
    if task == REGRESSION:
        return np.abs(p - np.asarray(y_true, np.float64))
    chosen = p[np.arange(len(p)), np.asarray(y_true, np.int64)]
    return np.asarray(-np.log(np.maximum(chosen, _LEAST_PROBABILITY)))


class Draws:
    """Rows as draws: weighted means of them, and how sure those are.

    Args:
        weights: one a row, not all 0.
        groups: numbers 0, 1, 2, ... of the rows' groups; None: every row is a draw.
    """

    def __init__(self, weights: Doubles, groups: NDArray[np.int64] | None) -> None:
        self.weights = weights / weights.mean()
        self._groups = groups
        draws = len(weights) if groups is None else int(groups.max()) + 1
        self._factor = math.sqrt(draws / (draws - 1)) if draws > 1 else math.nan

    def average(self, values: Doubles) -> float:
        """The weighted mean."""
        return float((self.weights * values).mean())

    def error(self, influence: Doubles) -> float:
        """Of a statistic that row ``i`` moves by ``influence[i] / n``."""
        return float(self._factor * standard_error(self.weights * influence, self._groups))

    def mean(self, values: Doubles) -> Score:
        """That of the rows."""
        mean = self.average(values)
        return Score(mean, self.error(values - mean))

    def one_minus_ratio(self, above: Doubles, below: Doubles) -> Score:
        """``1 - mean(above) / mean(below)``."""
        a, b = self.average(above), self.average(below)
        if b == 0:
            return Score(math.nan, math.nan)
        return Score(1 - a / b, self.error((a / b * (below - b) - (above - a)) / b))


def _of_numbers(rows: Draws, y: Doubles, p: Doubles) -> dict[str, Score]:
    # As in standard errors: squares of targets in large units would overflow.
    exponent = int(max(binary_exponent(y), binary_exponent(p), key=int))
    y, p = np.ldexp(y, -exponent), np.ldexp(p, -exponent)
    squares = np.square(p - y)
    mean = rows.average(squares)
    root = math.sqrt(mean)
    # At an error of exactly 0 no row moves anything.
    root_error = rows.error((squares - mean) / (2 * root)) if root else 0.0
    errors = {"mae": rows.mean(np.abs(p - y)), "rmse": Score(root, root_error)}
    return {
        name: Score(*(float(np.ldexp(each, exponent)) for each in (score.value, score.error)))
        for name, score in errors.items()
    } | {
        # Against the mean of these rows, whose own influence is of second order.
        "r2": rows.one_minus_ratio(squares, np.square(y - rows.average(y))),
    }


def _of_classes(rows: Draws, labels: NDArray[np.int64], p: Doubles) -> dict[str, Score]:
    metrics = {
        "accuracy": rows.mean((p.argmax(axis=1) == labels).astype(np.float64)),
        "log_loss": rows.mean(row_losses(BINARY, labels, p)),
    }
    if p.shape[1] == 2 and 0 < (rows.weights * labels).sum() < rows.weights.sum():
        metrics["roc_auc"] = _area(rows, labels == 1, p[:, 1])
    return metrics


def _area(rows: Draws, positive: NDArray[np.bool_], values: Doubles) -> Score:
    """The weighted share of pairs of a positive and a negative that are ranked right."""
    won = np.empty(len(values))
    for mine, sign in ((positive, 1.0), (~positive, -1.0)):
        others = np.sort(sign * values[~mine])
        order = np.argsort(sign * values[~mine], kind="stable")
        passed = np.concatenate([[0.0], np.cumsum(rows.weights[~mine][order])])
        below = passed[np.searchsorted(others, sign * values[mine], "left")]
        up_to = passed[np.searchsorted(others, sign * values[mine], "right")]
        won[mine] = (below + up_to) / 2 / passed[-1]
    share = rows.average(positive.astype(np.float64))
    area = float(np.average(won[positive], weights=rows.weights[positive]))
    influence = (won - area) / np.where(positive, share, 1 - share)
    return Score(area, rows.error(influence))


def weights_or_ones(weights: Any, rows: int) -> Doubles:
    """Weights of so many rows, checked."""
    if weights is None:
        return np.ones(rows)
    array = np.asarray(weights, np.float64)
    if array.shape != (rows,) or not (array >= 0).all() or not 0 < array.sum() < math.inf:
        raise InvalidData(
            f"weights must hold one finite number of 0 or more a row, {rows} of them and not all "
            f"0, received shape {array.shape}."
        )
    return array


def _label(classes: Any, number: int) -> str | int | float | bool:
    if not len(classes):
        return number
    label = classes[number]
    plain: str | int | float | bool = label.item() if hasattr(label, "item") else label
    return plain


def plus_minus(value: float, error: float) -> str:
    """``0.503 ± 0.019``: two digits of the error, and the number to the same place.

    >>> plus_minus(12345.6, 120), plus_minus(0.1, 0), plus_minus(2.5, math.nan)
    ('12,346 ± 120', '0.1 ± 0', '2.5 ± ?')
    """
    if not math.isfinite(value) or not math.isfinite(error):
        return f"{_short(value)} ± ?"
    if error <= 1e-12 * abs(value):  # rounding
        return f"{_short(value)} ± 0"
    if not 1e-6 <= error < 1e9:
        return f"{value:.4g} ± {error:.2g}"
    places = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:,.{places}f} ± {error:,.{places}f}"


def _percent(share: Score, sign: int = 1) -> str:
    """``26 % ± 2 %``, with a place more where the error is below one."""
    value, error = 100 * sign * share.value, 100 * share.error
    places = 1 if 0 < error < 0.95 else 0
    if not math.isfinite(error):
        return f"{value:.0f} %"
    if error > 0:
        error = max(error, 0.1)  # not "± 0.0 %" of what is not 0
    return f"{value:.{places}f} % ± {error:.{places}f} %"


def _short(value: Any) -> str:
    return figure(value) if isinstance(value, float) else str(value)


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _pair(each: Score) -> list[float | None]:
    return [_plain(each.value), _plain(each.error)]


def _known_task(task: Any) -> str:
    if task not in _METRICS:
        raise ValueError(f"unknown task {task!r}")
    return str(task)


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if type(value) not in (int, float):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _score(pair: Any) -> Score:
    if not isinstance(pair, list) or len(pair) != 2:
        raise TypeError("a score must be a number and its error")
    return Score(_number(pair[0]), _number(pair[1]))


def _scores(record: Any) -> dict[str, Score]:
    if not isinstance(record, dict):
        raise TypeError("scores must be a dictionary")
    return {str(name): _score(pair) for name, pair in record.items()}
