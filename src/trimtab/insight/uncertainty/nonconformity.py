"""How wrong predictions were on calibration rows, and what new rows get from that.

The one place for the arithmetic that :func:`trimtab.uncertainty.calibrate` and the intervals of a
predictor share; see :mod:`trimtab.insight.uncertainty.conformal` for the quantile in between.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.core.words import count
from trimtab.errors import InvalidData

__all__ = [
    "bounds",
    "calibrated_on",
    "refuse_non_finite",
    "scores_of_classes",
    "scores_of_numbers",
    "sets",
]


def scores_of_numbers(targets: NDArray[Any], predictions: Doubles, scale: Any = 1.0) -> Doubles:
    """``|y - prediction| / scale``."""
    return np.asarray(np.abs(targets - predictions) / scale)


def scores_of_classes(labels: NDArray[np.int64], proba: Doubles) -> Doubles:
    """``1 - p[y]``, ``(rows,)``."""
    return np.asarray(1.0 - proba[np.arange(len(proba)), labels])


def bounds(predictions: Doubles, quantile: Any, scale: Any = 1.0) -> tuple[Doubles, Doubles]:
    """``(lower, upper)``: the numbers whose score is at most ``quantile``."""
    reach = quantile * scale
    return predictions - reach, predictions + reach


def sets(proba: Doubles, quantile: float) -> NDArray[np.bool_]:
    """``(rows, classes)``, True for the classes whose score is at most ``quantile``."""
    return np.asarray(1.0 - proba <= quantile)


def refuse_non_finite(values: Doubles, remedy: str = "Check whether training diverged.") -> None:
    """Refuses calibration rows whose prediction is NaN or infinite.

    Args:
        values: ``(rows,)`` or ``(rows, outputs)``.
        remedy: what to do about it.

    Raises:
        InvalidData: names the first such row, counted from 1, and how many there are.
    """
    wrong = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    if wrong.any():
        raise InvalidData(
            f"the prediction for calibration row {int(np.argmax(wrong)) + 1} is not finite "
            f"({int(wrong.sum()):,} such rows in all). {remedy}"
        )


def calibrated_on(rows: int, groups: int | None = None) -> str:
    """``calibrated on 80 rows of 12 groups``; without groups, of rows alone."""
    text = f"calibrated on {count(rows, 'row')}"
    return text if groups is None else f"{text} of {count(groups, 'group')}"
