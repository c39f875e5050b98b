"""How good a model of several targets is: each target by itself, and all of them together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.notebook import paragraph
from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles
from trimtab.insight.uncertainty.conformal import group_numbers
from trimtab.predictor import verdict
from trimtab.predictor.baseline import number_from, number_or_none
from trimtab.predictor.draws import CLEAR, NOTABLE, Draws, Score, mean_of, weights_or_ones
from trimtab.predictor.number_metrics import metrics_of_numbers, scaled
from trimtab.predictor.number_words import means_missed
from trimtab.predictor.scores import Scores, score
from trimtab.predictor.several.baselines import SeveralBaselines

__all__ = ["SeveralScores", "score_several", "scores_from"]

#: Targets that are named in a sentence.
_NAMED = 6


@dataclass(frozen=True, repr=False)
class SeveralScores:
    """The scores of several targets on the same rows, and how good the model is on average.

    Errors in different units cannot be averaged. So the number to quote is the mean over targets of
    how much less the error is than that of the best constant: a target with half the error of its
    median and one with as much error as its median make 25 % less error.

    Attributes:
        targets: the scores of each, by name, in the order of predictions.
        relative: mean over targets of :attr:`Scores.relative`, with the standard error of that
            mean; that errors of a row in several targets go together is accounted for.
        r2: mean over targets of their R².
    """

    targets: dict[str, Scores]
    relative: Score
    r2: Score

    def __getitem__(self, name: str) -> Scores:
        return self.targets[name]

    @property
    def task(self) -> str:
        """``regression``."""
        return REGRESSION

    @property
    def part(self) -> str:
        """Which rows, as in :class:`Scores`."""
        return self._first.part

    @property
    def rows(self) -> int:
        """How many rows."""
        return self._first.rows

    @property
    def groups(self) -> int | None:
        """How many groups they are in; None where every row is a draw by itself."""
        return self._first.groups

    @property
    def target(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(self.targets)

    @property
    def _first(self) -> Scores:
        return next(iter(self.targets.values()))

    def __repr__(self) -> str:
        return f"<Scores of {verdict.rows_in_words(self._first)}: {self._mean()}>"

    def __str__(self) -> str:
        return "\n".join([*self.lines(), "", self.sentence(), *self.notes()])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        tables = (scores.html_table(name) for name, scores in self.targets.items())
        return "".join([paragraph(self.sentence()), *tables])

    def sentence(self) -> str:
        """All targets together, compared with predicting one constant for each; then each alone."""
        each = [f"{name}: {verdict.compared(scores)}" for name, scores in self.targets.items()]
        if len(each) > _NAMED:
            each[_NAMED - 1 :] = [f"And {len(each) - _NAMED + 1:,} more."]
        return " ".join([f"On {verdict.rows_in_words(self._first)} {self._said()}.", *each])

    def notes(self) -> list[str]:
        """What else is worth knowing, a sentence each: means that are missed."""
        found = [
            means_missed(scores, scores.mean_error, name) for name, scores in self.targets.items()
        ]
        return [note for notes in found for note in notes][:_NAMED]

    def lines(self) -> list[str]:
        """The table of each target, under its name."""
        lines: list[str] = []
        for name, scores in self.targets.items():
            head, *rest = scores.lines()
            name = " ".join(name.split())
            fits = len(name) < len(head) - len(head.lstrip()) - 1
            lines += [""] if lines else []
            lines += [name + head[len(name) :]] if fits else [name, head]
            lines += rest
        return lines

    def record(self) -> dict[str, Any]:
        """As plain data, for files; numbers that JSON lacks are None."""
        return {
            "task": self.task,
            "part": self.part,
            "rows": self.rows,
            "groups": self.groups,
            "target": list(self.targets),
            "relative": [number_or_none(self.relative.value), number_or_none(self.relative.error)],
            "r2": [number_or_none(self.r2.value), number_or_none(self.r2.error)],
            "targets": {name: each.record() for name, each in self.targets.items()},
        }

    @property
    def threshold(self) -> None:
        """None: there are no classes."""

    @property
    def _constants(self) -> str:
        return "the means" if self._first.quoted == "rmse" else "the medians"

    def _mean(self) -> str:
        targets = f"mean of {len(self.targets)} targets"
        if not math.isfinite(self.relative.value):
            return f"R² {self.r2} ({targets})"
        return f"{_less(self.relative)} than {self._constants} ({targets})"

    def _said(self) -> str:
        """How the model compares with the constants, over all targets."""
        gain, error = self.relative.value, self.relative.error
        over = f"on average over {len(self.targets)} targets"
        than = f"predicting {self._constants}"
        if not math.isfinite(gain):
            return "there is nothing to compare with: one target is the same in every row"
        draws = "row" if self.groups is None else "group"
        if not math.isfinite(error):
            return f"nothing tells it from {than}: one {draws} is too few"
        if gain > CLEAR * error:
            return f"it makes {_less(self.relative)} than {than}, {over}"
        if gain < -CLEAR * error:
            return f"it makes {_less(self.relative)} than {than}, {over}. It is worse than no model"
        difference = f"(difference {self.relative.percent()})"
        if gain + CLEAR * error > NOTABLE:
            return f"there are too few {draws}s to tell it from {than} {difference}"
        return f"it is no better than {than}, {over} {difference}"


def _less(gain: Score) -> str:
    sign = 1 if gain.value >= 0 else -1
    return f"{gain.percent(sign)} {'less' if sign > 0 else 'more'} error"


def score_several(
    y_true: Doubles,
    prediction: Doubles,
    *,
    baseline: SeveralBaselines,
    groups: Any = None,
    weights: Any = None,
    part: str = "rows",
    quoted: str = "mae",
) -> SeveralScores:
    """:func:`trimtab.predictor.scores.score` for several targets.

    Args:
        y_true: in the targets' own units, ``(rows, targets)``.
        prediction: the same for what is predicted.
        baseline: of the training rows.
        groups: one value for each row; rows of a group are one draw.
        weights: one number of 0 or more for each row.
        part: what sentences call the rows.
        quoted: the error to compare: ``mae`` or ``rmse``; ``r2``, which is no error, stands for
            ``rmse``.

    Raises:
        InvalidData: there are no rows, or predictions are not finite.

    Example:
        >>> y = np.array([[1.0, 10.0], [2.0, 30.0], [3.0, 20.0]])
        >>> baseline = SeveralBaselines.of(("a", "b"), y)
        >>> scores = score_several(y, y * 1.1, baseline=baseline)
        >>> print(scores.relative, scores["a"].relative)
        0.70 ± 0.15 0.70 ± 0.17
    """
    y, p = np.asarray(y_true, np.float64), np.asarray(prediction, np.float64)
    quoted = quoted if quoted == "mae" else "rmse"
    each = {
        name: score(
            REGRESSION,
            y[:, i],
            p[:, i],
            baseline=one,
            groups=groups,
            weights=weights,
            part=part,
            target=name,
            quoted=quoted,
        )
        for i, (name, one) in enumerate(baseline.targets.items())
    }
    numbers = None if groups is None else group_numbers(groups, len(y))
    rows = Draws(weights_or_ones(weights, len(y)), numbers)
    gains, r2 = [], []
    for i, one in enumerate(baseline.targets.values()):
        scaled_y, scaled_p, known, _ = scaled(y[:, i], p[:, i], one)
        ours, theirs = metrics_of_numbers(rows, scaled_y, scaled_p, known)
        gains.append(ours[quoted].share_below(theirs[quoted]))
        r2.append(ours["r2"])
    return SeveralScores(each, rows.score(mean_of(gains)), rows.score(mean_of(r2)))


def scores_from(record: dict[str, Any]) -> Scores | SeveralScores:
    """The scores that a file holds: of one target, or of several.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they are neither.
    """
    if "targets" not in record:
        return Scores.from_record(record)
    checks.choice("task", record["task"], (REGRESSION,))
    targets = {name: Scores.from_record(each) for name, each in record["targets"].items()}
    if len(targets) < 2 or {each.task for each in targets.values()} != {REGRESSION}:
        raise ValueError("there must be scores of at least two targets, all of them numbers")
    relative, r2 = (Score(*map(number_from, record[name])) for name in ("relative", "r2"))
    return SeveralScores(targets, relative, r2)
