"""A moving average of a network's weights, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats

__all__ = ["WeightAverage"]


class WeightAverage:
    """Weights, and the moving statistics of batch normalizations, averaged over the last epochs.

    While the learning rate is high, weights jump around a good place from epoch to epoch, and
    so does the validation loss; their average lies nearer to it. It does what a falling learning
    rate does at the end of training, but at any epoch, so that a network that has to be stopped
    early is as settled as one that trains to the end.

    Moving statistics are averages themselves: averaged once more, they lag by the same epochs as
    the weights do.

    Formula:
        ``average += (weights - average) * max(1 - memory, 1 / n)`` after epoch ``n``, in float32.

    Source:
        Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; by epochs
        as in Izmailov et al. 2018, "Averaging weights leads to wider optima and better
        generalization".

    Args:
        memory: what the past counts, at least 0 and below 1; 0.8 looks back some five epochs.

    Attributes:
        values: the average so far; None before the first epoch.

    Raises:
        InvalidArgument: a memory that is not at least 0 and below 1.

    Example:
        >>> average = WeightAverage(0.5)
        >>> for number, weights in enumerate([1.0, 3.0, 6.0]):
        ...     values = average.add([np.float32([weights])], number)
        >>> values[0].tolist()
        [4.0]
    """

    def __init__(self, memory: float) -> None:
        self.memory = checks.decay_factor("memory", memory)
        self.values: list[Floats] | None = None

    def add(self, weights: Sequence[Floats], number: int) -> list[Floats]:
        """The average with the weights after one more epoch.

        Args:
            weights: all weights of the network.
            number: of epochs that are in the average already.
        """
        if self.values is None:
            self.values = [np.array(weight, np.float32) for weight in weights]
        else:
            share = np.float32(max(1 - self.memory, 1 / (number + 1)))
            self.values = [
                average + share * (weight - average)
                for average, weight in zip(self.values, weights, strict=True)
            ]
        return self.values
