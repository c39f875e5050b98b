"""The statistics of batch normalizations during a fit: refreshed when needed, frozen in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trimtab.engines.base import Rows
from trimtab.training.statistics import PopulationStatistics, refresh

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["StatisticsKeeper"]


class StatisticsKeeper:
    """The statistics of a model while it trains on some rows.

    Args:
        model: the model.
        rows: what it trains on; None where that comes in batches.
        population: refresh them before the model is looked at.
        freeze_after: number of the epoch (from 0) from which on they stay as they are.
    """

    def __init__(
        self, model: Network, rows: Rows | None, population: bool, freeze_after: int | None
    ) -> None:
        self._model = model
        self._rows = rows
        self._population = population
        self._freeze_after = freeze_after
        self._measured: PopulationStatistics | None = None
        self._fresh = False

    def begin_epoch(self, epoch: int) -> None:
        """Freezes the statistics where their time has come."""
        last = self._freeze_after
        if last is not None and epoch >= last:
            # One that was left inside this epoch, or later, comes with the statistics of then.
            begun = self._model.position is not None and self._model.position.epoch == epoch
            if epoch == last and not begun:
                self.refresh()
            self._model.statistics_frozen = True
        self._fresh = False

    def refresh(self) -> None:
        """Called before the model is looked at: sets the statistics of all rows."""
        if not self._population or self._fresh or self._rows is None:
            return
        program = self._model.inference_engine().program
        if self._measured is None or self._measured.program is not program:
            self._measured = PopulationStatistics.of(self._model)
        refresh(
            self._model,
            self._rows.x,
            self._rows.weight,
            only_weighted=True,
            population=self._measured,
        )
        self._fresh = True

    def release(self) -> None:
        """Training is over: the layers are as they were before."""
        self._model.statistics_frozen = False
