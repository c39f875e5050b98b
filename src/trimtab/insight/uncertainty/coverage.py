"""The share of targets inside intervals or sets, measured on rows whose targets are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.core.words import count
from trimtab.insight.uncertainty.conformal import group_numbers
from trimtab.insight.uncertainty.standard_error import standard_error

__all__ = ["Coverage"]


@dataclass(frozen=True, eq=False)
class Coverage:
    """Coverage of intervals or sets on rows with known targets.

    Standard errors are those of a mean over rows, or over groups if there are any. They do not
    include the choice of the calibration rows: with ``n`` of them, coverage varies by about
    ``sqrt(level (1 - level) / n)`` from one choice to the next.

    Attributes:
        level: The requested share.
        coverage: Share of the targets inside, for each output.
        coverage_error: Its standard error.
        width: Mean width of the intervals, or mean number of classes in the sets, for each output.
        width_error: Its standard error.
        rows: Number of rows.
        what: ``width`` or ``set size``.
    """

    level: float
    coverage: Doubles
    coverage_error: Doubles
    width: Doubles
    width_error: Doubles
    rows: int
    what: str

    @classmethod
    def of(
        cls, level: float, inside: NDArray[np.bool_], width: Doubles, what: str, groups: Any
    ) -> Coverage:
        """Coverage from ``inside`` and ``width`` of each row, ``(rows, outputs)``."""
        numbers = group_numbers(groups, len(inside))
        coverage, coverage_error = _mean(inside.astype(np.float64), numbers)
        mean_width, width_error = _mean(width, numbers)
        return cls(level, coverage, coverage_error, mean_width, width_error, len(inside), what)

    def __repr__(self) -> str:
        lines = []
        for output in range(len(self.coverage)):
            head = "" if len(self.coverage) == 1 else f"output {output}: "
            lines.append(
                f"{head}coverage {self.coverage[output]:.3f} ± {self.coverage_error[output]:.3f} "
                f"(level {self.level:g}), mean {self.what} {self.width[output]:.4g} ± "
                f"{self.width_error[output]:.2g}, {count(self.rows, 'row')}"
            )
        return "\n".join(lines)


def _mean(values: Doubles, groups: NDArray[np.int64]) -> tuple[Doubles, Doubles]:
    """The mean over rows and its standard error; rows of a group count as one draw."""
    mean = values.mean(axis=0)
    return mean, standard_error(values - mean, groups)
