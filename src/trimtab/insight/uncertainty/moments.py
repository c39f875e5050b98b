"""Mean and spread of samples that are never held all at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from trimtab.core.types import Doubles

__all__ = ["RunningMoments"]


class RunningMoments:
    """Mean and standard deviation over samples that come in blocks, in float64."""

    def __init__(self, first: Doubles) -> None:
        self._shift = first  # so that no digits are lost where the spread is small
        self._count = 0
        self._sum = np.zeros_like(first)
        self._squares = np.zeros_like(first)

    def add(self, values: Iterable[Doubles]) -> None:
        for value in values:
            away = value - self._shift
            self._count += 1
            self._sum += away
            self._squares += away * away

    def result(self) -> tuple[Doubles, Doubles]:
        mean = self._sum / self._count
        variance = np.maximum(self._squares / self._count - mean * mean, 0.0)
        return self._shift + mean, np.sqrt(variance)
