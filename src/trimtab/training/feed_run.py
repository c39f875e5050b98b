"""How one epoch is trained on batches that come one after the other.

Each batch is a call of the engine, as in an epoch that a callback follows batch by batch; the same
batches in the same order give the same numbers as arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trimtab.engines.base import Engine, Rows, TrainCall
from trimtab.training.callback import Logs
from trimtab.training.callback_list import CallbackList
from trimtab.training.feed import Feed

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["FeedRun"]


class FeedRun:
    """One epoch of batches.

    Args:
        model: compiled and built.
        feed: of the batches.
        callbacks: of the fit.

    Attributes:
        done: batches trained.
    """

    def __init__(self, model: Network, feed: Feed, callbacks: CallbackList) -> None:
        self._model = model
        self._feed = feed
        self._callbacks = callbacks
        self._engine: Engine = model.training_engine()
        self._total = 0.0
        self._seen = 0
        self.done = 0

    def run(self) -> Logs:
        """The epoch's loss and metrics.

        Raises:
            InvalidArgument, InvalidData, Unsupported: a batch does not fit.
            KeyboardInterrupt: Ctrl-C; the steps that were finished count.
        """
        model, feed, callbacks = self._model, self._feed, self._callbacks
        model.position = None
        steps = model.epoch_steps = feed.steps
        model.meters.reset()
        first_step = model.runner.step
        feed.begin_epoch()
        # Batches are taken after the hook, which may be what makes them.
        batches = feed.batches()
        while self.done < steps:
            rows = next(batches, None)
            if rows is None:
                break
            callbacks.on_train_batch_begin(self.done)
            self._train(rows)
            logs: Logs = {"loss": self._total / self._seen, **model.meters.results()}
            callbacks.on_train_batch_end(self.done - 1, logs)
            if callbacks.wants_steps():
                callbacks.watch_steps(self.done, logs["loss"])
            if model.stop_training:
                break
        if self.done < steps and not model.stop_training:
            feed.ended(self.done)
            model.stop_training = True
        feed.end_epoch()
        logs = {"loss": self._total / self._seen, **model.meters.results()}
        return logs | self._rates(first_step + self.done - 1)

    def _train(self, rows: Rows) -> None:
        model = self._model
        self._engine = engine = model.training_engine(same=self._engine)
        model.runner.moving()
        step = model.runner.step
        call = TrainCall(
            rows,
            batch_size=self._feed.room_for(len(rows)),
            seed=model.run_seed(),
            learning_rates=model.optimizer.learning_rates(step, 1),
            dropout_rates=engine.program.dropout_rates(step, 1, model.epoch_steps),
            predictions=bool(model.meters),
        )
        try:
            result = engine.train(call)
        except KeyboardInterrupt as stop:
            partial = getattr(stop, "partial", None)
            if partial is not None and partial.steps:
                model.runner.step += partial.steps
                model.optimizer.iterations = model.runner.step
            raise
        model.runner.step += result.steps
        model.optimizer.iterations = model.runner.step
        self._total += float(result.loss) * len(rows) if result.total is None else result.total
        self._seen += len(rows)
        self.done += 1
        if result.predictions is not None and model.meters:
            assert rows.y is not None
            model.meters.update(rows.y, result.predictions, rows.weight)

    def _rates(self, step: int) -> Logs:
        """Rates on a schedule, as they were in the last batch, by the names of their layers."""
        program = self._engine.program
        rates = program.dropout_rates(step, 1, self._model.epoch_steps) or {}
        names = program.schedule_names()
        return {f"{names[value]}_rate": float(rate[0]) for value, rate in rates.items()}
