"""Base of the callbacks that average weights while these move."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.engines.base import Rows
from trimtab.training import statistics
from trimtab.training.callback import Callback, Logs


class WeightAveraging(Callback):
    """Ends training with an average of the weights, and with statistics to go with it.

    Statistics of batch normalizations belong to the weights they were taken with, and cannot be
    averaged: they are computed over the training rows, as by
    :meth:`trimtab.Sequential.refresh_statistics`. Those that are frozen stay.

    Args:
        validate: see the subclasses.

    Attributes:
        averaged: how many states of the weights are in the average.
    """

    def __init__(self, validate: bool = False) -> None:
        super().__init__()
        self.validate = checks.boolean("validate", validate)
        self.averaged = 0
        self._epoch = 0
        self._average: list[NDArray[np.float64]] = []
        self._own: list[Floats] | None = None  # while the average is in their place
        self._rows: Rows | None = None

    def share_of(self, number: int) -> float:
        """What the next state of the weights counts in the average, where ``number`` are in it."""
        raise NotImplementedError

    def add(self) -> None:
        """Takes the weights as they are now into the average."""
        self.model.pull()
        values = [weight.value for weight in self.model.weights if not weight.is_state]
        if self.averaged == 0:
            self._average = [value.astype(np.float64) for value in values]
        else:
            share = self.share_of(self.averaged)
            for average, value in zip(self._average, values, strict=True):
                average += share * (value - average)
        self.averaged += 1

    def add_epoch(self) -> None:
        """Called once an epoch, with the weights it ended with; most averages take them in."""

    def set_rows(self, rows: Rows) -> None:
        self._rows = rows

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.averaged, self._average, self._own = 0, [], None

    def get_state(self) -> dict[str, Any]:
        return {"averaged": self.averaged, "average": self._average, "own": self._own}

    def set_state(self, state: dict[str, Any]) -> None:
        self.averaged, self._average = state["averaged"], state["average"]
        self._own = state["own"]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch
        self._put_back()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if self.validate and self._rows is not None and self._own is None:
            self.add_epoch()
            if self.averaged:
                self._own = self.model.get_weights()
                self._set_average()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self._own is None:
            self.add_epoch()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._own is None and self.averaged:
            self._set_average()
        self._own = None

    def release(self) -> None:
        self._put_back()  # an error stopped training
        self._average, self._rows = [], None

    def _set_average(self) -> None:
        weights = [weight for weight in self.model.weights if not weight.is_state]
        for weight, average in zip(weights, self._average, strict=True):
            weight.assign(average)
        rows = self._rows
        assert rows is not None
        statistics.refresh(self.model, rows.x, rows.weight, only_weighted=True)

    def _put_back(self) -> None:
        if self._own is not None:
            own, self._own = self._own, None
            self.model.set_weights(own)
