"""When to stop a network so that the fold that scores it has no say in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["FoldStop", "HonestStop"]


@dataclass
class FoldStop:
    """What the other folds say about the networks of one fold.

    Attributes:
        best: the lowest mean of the other folds' validation losses; None: there is none yet.
        best_epoch: its epoch, from 1.
        wait: epochs since.
        over: whether it has waited for long enough.
    """

    best: float | None = None
    best_epoch: int | None = None
    wait: int = 0
    over: bool = False

    def see(self, epoch: int, loss: float, patience: int) -> None:
        """Takes the mean of the other folds after an epoch, from 1."""
        if self.over:
            return
        self.wait += 1
        if math.isfinite(loss) and (self.best is None or loss < self.best):
            self.best, self.best_epoch, self.wait = loss, epoch, 0
        elif self.wait >= patience and epoch > 1:
            self.over = True


@dataclass
class HonestStop:
    """The epochs at which networks are kept, each by the validation losses of the other folds.

    Formula: the networks of fold ``k`` are kept at the epoch with the lowest mean over networks
    ``i`` of other folds of ``loss[i] / scale[i]``, weighted by the rows of their folds; they stop
    once it has not improved for ``patience`` epochs. A fold's own loss is in no mean that decides
    about its networks, so it can score them.

    Attributes:
        folds: the fold of each network.
        scales: of each network's validation loss: that of the best constant on its fold.
        weights: of each network in means.
        patience: epochs to wait for an improvement.
        seen: epochs that all networks have done.
        stops: by fold.

    Example:
        >>> stop = HonestStop([0, 1, 2], [1.0] * 3, [1.0] * 3, patience=2)
        >>> for losses in ([0.9, 0.1, 0.5], [0.2, 0.9, 0.5], [0.9, 0.9, 0.5], [0.9, 0.9, 0.5]):
        ...     stop.see(losses)
        >>> [stop.stops[fold].best_epoch for fold in (0, 1, 2)]
        [1, 2, 1]
        >>> stop.over
        True
    """

    folds: Sequence[int]
    scales: Sequence[float]
    weights: Sequence[float]
    patience: int
    seen: int = 0
    stops: dict[int, FoldStop] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stops = {fold: FoldStop() for fold in sorted(set(self.folds))}

    @property
    def over(self) -> bool:
        """Whether the epochs of all networks are decided."""
        return all(each.over for each in self.stops.values())

    def see(self, losses: Sequence[float]) -> None:
        """Takes the validation losses of all networks after the next epoch."""
        self.seen += 1
        for fold, stop in self.stops.items():
            stop.see(self.seen, self._mean_without(fold, losses), self.patience)

    def _mean_without(self, fold: int, losses: Sequence[float]) -> float:
        others = [
            (weight, loss / scale)
            for own, loss, scale, weight in zip(
                self.folds, losses, self.scales, self.weights, strict=True
            )
            if own != fold
        ]
        total = math.fsum(weight for weight, _ in others)
        if not total > 0:  # no row of theirs has a weight
            return math.fsum(loss for _, loss in others) / len(others)
        # A fold without weight has no loss: 0 / 0.
        return math.fsum(weight * loss for weight, loss in others if weight) / total
