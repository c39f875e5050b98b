"""The learning rate as users read it: a number that can be assigned to, as Keras' variable can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["LearningRate"]


class LearningRate(np.float32):
    """The learning rate of the next batch; calculations with it give plain numbers.

    Example:
        >>> from trimtab import optimizers
        >>> optimizer = optimizers.SGD(0.5)
        >>> optimizer.learning_rate.assign(0.25)
        >>> float(optimizer.learning_rate), float(optimizer.learning_rate * 2)
        (0.25, 0.5)
    """

    _assign: Callable[[Any], None]

    @classmethod
    def of(cls, value: Any, assign: Callable[[Any], None]) -> LearningRate:
        """The rate of an optimizer, which is given what is assigned."""
        rate = cls(value)
        rate._assign = assign
        return rate

    def assign(self, value: Any) -> None:
        """Sets the optimizer's learning rate, as ``optimizer.learning_rate = value`` does.

        Raises:
            InvalidArgument: the rate follows a schedule, or the value is no learning rate.
        """
        self._assign(value)

    def numpy(self) -> np.float32:
        """The number alone."""
        return np.float32(self)
