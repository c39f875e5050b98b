"""A moving average of the weights, step by step."""

from __future__ import annotations

from trimtab.core import checks
from trimtab.training.callback import Logs
from trimtab.training.callbacks.weight_averaging import WeightAveraging


class ExponentialMovingAverage(WeightAveraging):
    """Ends training with a moving average of the weights over the last steps.

    The averaged weights are set when training ends, Ctrl-C included, and the statistics of batch
    normalizations are then computed over the training rows; frozen ones stay. Of several callbacks
    that set weights at the end (``EarlyStopping(restore_best_weights=True)``), the last in the list
    wins. An average starts anew with each ``fit``; files of a model do not hold it, those of
    :class:`BackupAndRestore` do.

    Epochs run batch by batch, and every step copies all weights: the same numbers, more slowly.

    Formula:
        ``average = average * momentum + weights * (1 - momentum)`` after each step, in float64; the
        first step's weights are the first average.

    Source:
        Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; with
        exponential weights as in Keras' ``use_ema``.

    Args:
        momentum: weight of the past, at least 0 and below 1; 0.99 looks back some 100 steps.
        validate: validate with the average instead of the current weights. It stays in place until
            the next epoch begins, so ``ModelCheckpoint`` and ``EarlyStopping`` use it, too. Each
            validation then costs a pass over the training rows.

    Raises:
        InvalidArgument: a ``momentum`` that is not at least 0 and below 1.

    Example:
        >>> import trimtab
        >>> trimtab.callbacks.ExponentialMovingAverage(momentum=0.9).momentum
        0.9
    """

    def __init__(self, momentum: float = 0.99, validate: bool = False) -> None:
        super().__init__(validate)
        self.momentum = checks.decay_factor("momentum", momentum)

    def share_of(self, number: int) -> float:
        return 1 - self.momentum

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        super().on_train_batch_end(batch, logs)
        self.add()
