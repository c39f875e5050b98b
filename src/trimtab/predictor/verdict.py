"""Scores as a sentence: the model beside the constant that is best by the quoted metric."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

from trimtab.core.tasks import REGRESSION
from trimtab.core.words import count
from trimtab.predictor.averaging import Averaged
from trimtab.predictor.draws import CLEAR, NOTABLE, Score
from trimtab.predictor.figures import short
from trimtab.predictor.metric_names import ERRORS, SHARES, title
from trimtab.tables.columns.storage import shown

__all__ = ["Compared", "compared", "constant_in_words", "rows_in_words"]

#: What a model that is no better is compared with.
_THAN = {
    "mae": "the median",
    "rmse": "the mean",
    "r2": "the mean",
    "accuracy": "that class",
    "balanced_accuracy": "one class for all",
    "log_loss": "these shares",
    "roc_auc": "chance",
    "average_precision": "chance",
}


class Compared(Protocol):
    """What sentences are made of; :class:`~trimtab.predictor.scores.Scores` explains it."""

    @property
    def task(self) -> str: ...

    @property
    def part(self) -> str: ...

    @property
    def rows(self) -> int: ...

    @property
    def groups(self) -> int | None: ...

    @property
    def metrics(self) -> Mapping[str, Score]: ...

    @property
    def baseline(self) -> Mapping[str, Score]: ...

    @property
    def gain(self) -> Score: ...

    @property
    def relative(self) -> Score: ...

    @property
    def median_gain(self) -> Score: ...

    @property
    def target(self) -> str: ...

    @property
    def constant(self) -> Any: ...

    @property
    def quoted(self) -> str: ...

    @property
    def constants(self) -> Mapping[str, str] | None: ...

    @property
    def positive(self) -> Any: ...

    @property
    def averaged(self) -> Averaged | None: ...


def constant_in_words(name: str, constant: Any) -> str:
    """The constant that is best by a metric.

    Example:
        >>> constant_in_words("mae", 6.0), constant_in_words("accuracy", "ok")
        ('the median, 6', "always 'ok'")
    """
    if name == "mae":
        return f"the median, {short(constant)}"
    if name in ("rmse", "r2"):
        return f"the mean, {short(constant)}"
    if name == "log_loss":
        return "the shares of the classes"
    if name in ("balanced_accuracy", "roc_auc", "average_precision"):
        return "any constant"
    return f"always {shown(constant)}"


def rows_in_words(scores: Compared) -> str:
    """``480 validation rows (12 groups)``."""
    rows = count(scores.rows, "row")
    where = scores.part
    if where.endswith("-fold"):
        text = f"{rows} in {where} cross-validation"
    else:
        kind, middle, rest = where.partition("rows")
        text = f"{scores.rows:,} {kind}{rows.partition(' ')[2]}{rest}" if middle else rows
    return text if scores.groups is None else f"{text} ({count(scores.groups, 'group')})"


def compared(scores: Compared) -> str:
    """The model, the constant, and which of the two is better."""
    name = quoted(scores)
    ours, base = scores.metrics[name], scores.baseline[name]
    text, model = _constant(scores, name, base), _model(scores, name, ours)
    if scores.averaged is not None:
        model += scores.averaged.words(name, ours)
    return f"{model}; {text}: {_verdict(scores, name, base.value)}."


def log_loss_of_average(scores: Compared) -> str:
    """A sentence on the log loss of an average, where something else is quoted; or nothing."""
    averaged, name = scores.averaged, "log_loss"
    if averaged is None or quoted(scores) == name or name not in averaged.metrics:
        return ""
    ours = scores.metrics[name]
    return f" The log loss is {ours}{averaged.words(name, ours)}."


def quoted(scores: Compared) -> str:
    """The metric that is quoted."""
    return scores.quoted or next(iter(scores.metrics))


def _model(scores: Compared, name: str, ours: Score) -> str:
    positive = "" if scores.positive is None else shown(scores.positive)
    if name == "accuracy":
        return _share_right(scores, ours)
    if name == "roc_auc":
        what = f"a row of class {positive} above another one in {ours.percent()} of pairs"
        return f"it ranks {what} (area under the ROC curve)"
    if name == "cost":
        return f"a row costs {ours} on average"
    said = ours.percent() if name in SHARES else str(ours)
    return f"its {title(name, positive)} is {said}"


def _constant(scores: Compared, name: str, base: Score) -> str:
    said = base.percent() if name in SHARES and base.error > 0 else str(base)
    if name in SHARES and not base.error > 0:
        said = f"{100 * base.value:.3g} %"
    if name in ("mae", "rmse", "r2"):
        word = "median" if name == "mae" and scores.constants is not None else "mean"
        would = "would be off by" if name == "mae" else "gives"
        return f"predicting the {word} {scores.target} ({short(scores.constant)}) {would} {said}"
    if name == "accuracy":
        return (
            f"always predicting {shown(scores.constant)}, the most frequent class in training, "
            f"gives {base.percent()}"
        )
    if name == "log_loss":
        return f"predicting the shares of the classes in training gives {said}"
    if name == "balanced_accuracy":
        return f"always predicting one class gives {said}"
    if name in ("roc_auc", "average_precision"):
        return f"chance gives {said.split(' ± ')[0] if name == 'roc_auc' else said}"
    gives = "costs" if name == "cost" else "gives"
    return f"always predicting {shown(scores.constant)} {gives} {said}"


def _verdict(scores: Compared, name: str, size: float) -> str:
    """How the model compares with the constant.

    Args:
        size: of a difference that would be as large as can be.
    """
    gain, error = scores.gain.value, scores.gain.error
    draws = "row" if scores.groups is None else "group"
    if not math.isfinite(error):  # of one draw
        return f"one {draws} is too few to tell the two apart"
    if _of_one_class(scores):  # the constant of this class is always right
        return "rows of one class cannot tell the two apart"
    if gain > CLEAR * error:
        median = scores.median_gain
        flattered = median.value <= CLEAR * median.error  # in older files
        better = _gained(scores, name, 1)
        return better + ", but no better than predicting the median" * flattered
    if gain < -CLEAR * error:
        return f"{_gained(scores, name, -1)}. It is worse than no model"
    largest = size if name in ERRORS else 1.0
    if gain + CLEAR * error > NOTABLE * largest:
        return f"too few {draws}s to tell the two apart (difference {_gain(scores, name)})"
    than = _THAN.get(name, "that")
    if name == "mae" and scores.constants is None:
        than = "the mean"
    return f"no better than {than} (difference {_gain(scores, name)})"


def _of_one_class(scores: Compared) -> bool:
    """Whether all rows are of one class; older files do not say."""
    known = scores.task != REGRESSION and scores.constants is not None
    return known and "balanced_accuracy" not in scores.metrics


def _gained(scores: Compared, name: str, sign: int) -> str:
    """The clear difference; -1: to the worse."""
    if name in ERRORS and math.isfinite(scores.relative.value):
        word = "error" if scores.task == REGRESSION else title(name).removeprefix("mean ")
        return f"{scores.relative.percent(sign)} {'less' if sign > 0 else 'more'} {word}"
    if name in SHARES:
        points = scores.gain.percent(sign).replace(" %", "")
        return f"{points} percentage points {'more' if sign > 0 else 'fewer'}"
    more = (sign > 0) != (name in ERRORS)
    return f"{Score(sign * scores.gain.value, scores.gain.error)} {'more' if more else 'less'}"


def _gain(scores: Compared, name: str) -> str:
    if name not in SHARES:
        return str(scores.gain)
    return scores.gain.percent().replace(" %", "") + " percentage points"


def _share_right(scores: Compared, accuracy: Score) -> str:
    if scores.rows == 1:
        return f"the prediction is {'right' if accuracy.value == 1 else 'wrong'}"
    if accuracy.value < 1 or scores.groups is not None:
        return f"{accuracy.percent()} of predictions are right"
    # The standard error of a share is 0 here, and means nothing; the "rule of three" does:
    # nothing in n trials excludes 3/n no better than with 95 %. Hanley & Lippman-Hand 1983.
    most = min(100.0, 300 / scores.rows)
    said = "100" if most == 100 else f"{most:.2g}"
    return f"all predictions are right (up to {said} % wrong cannot be ruled out)"
