"""Whether probabilities of a class agree with how often it occurs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.predictor.baseline import number_or_none
from trimtab.predictor.classes.recalibration import FEWEST
from trimtab.predictor.draws import Draws, Score

__all__ = ["Agreement", "Reliability"]

#: Differences of fewer standard errors, or of a smaller share of either number, say nothing.
_CLEAR, _NOTABLE = 3.0, 0.2

#: Least rows of the tenth with the highest probabilities.
_FEWEST = 20

#: Rows of the class, in all, from which an isotonic curve is better than a sigmoid one.
_MANY = 200


@dataclass(frozen=True)
class Agreement:
    """The mean probability of a class in some rows, and the share of them that are of it."""

    rows: int
    mean: float
    share: Score

    @classmethod
    def of(
        cls, draws: Draws, p: Doubles, own: NDArray[np.bool_], chosen: NDArray[np.bool_]
    ) -> Agreement:
        """Of some of the rows.

        The standard error is at least what chance gives if the probabilities are right.
        """
        inside = chosen.astype(np.float64)
        mean, share = draws.ratio(inside * p, inside), draws.ratio(inside * own, inside)
        assert mean is not None and share is not None
        w = draws.weights * inside
        chance = math.sqrt(float((w**2 * p * (1 - p)).sum())) / float(w.sum())
        error = draws.error((share - mean).influence)
        return cls(int(chosen.sum()), mean.value, Score(share.value, max(error, chance)))

    @property
    def off(self) -> float:
        """How many standard errors they differ by; 0 where that may be chance, or is little."""
        difference, error = self.mean - self.share.value, self.share.error
        largest = max(self.mean, self.share.value)
        if not abs(difference) > _NOTABLE * largest or not abs(difference) > _CLEAR * error > 0:
            return 0.0
        return difference / error


@dataclass(frozen=True)
class Reliability:
    """The probabilities of a class beside its shares.

    Attributes:
        label: of the class, as text.
        all_rows: mean probability and share in all rows.
        top: the same in the tenth of rows with the highest probabilities; None in few rows.
        many: whether the class has many rows here.
    """

    label: str
    all_rows: Agreement
    top: Agreement | None
    many: bool = False

    @classmethod
    def of(cls, label: str, draws: Draws, p: Doubles, own: NDArray[np.bool_]) -> Reliability | None:
        """Of a class.

        Args:
            label: of the class, as text.
            draws: weights and groups of the rows.
            p: probabilities of the class.
            own: whether each row is of the class.
        """
        weighty = draws.weights > 0
        if not weighty.any():
            return None
        top = None
        if len(p) >= 10 * _FEWEST:
            highest = p >= np.partition(p, -(len(p) // 10))[-(len(p) // 10)]
            if (highest & weighty).any():
                top = Agreement.of(draws, p, own, highest)
        every = Agreement.of(draws, p, own, np.ones(len(p), np.bool_))
        return cls(label, every, top, int(own.sum()) >= _MANY)

    @property
    def off(self) -> float:
        """How clearly the probabilities are off, in standard errors; 0: they are not."""
        return max(abs(each.off) for each in (self.all_rows, self.top) if each is not None)

    @property
    def method(self) -> str:
        """How to correct them: ``isotonic`` or ``sigmoid``; empty if the class has too few rows."""
        if self.all_rows.rows * self.all_rows.share.value < 2 * FEWEST:
            return ""
        return "isotonic" if self.many else "sigmoid"

    def sentence(self) -> str:
        """What is off, with numbers; empty if nothing is."""
        if not self.off:
            return ""
        place, found = "on these rows they average", self.all_rows
        if self.top is not None and not self.all_rows.off:
            place, found = "in the tenth of rows where they are highest, they average", self.top
        high = "high" if found.off > 0 else "low"
        return (
            f"Probabilities of {self.label} are too {high}: {place} {_exact(found.mean)}, and "
            f"{_exact(found.share.value)} of these rows are {self.label}."
        )

    def record(self) -> dict[str, Any]:
        """As plain data, for files."""
        return {
            "label": self.label,
            "many": self.many,
            **{
                name: None
                if each is None
                else [each.rows, each.mean, each.share.value, number_or_none(each.share.error)]
                for name, each in (("all_rows", self.all_rows), ("top", self.top))
            },
        }

    @classmethod
    def from_record(cls, record: Any) -> Reliability:
        """The inverse of :meth:`record`.

        Raises:
            KeyError, TypeError, ValueError: :meth:`record` never returns such data.
        """
        if not isinstance(record, dict) or not isinstance(record["label"], str):
            raise TypeError("reliability must be a dictionary with a label")
        if not isinstance(record["many"], bool):
            raise TypeError("many must be True or False")
        every, top = _agreement(record["all_rows"]), _agreement(record["top"])
        if every is None:
            raise ValueError("reliability must be of some rows")
        return cls(record["label"], every, top, record["many"])


def _agreement(listed: Any) -> Agreement | None:
    if listed is None:
        return None
    if not isinstance(listed, list) or len(listed) != 4 or type(listed[0]) is not int:
        raise TypeError("an agreement must be a list of four numbers")
    mean, share, error = (math.nan if each is None else each for each in listed[1:])
    if not all(type(each) in (int, float) for each in (mean, share, error)):
        raise TypeError("an agreement must be a list of four numbers")
    if not 0 <= mean <= 1 or not 0 <= share <= 1:
        raise ValueError("shares must be between 0 and 1")
    return Agreement(listed[0], float(mean), Score(float(share), float(error)))


def _exact(share: float) -> str:
    """A share in percent, with a place where it is small."""
    return f"{100 * share:.{1 if share < 0.1 else 0}f} %"
