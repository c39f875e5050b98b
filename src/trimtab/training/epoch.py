"""One epoch: which rows come in which order, how far it is, and what it reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core import random
from trimtab.core.types import Floats
from trimtab.engines.base import DropoutRates, Looked, Rows, TrainResult
from trimtab.training.callback import Logs
from trimtab.training.position import Position
from trimtab.training.settings import FitSettings

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Epoch"]


class Epoch:
    """One epoch of one model: its rows in their order, and the results so far.

    Attributes:
        measured: whether the model has metrics, which need predictions.
        batches: of the epoch.
        program: the model's, as the epoch began.
        first_step: engine step at which it began.
        done: batches done.
        total: sum over these of loss times rows.
        predictions: made by these, in training order; None without metrics.
        order: of the rows; None: as they are.
        seen_so_far: what the batches done were looked at for, summed up; None without a look.
    """

    def __init__(self, model: Network, rows: Rows, epoch: int, settings: FitSettings) -> None:
        self.model = model
        self.rows = rows
        self.epoch = epoch
        self.settings = settings
        self.seed = model.run_seed()
        self.measured = bool(model.meters)
        self.batches = settings.cut(len(rows))
        self.program = model.program()
        model.epoch_steps = self.batches.steps
        self.first_step = model.runner.step
        self.done = 0
        self.total = 0.0
        self.predictions: Floats | None = None
        self.seen_so_far: Looked | None = None
        self._resume()
        self.order = self.order_from(self.first_step)

    def order_from(self, first_step: int) -> NDArray[np.int64] | None:
        """The order of the rows in the epoch that begins at this step."""
        rows, trained = len(self.rows), self.batches.trained
        if self.settings.shuffle:
            order = random.permutation(self.seed, random.Stream.ORDER, first_step, rows)
            return order[:trained]
        return None if trained == rows else np.arange(trained, dtype=np.int64)

    def dropout_rates(self, first_step: int, steps: int) -> DropoutRates | None:
        """Rates on a schedule, of so many batches."""
        return self.program.dropout_rates(first_step, steps, self.batches.steps)

    def take(self, result: TrainResult) -> None:
        """Counts what the engine has done."""
        before = self.seen()
        self.done += result.steps
        self.model.runner.step += result.steps
        self.model.optimizer.iterations = self.model.runner.step
        seen = self.seen()
        self.total += _total_of(result, seen - before)
        if self.measured:
            assert result.predictions is not None
            if seen - before == self.batches.trained:
                self.predictions = result.predictions
            else:
                self._space()[before:seen] = result.predictions[: seen - before]

    def logs(self) -> Logs:
        """The loss and the metrics of what was done; ends the epoch."""
        self.model.position = None
        seen = self.seen()
        logs: Logs = {"loss": self.total / seen}
        if self.measured:
            assert self.rows.y is not None and self.predictions is not None
            part = slice(0, seen)
            y, weight = self.rows.y, self.rows.weight
            if self.order is not None:
                y = y[self.order[part]]
                weight = None if weight is None else weight[self.order[part]]
            else:
                y, weight = y[part], None if weight is None else weight[part]
            edges = self.batches.edges[: self.done + 1]
            logs |= self.model.meters.measure(y, self.predictions[part], weight, edges)
        return logs | self._rates()

    def _rates(self) -> Logs:
        """Rates on a schedule, as they were in the last batch, by the names of their layers."""
        rates = self.dropout_rates(self.first_step + self.done - 1, 1) or {}
        names = self.program.schedule_names()
        return {f"{names[value]}_rate": float(rate[0]) for value, rate in rates.items()}

    def seen(self) -> int:
        """Rows in the batches done."""
        return int(self.batches.edges[self.done])

    def mark(self) -> None:
        """Records the position in the epoch, so that the model can be saved or stopped here.

        There is none where the rows came as batches: a generator does not give them again.
        """
        if self.batches.ends is not None:
            return
        self.model.position = Position(
            epoch=self.epoch,
            first_step=self.first_step,
            batches=self.done,
            batch_size=self.batches.batch_size,
            shuffle=self.settings.shuffle,
            rows=len(self.rows),
            last_batch=self.batches.last_batch,
            total=self.total,
            predictions=None if self.predictions is None else self.predictions[: self.seen()],
            data=self.rows,
            looked=self.seen_so_far,
        )

    def _resume(self) -> None:
        """Goes on inside the epoch where the model was left in the middle of this very one."""
        position = self.model.position
        self.model.position = None
        if position is None or self.epoch != self.settings.initial_epoch:
            return
        if not position.resumes(
            self.epoch, self.rows, self.batches, self.settings.shuffle, self.measured
        ):
            return
        self.first_step = position.first_step
        self.done = position.batches
        self.total = position.total
        self.seen_so_far = position.looked
        if position.predictions is not None:
            self._space()[: self.seen()] = position.predictions

    def _space(self) -> Floats:
        """Room for the predictions of the whole epoch."""
        if self.predictions is None:
            width = self.model.output_width()
            self.predictions = np.empty((self.batches.trained, width), np.float32)
        return self.predictions


def _total_of(result: TrainResult, rows: int) -> float:
    """Sum of the losses of the rows trained on."""
    return float(result.loss) * rows if result.total is None else float(result.total)
