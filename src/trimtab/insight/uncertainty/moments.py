"""Mean and standard deviation of samples that do not fit into memory together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from trimtab.core.types import Doubles

__all__ = ["RunningMoments"]


class RunningMoments:
    """Mean and standard deviation over samples that come in blocks, in float64.

    Args:
        first: The first sample, or any value close to the mean; it is not counted.
    """

    def __init__(self, first: Doubles) -> None:
        self._shift = first  # keeps the digits of a small spread
        self._count = 0
        self._sum = np.zeros_like(first)
        self._squares = np.zeros_like(first)

    def add(self, values: Iterable[Doubles]) -> None:
        """Counts some samples."""
        for value in values:
            away = value - self._shift
            self._count += 1
            self._sum += away
            self._squares += away * away

    def result(self) -> tuple[Doubles, Doubles]:
        """Mean and standard deviation of the samples so far."""
        mean = self._sum / self._count
        variance = np.maximum(self._squares / self._count - mean * mean, 0.0)
        return self._shift + mean, np.sqrt(variance)
