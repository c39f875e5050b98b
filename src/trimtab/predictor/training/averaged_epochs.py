"""Validates and keeps an average of a network's weights while these move on."""

from __future__ import annotations

from trimtab.core.types import Floats
from trimtab.training.callback import Callback, Logs
from trimtab.training.weight_average import WeightAverage

__all__ = ["AveragedEpochs"]


class AveragedEpochs(Callback):
    """Puts the average in place of the weights while an epoch is validated and taken down.

    It stands behind early stopping in the list of callbacks, which so keeps averages, and before
    all that look at the network that trains. Where nothing validates, training ends with the
    average.

    Args:
        memory: see :class:`~trimtab.training.weight_average.WeightAverage`.

    Attributes:
        average: over the epochs so far.
    """

    def __init__(self, memory: float) -> None:
        super().__init__()
        self.average = WeightAverage(memory)
        self._own: list[Floats] | None = None
        self._epoch = 0
        self._validated = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._validated = True
        self._own = self.model.get_weights()
        self.model.set_weights(self.average.add(self._own, self._epoch))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self._own is None:
            self.average.add(self.model.get_weights(), epoch)
        else:
            self.model.set_weights(self._own)
            self._own = None

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._own = None  # early stopping has put the best average in place
        if not self._validated and self.average.values is not None:
            self.model.set_weights(self.average.values)
