"""The mean of the weights at the ends of epochs."""

from __future__ import annotations

from trimtab.core import checks
from trimtab.training.callbacks.weight_averaging import WeightAveraging


class StochasticWeightAveraging(WeightAveraging):
    """Ends training with the mean of the weights at the ends of the late epochs.

    With a learning rate that stays high (or rises and falls with period ``every``), the weights
    wander about in a region of low loss, and their mean lies nearer to its middle than they do.

    The averaged weights are set when training ends, Ctrl-C included, and the statistics of batch
    normalizations are then computed over the training rows; frozen ones stay. Where training ends
    before an epoch was averaged, the weights stay as they are. Of several callbacks that set
    weights at the end (``EarlyStopping(restore_best_weights=True)``), the last in the list wins.
    An average starts anew with each ``fit``; files of a model do not hold it, those of
    :class:`BackupAndRestore` do.

    Formula:
        ``average += (weights - average) / number`` after each of these epochs, in float64.

    Source:
        Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization",
        algorithm 1.

    Args:
        start_epoch: the first epoch (from 0) whose weights count; the authors begin after three
            quarters of the budget.
        every: epochs from one to the next that counts.
        validate: validate with the average instead of the current weights. It stays in place until
            the next epoch begins, so ``ModelCheckpoint`` and ``EarlyStopping`` use it, too. Each
            validation then costs a pass over the training rows.

    Raises:
        InvalidArgument: a ``start_epoch`` below 0 or an ``every`` below 1.

    Example:
        >>> import trimtab
        >>> average = trimtab.callbacks.StochasticWeightAveraging(start_epoch=75)
        >>> average.averaged
        0
    """

    def __init__(self, start_epoch: int, every: int = 1, validate: bool = False) -> None:
        super().__init__(validate)
        self.start_epoch = checks.integer("start_epoch", start_epoch, minimum=0, maximum=2**31)
        self.every = checks.positive_integer("every", every)

    def share_of(self, number: int) -> float:
        return 1 / (number + 1)

    def add_epoch(self) -> None:
        late = self._epoch - self.start_epoch
        if late >= 0 and late % self.every == 0:
            self.add()
