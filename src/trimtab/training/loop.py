"""The training loop, and the passes of ``evaluate`` and ``predict``.

An epoch is one call of the engine, or several epochs are, where the engine gains by that and nobody
looks in between. Where a callback looks in between batches it is one call a batch instead, with
identical results: the order of the rows, the keys of the dropout masks and
the sums behind the reported loss are functions of (seed, step) alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab import distributed
from trimtab.core import random
from trimtab.core.types import Floats
from trimtab.engines.base import (
    DropoutRates,
    Engine,
    Rows,
    TrainCall,
    TrainResult,
    TrainsEpochs,
    Watch,
)
from trimtab.insight.probe.tracking import make_trackers
from trimtab.training.ahead import Ahead
from trimtab.training.callback import Logs
from trimtab.training.callback_list import CallbackList
from trimtab.training.history import History
from trimtab.training.passes import evaluate
from trimtab.training.position import Position, _checksum, _fingerprint
from trimtab.training.progress import Progress, make_progress
from trimtab.training.settings import FitSettings
from trimtab.training.statistics import Keeper

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = [
    "fit",
]


def fit(
    model: Network,
    rows: Rows,
    validation: Rows | None,
    settings: FitSettings,
    callbacks: Any,
) -> History:
    """Trains for ``epochs - initial_epoch`` epochs; see ``Sequential.fit``."""
    progress = make_progress(settings.verbose) if settings.verbose != 0 else Progress()
    progress.first_epoch = settings.initial_epoch
    listed = CallbackList(callbacks, add_history=True)
    if settings.verbose != 0:
        listed.append(progress)
    listed.set_model(model)
    listed.set_params(
        {
            "verbose": settings.verbose,
            "epochs": settings.epochs,
            "steps": settings.cut(len(rows)).steps,
        }
    )
    listed.set_rows(rows)
    model.stop_training = False
    _check_processes(model, rows, validation, settings, listed)
    keeper = Keeper(
        model, rows, settings.statistics == "population", settings.freeze_statistics_after
    )
    trackers = make_trackers(settings.track, model, rows)
    ahead = None
    if validation is None and not listed.wants_epochs() and not trackers:
        outputs = model.training_engine().program.output_width if model.meters else 0
        ahead = Ahead(len(rows) * outputs * 4)
    logs: Logs = {}
    try:
        listed.on_train_begin()
        for epoch in range(settings.initial_epoch, settings.epochs):
            listed.on_epoch_begin(epoch)
            keeper.begin_epoch(epoch)
            logs = _Epoch(model, rows, epoch, settings, listed, ahead).run()
            for tracker in trackers:
                logs |= tracker.measure()
            validates = validation is not None and settings.validates(epoch)
            if validates or listed.wants_epochs():
                keeper.refresh()
            if validation is not None and validates:
                measured = evaluate(model, validation, settings.validation_batch_size, listed)
                logs |= {f"val_{name}": value for name, value in measured.items()}
            listed.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        keeper.refresh()
        listed.on_train_end(logs)
    except KeyboardInterrupt:
        model.pull()  # the step that was finished last
        position = model.position
        if position is not None and model.runner.step != position.first_step + position.batches:
            model.position = None
        keeper.refresh()
        listed.on_train_end(logs)
        raise
    finally:
        keeper.release()
        listed.release()
    history: History = model.history
    return history


def _check_processes(
    model: Network,
    rows: Rows,
    validation: Rows | None,
    settings: FitSettings,
    callbacks: CallbackList,
) -> None:
    """Processes that train together do the same, step by step, or they would wait for ever."""
    if distributed.process_count() == 1:
        return
    model.pull()
    arguments = {name: repr(value) for name, value in vars(settings).items() if name != "verbose"}
    hooks = (
        callbacks.wants_train_batches(), callbacks.wants_epochs(), callbacks.wants_test_batches()
    )  # fmt: skip
    weights = [weight.value for weight in model.weights]
    distributed.check_same(
        "fit",
        {
            "rows": _fingerprint(rows),
            "validation rows": None if validation is None else _fingerprint(validation),
            "weights": _checksum(weights),
            "seeds": model.run_seed(),
            "steps done": model.runner.step,
            "arguments": arguments,
            "callbacks": hooks,
        },
    )


class Pass:
    """One epoch of one model: its rows in their order, and what has come of them so far.

    Attributes:
        measured: whether the model has metrics, which need predictions.
        batches: of the epoch.
        program: the model's, as the epoch began.
        first_step: engine step at which it began.
        done: batches done.
        total: sum over these of loss times rows.
        predictions: made by these, in training order; None without metrics.
        order: of the rows; None: as they are.
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
        before = self._seen()
        self.done += result.steps
        self.model.runner.step += result.steps
        self.model.optimizer.iterations = self.model.runner.step
        seen = self._seen()
        self.total += total_of(result, seen - before)
        if self.measured:
            assert result.predictions is not None
            if seen - before == self.batches.trained:
                self.predictions = result.predictions
            else:
                self._space()[before:seen] = result.predictions[: seen - before]

    def logs(self) -> Logs:
        """The loss and the metrics of what was done; ends the epoch."""
        self.model.position = None
        seen = self._seen()
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

    def _seen(self) -> int:
        return int(self.batches.edges[self.done])

    def mark(self) -> None:
        """Notes where the epoch stands, for whoever saves or stops now."""
        self.model.position = Position(
            epoch=self.epoch,
            first_step=self.first_step,
            batches=self.done,
            batch_size=self.batches.batch_size,
            shuffle=self.settings.shuffle,
            rows=len(self.rows),
            last_batch=self.batches.last_batch,
            total=self.total,
            predictions=None if self.predictions is None else self.predictions[: self._seen()],
            data=self.rows,
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
        if position.predictions is not None:
            self._space()[: self._seen()] = position.predictions

    def _space(self) -> Floats:
        """Room for the predictions of the whole epoch."""
        if self.predictions is None:
            width = self.model.output_shape[1]
            self.predictions = np.empty((self.batches.trained, width), np.float32)
        return self.predictions


class _Epoch(Pass):
    """One epoch under way on the model's own engine."""

    def __init__(
        self,
        model: Network,
        rows: Rows,
        epoch: int,
        settings: FitSettings,
        callbacks: CallbackList,
        ahead: Ahead | None = None,
    ) -> None:
        self.engine: Engine = model.training_engine()
        super().__init__(model, rows, epoch, settings)
        self.callbacks = callbacks
        self.ahead = ahead

    def run(self) -> Logs:
        """The epoch's loss and metrics."""
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
        for batch in range(self.done, self.batches.steps):
            self.callbacks.on_train_batch_begin(batch)
            self.engine = self.model.training_engine(same=self.engine)
            part = order[self.batches.part(batch)]
            self.take(self._train(part, self.model.runner.step, 1))
            if self.measured:
                self._meter(part, batch)
            if self.done < self.batches.steps:
                self.mark()
            logs: Logs = {"loss": self.total / self._seen(), **meters.results()}
            self.callbacks.on_train_batch_end(batch, logs)
            if self.callbacks.wants_steps():
                self.callbacks.watch_steps(self.done, logs["loss"])
            if self.model.stop_training:
                break

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
        )

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


def total_of(result: TrainResult, rows: int) -> float:
    """Sum of the losses of the rows trained on."""
    return float(result.loss) * rows if result.total is None else float(result.total)
