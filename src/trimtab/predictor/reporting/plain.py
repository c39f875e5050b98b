"""Numbers of facts: as plain data for JSON, and as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from trimtab.predictor.draws import Score
from trimtab.predictor.metric_names import SHARES

__all__ = ["number", "numbers", "said", "score_record"]


def number(value: Any, digits: int = 6) -> float | None:
    """A number with so many significant digits; None where it is not finite.

    Example:
        >>> number(0.123456789), number(float("nan"))
        (0.123457, None)
    """
    value = float(value)
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def numbers(values: Iterable[Any], digits: int = 6) -> list[float | None]:
    """:func:`number` of each."""
    return [number(value, digits) for value in np.asarray(values, np.float64).tolist()]


def score_record(score: Score) -> list[float | None]:
    """A score and its standard error."""
    rounding = abs(score.error) <= 1e-12 * max(abs(score.value), 1.0)
    return [number(score.value, 9), 0.0 if rounding else number(score.error, 4)]


def said(metric: str, pair: Sequence[float | None]) -> str:
    """A score in words: ``0.503 ± 0.019``, ``76 % ± 1 %``."""
    value, error = (math.nan if each is None else each for each in pair)
    score = Score(value, error)
    return score.percent() if metric in SHARES else str(score)
