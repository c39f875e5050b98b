"""How one epoch is trained.

An epoch is one call of the engine. An engine that gains by it gets several epochs in one call, if
no callback looks at the model in between. If a callback needs each batch, every batch is a call of
its own. The results are identical: the order of the rows, the keys of the dropout masks and the
sums behind the reported loss depend on (seed, step) alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core.interrupts import HeldInterrupts
from trimtab.engines.base import (
    Engine,
    Look,
    Looked,
    Rows,
    TrainCall,
    TrainResult,
    TrainsEpochs,
    Watch,
)
from trimtab.training.ahead import Ahead
from trimtab.training.backup import Backup
from trimtab.training.callback import Logs
from trimtab.training.callback_list import CallbackList
from trimtab.training.epoch import Epoch
from trimtab.training.settings import FitSettings

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["EpochRun"]


class EpochRun(Epoch):
    """One epoch, trained on the model's own engine.

    Attributes:
        look: what to measure on the side; None: nothing.
        looked: what ``look`` saw; None without one, and if its last batch was not trained here.
        settled: whether all callbacks have seen the last batch.
    """

    def __init__(
        self,
        model: Network,
        rows: Rows,
        epoch: int,
        settings: FitSettings,
        callbacks: CallbackList,
        ahead: Ahead | None = None,
        backup: Backup | None = None,
    ) -> None:
        self.engine: Engine = model.training_engine()
        super().__init__(model, rows, epoch, settings)
        self.callbacks = callbacks
        self.ahead = ahead
        self.backup = backup
        self.settled = True
        self.looked: Looked | None = None
        self.look: Look | None = None

    def take(self, result: TrainResult) -> None:
        super().take(result)
        if result.looked is not None and self.look is not None:
            seen = self.seen_so_far
            self.seen_so_far = result.looked if seen is None else seen.then(result.looked)
            self._look_ends()

    @property
    def whole(self) -> bool:
        """Whether what is kept of this moment can be resumed to the same bits."""
        look = self.look
        looked = look is None or self.done <= look.first or self.seen_so_far is not None
        return self.settled and looked

    def _look_ends(self) -> None:
        """What was seen counts once all of it was seen."""
        if self.look is not None and self.done >= self.look.stop:
            self.looked = self.seen_so_far

    def run(self) -> Logs:
        """The epoch's loss and metrics."""
        self._look_ends()  # in a run that is resumed behind it
        # A stop asked for before the epoch takes effect after its first batch, as in Keras.
        if self.done or self.callbacks.wants_train_batches() or self.model.stop_training:
            self._batches()
        else:
            self._at_once()
        return self.logs()

    def _at_once(self) -> None:
        if self.ahead is not None and isinstance(self.engine, TrainsEpochs):
            left = self.settings.next_change(self.epoch) - self.epoch
            with self._keeping_partial():
                self.take(self.ahead.next(self.engine, left, self._train_ahead))
        else:
            self.take(self._train(self.order, self.first_step, self.batches.steps))

    def _train_ahead(self, engine: TrainsEpochs, epochs: int) -> list[TrainResult]:
        """This epoch and those after it."""
        self.model.runner.moving()
        steps = self.batches.steps
        watch = self._watch if self.callbacks.wants_steps() and epochs == 1 else None
        starts = [self.first_step + epoch * steps for epoch in range(epochs)]
        orders = [self.order, *(self.order_from(start) for start in starts[1:])]
        return engine.train_epochs(
            [
                self._call(order, start, steps, watch)
                for order, start in zip(orders, starts, strict=True)
            ]
        )

    def _batches(self) -> None:
        rows = len(self.rows)
        meters = self.model.meters
        meters.reset()
        order = np.arange(rows, dtype=np.int64) if self.order is None else self.order
        if self.done and self.measured:  # so that batch hooks see the whole epoch's means
            for batch in range(self.done):
                self._meter(order[self.batches.part(batch)], batch)
        if self.backup is None or not self.backup.keeps:
            self._walk(order, self.backup)
            return
        with HeldInterrupts() as held:  # Ctrl-C waits until the batch can be kept
            self._walk(order, self.backup, held)

    def _walk(
        self, order: NDArray[np.int64], backup: Backup | None, held: HeldInterrupts | None = None
    ) -> None:
        """Trains batch by batch to the end of the epoch."""
        meters = self.model.meters
        for batch in range(self.done, self.batches.steps):
            if backup is not None:
                self.settled = False
            self.callbacks.on_train_batch_begin(batch)
            self.engine = self.model.training_engine(same=self.engine)
            part = order[self.batches.part(batch)]
            self.take(self._train(part, self.model.runner.step, 1))
            if self.measured:
                self._meter(part, batch)
            if self.done < self.batches.steps:
                self.mark()
            logs: Logs = {"loss": self.total / self.seen(), **meters.results()}
            self.callbacks.on_train_batch_end(batch, logs)
            if self.callbacks.wants_steps():
                self.callbacks.watch_steps(self.done, logs["loss"])
            if self.model.stop_training:
                break
            if backup is not None and self.done < self.batches.steps:
                self.settled = True
                self.mark()  # a callback may have set weights, which are another place
                backup.batch_done(self.epoch)
                if held is not None:
                    held.deliver()

    def _train(self, order: NDArray[np.int64] | None, first_step: int, steps: int) -> TrainResult:
        """The whole epoch, or one batch of it."""
        self.model.runner.moving()
        watch = None
        if self.callbacks.wants_steps() and steps > 1:
            watch = self._watch
        with self._keeping_partial():
            return self.engine.train(self._call(order, first_step, steps, watch))

    def _call(
        self, order: NDArray[np.int64] | None, first_step: int, steps: int, watch: Watch | None
    ) -> TrainCall:
        return TrainCall(
            self.rows,
            order,
            batch_size=self.batches.size,
            seed=self.seed,
            learning_rates=self.model.optimizer.learning_rates(first_step, steps),
            sizes=self.batches.sizes if steps == self.batches.steps else None,
            dropout_rates=self.dropout_rates(first_step, steps),
            predictions=self.measured,
            watch=watch,
            look=self._look_in(steps),
        )

    def _look_in(self, steps: int) -> Look | None:
        """The look at these batches, the next ones to be trained; None if it is at others."""
        look = self.look
        if look is None or self.engine.program is not self.program:
            return None
        if steps == self.batches.steps:
            return look
        if not look.first <= self.done < look.stop:
            return None
        last = self.done + 1 == look.stop
        return replace(look, first=0, stop=1, paired=look.paired if last else 0)

    @contextmanager
    def _keeping_partial(self) -> Iterator[None]:
        """Counts what was done before Ctrl-C ended a call of the engine."""
        try:
            yield
        except KeyboardInterrupt as stop:
            # An engine that says how far it came lets the epoch go on exactly there.
            partial: TrainResult | None = getattr(stop, "partial", None)
            if partial is not None and partial.steps:
                self.take(partial)
                if self.done < self.batches.steps:
                    self.mark()
            raise

    def _watch(self, steps: int, loss: float) -> bool:
        self.callbacks.watch_steps(steps, loss)
        return self.model.stop_training

    def _meter(self, part: NDArray[np.int64], batch: int) -> None:
        """Adds one batch to the running metrics."""
        assert self.rows.y is not None and self.predictions is not None
        weight = None if self.rows.weight is None else self.rows.weight[part]
        self.model.meters.update(
            self.rows.y[part], self.predictions[self.batches.part(batch)], weight
        )
