"""Calibrated predictions: intervals for numbers, sets for classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import count
from trimtab.errors import InvalidData
from trimtab.insight.uncertainty.coverage import Coverage
from trimtab.nn import data

__all__ = ["Coverage", "Intervals", "PredictionSets"]

#: float32 from networks on arrays, float64 from predictors, in units of their table.
Numbers = NDArray[np.float32] | Doubles

#: Rows printed.
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Intervals:
    """Prediction intervals.

    Attributes:
        lower: ``(rows, outputs)``
        upper: ``(rows, outputs)``
        prediction: ``(rows, outputs)``, the middle; of targets that a predictor learned on a
            curve, nearer to the lower end, as a rule.
        spread: ``(rows, outputs)``; widths are proportional to it: the standard deviation of the
            samples, at least the floor; 1 if intervals are not scaled.
        level: Share of new targets that lie inside, for each output.
        basis: How they were calibrated, in words.
        reach: How far they reach, in words, where that can be said for all rows.

    Example:
        >>> import numpy as np
        >>> from trimtab.uncertainty import Intervals
        >>> middle = np.array([[1.0], [2.0]], "float32")
        >>> intervals = Intervals(middle - 1, middle + 1, middle, middle * 0 + 1, 0.9, "by hand")
        >>> intervals
        90 % intervals of 2 rows, by hand
          row  prediction       lower       upper
            0           1           0           2
            1           2           1           3
        >>> intervals.evaluate([1.5, 9.0])
        coverage 0.500 ± 0.354 (level 0.9), mean width 2 ± 0, 2 rows
    """

    lower: Numbers
    upper: Numbers
    prediction: Numbers
    spread: Numbers
    level: float
    basis: str
    reach: str = ""

    def __len__(self) -> int:
        return len(self.lower)

    @property
    def width(self) -> Doubles:
        """``upper - lower``."""
        return self.upper.astype(np.float64) - self.lower

    def contains(self, y: Any) -> NDArray[np.bool_]:
        """Whether each target is inside, ends included: ``(rows, outputs)``."""
        targets = data.as_targets(y, len(self), self.lower.shape[1], x_name="intervals")
        return (self.lower <= targets) & (targets <= self.upper)

    def evaluate(self, y: Any, groups: Any = None) -> Coverage:
        """Coverage and mean width.

        Args:
            y: One target per row and output; the rows must have been used for nothing else.
            groups: One value per row; rows of a group count as one draw for the standard errors.
        """
        return Coverage.of(self.level, self.contains(y), self.width, "width", groups)

    def __repr__(self) -> str:
        names = ("prediction", "lower", "upper")
        several = self.lower.shape[1] > 1
        head = f"{'row':>5s}" + ("  output" if several else "")
        said = ", ".join(text for text in (self.reach, self.basis) if text)
        lines = [f"{100 * self.level:g} % intervals of {count(len(self), 'row')}, {said}"]
        lines.append(head + "".join(f"{name:>12s}" for name in names))
        for row in range(min(len(self), _SHOWN)):
            for output in range(self.lower.shape[1]):
                place = f"{row:5d}" + (f"  {output:6d}" if several else "")
                numbers = (getattr(self, name)[row, output] for name in names)
                lines.append(place + "".join(f"{number:12.5g}" for number in numbers))
        return "\n".join(lines + _more(len(self)))


@dataclass(frozen=True, eq=False)
class PredictionSets:
    """Prediction sets: for each row, the classes it may have.

    A set is empty if no class is likely enough; such a row is unlike the calibration rows.

    Attributes:
        sets: ``(rows, classes)``, True for the classes in the set.
        probabilities: ``(rows, classes)``
        level: Share of new rows whose class is in their set.
        basis: How they were calibrated, in words.
        labels: Names of the classes; empty: class numbers.

    Example:
        >>> import numpy as np
        >>> from trimtab.uncertainty import PredictionSets
        >>> p = np.array([[0.1, 0.9], [0.5, 0.5]], "float32")
        >>> sets = PredictionSets(p > 0.3, p, 0.9, "by hand")
        >>> sets
        90 % prediction sets of 2 rows, by hand
          row  classes (probability)
            0  1 (0.900)
            1  0 (0.500), 1 (0.500)
        >>> sets.evaluate([1, 0])
        coverage 1.000 ± 0.000 (level 0.9), mean set size 1.5 ± 0.35, 2 rows
    """

    sets: NDArray[np.bool_]
    probabilities: Numbers
    level: float
    basis: str
    labels: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return len(self.sets)

    @property
    def size(self) -> NDArray[np.int64]:
        """Number of classes in each set, ``(rows,)``."""
        return np.asarray(self.sets.sum(axis=1))

    def classes(self) -> list[list[Any]]:
        """The class numbers (or labels) of each row, the most likely first."""
        return [[self._label(number) for number in numbers] for numbers in self._numbers()]

    def _numbers(self) -> list[list[int]]:
        order = np.argsort(-self.probabilities, axis=1, kind="stable")
        return [
            [int(number) for number in numbers if chosen[number]]
            for numbers, chosen in zip(order, self.sets, strict=True)
        ]

    def _label(self, number: int) -> Any:
        return self.labels[number] if self.labels else number

    def contains(self, y: Any) -> NDArray[np.bool_]:
        """Whether each row's class is in its set, ``(rows,)``.

        Args:
            y: One class number per row, or one label if there are labels.
        """
        if self.labels:
            number = {label: place for place, label in enumerate(self.labels)}
            received = np.asarray(y, object).reshape(-1).tolist()
            for label in received:
                if label not in number:
                    raise InvalidData(
                        f"y must hold labels, {checks.listing(map(str, self.labels))}, "
                        f"received {label!r}."
                    )
            y = [number[label] for label in received]
        numbers = class_numbers(y, len(self), self.sets.shape[1], "prediction sets")
        return self.sets[np.arange(len(self)), numbers]

    def evaluate(self, y: Any, groups: Any = None) -> Coverage:
        """Coverage and mean set size.

        Args:
            y: One class number (or label) per row; the rows must have been used for nothing else.
            groups: One value per row; rows of a group count as one draw for the standard errors.
        """
        size = self.size.astype(np.float64)[:, None]
        return Coverage.of(self.level, self.contains(y)[:, None], size, "set size", groups)

    def __repr__(self) -> str:
        rows = count(len(self), "row")
        lines = [f"{100 * self.level:g} % prediction sets of {rows}, {self.basis}"]
        lines.append(f"{'row':>5s}  classes (probability)")
        for row, numbers in enumerate(self._numbers()[:_SHOWN]):
            shown = [
                f"{self._label(number)} ({self.probabilities[row, number]:.3f})"
                for number in numbers
            ]
            lines.append(f"{row:5d}  {', '.join(shown) or 'none'}")
        return "\n".join(lines + _more(len(self)))


def class_numbers(y: Any, rows: int, classes: int, x_name: str = "x") -> NDArray[np.int64]:
    """``y`` as one class number per row, if it holds valid ones."""
    numbers = data.as_targets(y, rows, 1, x_name=x_name)[:, 0]
    wrong = (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= classes)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidData(
            f"y must hold class numbers from 0 to {classes - 1}, received {numbers[row]:g} at row "
            f"{row}."
        )
    return numbers.astype(np.int64)


def _more(rows: int) -> list[str]:
    return [f"  ... {rows - _SHOWN:,} more"] if rows > _SHOWN else []
