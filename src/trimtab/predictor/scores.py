"""How good a model is compared with the best constant, with standard errors.

Everything here is a function of predictions and targets; nothing knows about networks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.notebook import html_table, paragraph
from trimtab.core.tasks import BINARY, REGRESSION, TASKS
from trimtab.errors import InvalidData
from trimtab.insight.uncertainty.conformal import group_numbers
from trimtab.predictor import verdict
from trimtab.predictor.averaging import Averaged
from trimtab.predictor.baseline import Baseline, number_from, number_or_none
from trimtab.predictor.classes.deciding import decided
from trimtab.predictor.classes.metrics import cheapest, metrics_of_classes
from trimtab.predictor.classes.reliability import Reliability
from trimtab.predictor.draws import Draws, Score, weights_or_ones
from trimtab.predictor.metric_names import ERRORS, METRICS, RARE, title
from trimtab.predictor.number_metrics import in_units, metrics_of_numbers, scaled
from trimtab.predictor.number_words import means_missed
from trimtab.tables.columns.storage import shown

__all__ = ["Baseline", "Score", "Scores", "score"]

Label = str | int | float | bool


@dataclass(frozen=True, repr=False)
class Scores:
    """The metrics of a model and of the best constants on the same rows.

    Attributes:
        task: ``regression``, ``binary`` or ``multiclass``.
        part: which rows: ``validation rows``, ``test rows``, ``rows of new.csv``, ``5-fold``.
        rows: how many.
        groups: how many groups they are in; None where every row is a draw by itself.
        metrics: by name; regression: ``mae``, ``rmse`` (in units of the target), ``r2``; classes:
            ``accuracy``, ``balanced_accuracy``, ``log_loss`` (natural logarithm), and of the
            positive class ``roc_auc``, ``average_precision``, ``precision``, ``recall`` and ``f1``;
            with costs ``cost``, the mean of a row. What the rows do not allow is left out.
        baseline: the same metrics, each of the constant that is best by it.
        gain: how much better the quoted metric is than the baseline's, with the standard error of
            the *paired* difference; above 0 is better.
        relative: the gain as a share of the baseline's error; NaN where more is better.
        median_gain: of an older file, where ``gain`` is compared with the mean: the same compared
            with the median; else NaN.
        target: the column's name.
        constant: what the baseline of the quoted metric always predicts: the median, the mean, or
            the label of a class.
        quoted: the metric that sentences quote; empty in older files: the first one.
        constants: by metric, its baseline in words; None in older files.
        positive: the class that ``precision``, ... speak of; None: there is none.
        threshold: of its probability, from which on it is predicted; None: the most likely class.
        reliability: the probabilities of the class where they are least right; None: not looked at.
        averaged: what to expect of the average of several networks, where each row is predicted by
            the one of them that did not see it; None: one model predicts all rows.
        mean_error: of numbers, the mean of prediction less target; None in older files.

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
    constant: Label = math.nan
    quoted: str = ""
    constants: Mapping[str, str] | None = None
    positive: Label | None = None
    threshold: float | None = None
    reliability: Reliability | None = None
    averaged: Averaged | None = None
    mean_error: Score | None = None

    def __getitem__(self, name: str) -> Score:
        """A metric by its name, as in ``metrics``.

        Raises:
            KeyError: there is none of this name.
        """
        if name not in self.metrics:
            raise KeyError(f"{name!r}: there are {checks.listing(self.metrics)}")
        return self.metrics[name]

    def __repr__(self) -> str:
        metrics = ", ".join(f"{name} {each}" for name, each in self.metrics.items())
        return f"<Scores of {verdict.rows_in_words(self)}: {metrics}>"

    def __str__(self) -> str:
        return "\n".join([*self.lines(), "", self.sentence(), *self.notes()])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        said = [paragraph(self.sentence()), *map(paragraph, self.notes())]
        return "".join([*said, self.html_table()])

    def sentence(self) -> str:
        """The model compared with the constant that is best by the quoted metric."""
        said = f"On {verdict.rows_in_words(self)} {verdict.compared(self)}"
        return f"{said}{verdict.log_loss_of_average(self)}"

    def notes(self) -> list[str]:
        """What else is worth knowing, a sentence each: probabilities that are off, missed means."""
        said = "" if self.reliability is None else self.reliability.sentence()
        return [said] if said else means_missed(self, self.mean_error)

    def lines(self) -> list[str]:
        """A heading, and a line for each metric beside that of the best constant."""
        head, *rows = self._cells()
        a, b, c = (max(map(len, column)) for column in list(zip(head, *rows, strict=True))[:3])
        return [
            f"{name:{a}}  {ours:>{b}}  {theirs:>{c}}" + (f"  {which}" if which else "")
            for name, ours, theirs, which in (head, *rows)
        ]

    def html_table(self, name: str = "") -> str:
        """The same as a table of HTML.

        Args:
            name: what stands in the corner.
        """
        (_, *head), *rows = self._cells()
        return html_table([name, *head], rows, words=[3])

    def _cells(self) -> list[tuple[str, str, str, str]]:
        """A heading and the metrics: name, the model's, the best constant's, which that is."""
        positive = "" if self.positive is None else shown(self.positive)
        former = "the mean" if self.task == REGRESSION else "class frequencies"
        own = "model" if self.averaged is None else "one network"
        head = ("", own, "best constant" if self.constants else former, "")
        constants = self.constants or {}
        return [
            head,
            *(
                (
                    title(name, positive),
                    str(ours),
                    str(self.baseline[name]),
                    constants.get(name, ""),
                )
                for name, ours in self.metrics.items()
            ),
        ]

    def record(self) -> dict[str, Any]:
        """As plain data, for files; numbers that JSON lacks are None."""
        record = {
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
        if self.constants is None:  # as older files have it
            return record
        reliability = None if self.reliability is None else self.reliability.record()
        averaged = {} if self.averaged is None else {"averaged": self.averaged.record()}
        if self.mean_error is not None:
            record["mean_error"] = _pair(self.mean_error)
        return (
            record
            | averaged
            | {
                "quoted": self.quoted,
                "constants": dict(self.constants),
                "positive": self.positive,
                "threshold": self.threshold,
                "reliability": reliability,
            }
        )

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
        if metrics.keys() != baseline.keys() or not metrics.keys() <= set(METRICS[task]):
            raise ValueError("metrics and baseline must hold the metrics of the task")
        if METRICS[task][0] not in metrics:
            raise ValueError(f"metrics must hold {METRICS[task][0]}")
        gain, relative = _score(record["gain"]), _score(record["relative"])
        median_gain = _score(record["median_gain"])
        return cls(
            *(task, part, rows, groups, metrics, baseline, gain, relative, median_gain),
            target=target,
            constant=constant,
            **(_newer(record, metrics) if "constants" in record else {}),
        )


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
    quoted: str = "",
    positive: int | None = None,
    threshold: float | None = None,
    costs: Sequence[float] = (),
    reliability: bool = True,
) -> Scores:
    """Metrics of a model and of the best constants on the same rows, with standard errors.

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
        quoted: the metric that the sentence quotes, if the rows allow it; empty: the first one.
        positive: the number of the class that precision, recall, ... speak of; None: the second of
            two.
        threshold: of its probability, from which on it is predicted; None: the most likely class.
        costs: of a row of each class that is predicted as the other.
        reliability: whether to compare probabilities with shares; not where they were fitted to
            these rows.

    Raises:
        InvalidData: there are no rows, or predictions are not finite.

    Example:
        >>> baseline = Baseline.of("regression", [1.0, 2.0, 3.0])
        >>> scores = score("regression", [1.0, 2, 3, 4], [1.1, 2.2, 2.9, 3.9], baseline=baseline)
        >>> print(scores.metrics["mae"])
        0.125 ± 0.025
        >>> scores.sentence()
        'On 4 rows its mean absolute error is 0.125 ± 0.025; predicting the median target (2) \
would be off by 1.00 ± 0.41: 87 % ± 7 % less error.'
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
    exponent, label, checked, off = 0, None, None, None
    constants: dict[str, Label]
    if task == REGRESSION:
        scaled_y, scaled_p, known, exponent = scaled(y, p, baseline)
        ours, theirs = metrics_of_numbers(rows, scaled_y, scaled_p, known)
        off = in_units("mae", rows.mean(scaled_p - scaled_y), exponent)
        constants = {"mae": baseline.median, "rmse": baseline.mean, "r2": baseline.mean}
    else:
        if positive is None and p.shape[1] == 2:
            positive = 1
        labels = y.astype(np.int64)
        ours, theirs = metrics_of_classes(
            rows,
            labels,
            p,
            decided(p, positive, threshold),
            baseline,
            positive=positive,
            costs=costs,
        )
        constants = _constants(baseline, classes, positive, costs)
        label = None if positive is None else _label(classes, positive)
        if reliability:
            checked = _reliability(rows, labels, p, baseline, classes, positive)
    # There is no R² of one row, or of targets that are all the same.
    ours = {n: ours[n] for n in METRICS[task] if n in ours and math.isfinite(ours[n].value)}
    quoted = quoted if quoted in ours else next(iter(ours))
    gain = ours[quoted] - theirs[quoted]
    if quoted in ERRORS:
        gain = theirs[quoted] - ours[quoted]
    relative = Score(math.nan, math.nan)
    if quoted in ERRORS:
        relative = rows.score(ours[quoted].share_below(theirs[quoted]))
    made = {name: in_units(name, rows.score(each), exponent) for name, each in ours.items()}
    return Scores(
        task=task,
        part=part,
        rows=len(y),
        groups=None if numbers is None else int(numbers.max()) + 1,
        metrics=made,
        baseline={name: in_units(name, rows.score(theirs[name]), exponent) for name in made},
        gain=in_units(quoted, rows.score(gain), exponent),
        relative=relative,
        target=target,
        constant=constants[quoted],
        quoted=quoted,
        constants={name: verdict.constant_in_words(name, constants[name]) for name in made},
        positive=label,
        threshold=threshold,
        reliability=checked,
        mean_error=off,
    )


def _constants(
    baseline: Baseline, classes: Any, positive: int | None, costs: Sequence[float]
) -> dict[str, Label]:
    """By metric, the label that its baseline always predicts."""
    usual = _label(classes, baseline.most_frequent)
    named = usual if positive is None else _label(classes, positive)
    found = dict.fromkeys(METRICS[BINARY], usual)
    found |= dict.fromkeys(("precision", "recall", "f1"), named)
    if len(costs):
        found["cost"] = _label(classes, cheapest(baseline, costs))
    return found


def _reliability(
    rows: Draws,
    labels: Any,
    p: Any,
    baseline: Baseline,
    classes: Any,
    positive: int | None,
) -> Reliability | None:
    """Of the positive class, and of rare ones: that which is off most clearly."""
    looked = {number for number, share in enumerate(baseline.frequencies) if 0 < share < RARE}
    looked |= set() if positive is None else {positive}
    found = [
        Reliability.of(shown(_label(classes, number)), rows, p[:, number], labels == number)
        for number in sorted(looked)
    ]
    return max((each for each in found if each is not None), key=lambda r: r.off, default=None)


def _label(classes: Any, number: int) -> Label:
    if not len(classes):
        return number
    label = classes[number]
    plain: Label = label.item() if hasattr(label, "item") else label
    return plain


def _newer(record: dict[str, Any], metrics: Mapping[str, Score]) -> dict[str, Any]:
    """What older records lack."""
    quoted, constants, positive = record["quoted"], record["constants"], record["positive"]
    threshold = record["threshold"]
    if quoted not in metrics:
        raise ValueError("the metric that is quoted must be among the metrics")
    if not isinstance(constants, dict) or not all(
        isinstance(each, str) for pair in constants.items() for each in pair
    ):
        raise TypeError("constants must be texts by metric")
    if not (positive is None or isinstance(positive, str | int | float)):
        raise TypeError("positive must be a label")
    if threshold is not None and not 0 <= number_from(threshold) <= 1:
        raise ValueError("threshold must be a probability")
    reliability, averaged = record["reliability"], record.get("averaged")
    mean_error = record.get("mean_error")
    return {
        "mean_error": None if mean_error is None else _score(mean_error),
        "quoted": quoted,
        "constants": constants,
        "positive": positive,
        "threshold": threshold,
        "reliability": None if reliability is None else Reliability.from_record(reliability),
        "averaged": None if averaged is None else Averaged.from_record(averaged),
    }


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
