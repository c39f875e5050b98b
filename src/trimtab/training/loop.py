"""The training loop, and the passes of ``evaluate`` and ``predict``.

An epoch is one call of the engine, or several epochs are, where the engine gains by that and nobody
looks in between. Where a callback looks in between batches it is one call a batch instead, with
identical results: the order of the rows, the keys of the dropout masks and
the sums behind the reported loss are functions of (seed, step) alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab import checks, distributed, random
from trimtab.engines.base import (
    DropoutRates,
    Engine,
    Evaluation,
    Floats,
    Rows,
    TrainResult,
    TrainsEpochs,
)
from trimtab.errors import InvalidArgument
from trimtab.training.ahead import Ahead
from trimtab.training.batches import LAST_BATCH, Batches, cut
from trimtab.training.callbacks.base import CallbackList, Logs
from trimtab.training.history import History
from trimtab.training.progress import Progress, make_progress
from trimtab.training.statistics import Keeper
from trimtab.training.tracking import checked_track, make_trackers

if TYPE_CHECKING:
    from trimtab.model import Sequential

__all__ = ["FitSettings", "Position", "evaluate", "fit", "predict"]


@dataclass
class Position:
    """Where training stands inside an epoch; saved with the model, so that it can go on there.

    Attributes:
        epoch: number of the epoch, from 0.
        first_step: engine step at which the epoch began; seeds its order.
        batches: batches done.
        batch_size: rows a batch.
        shuffle: whether the rows are shuffled.
        rows: rows there are.
        total: sum over the batches done of loss times rows.
        predictions: made so far for the metrics, in training order; None without metrics.
        fingerprint: of the data; 0 until asked for.
        data: what the fingerprint is taken of; not saved.
        last_batch: what becomes of rows that do not fill a batch.
    """

    epoch: int
    first_step: int
    batches: int
    batch_size: int
    shuffle: bool
    rows: int
    total: float
    predictions: Floats | None = None
    fingerprint: int = 0
    data: Rows | None = None
    last_batch: str = "keep"

    @property
    def seen(self) -> int:
        """Rows in the batches done."""
        return int(self.cut.edges[self.batches])

    @property
    def cut(self) -> Batches:
        """The batches of the epoch."""
        return cut(self.rows, self.batch_size, self.last_batch)

    def sealed(self) -> Position:
        """A copy that stands alone: with its fingerprint and without the data."""
        predictions = None if self.predictions is None else self.predictions.copy()
        kept = dict(self.__dict__, predictions=predictions, data=None)
        if self.data is not None:
            kept["fingerprint"] = _fingerprint(self.data)
        return Position(**kept)

    def resumes(
        self, epoch: int, rows: Rows, batches: Batches, shuffle: bool, metrics: bool
    ) -> bool:
        """Whether this epoch of a new ``fit`` is the one that was left, on the same data."""
        here = (epoch, batches, shuffle, metrics)
        there = (self.epoch, self.cut, self.shuffle, self.predictions is not None)
        return here == there and self.sealed().fingerprint == _fingerprint(rows)

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.sealed().__dict__)


@dataclass
class FitSettings:
    """The arguments of ``fit`` that are not data, checked.

    Raises:
        InvalidArgument: naming the argument, its rule and what was received.
    """

    batch_size: int = 32
    epochs: int = 1
    verbose: Any = "auto"
    shuffle: bool = True
    initial_epoch: int = 0
    validation_batch_size: int = 32
    validation_freq: int | Collection[int] = 1
    statistics: str = "moving"
    freeze_statistics_after: int | None = None
    track: Collection[str] = ()
    last_batch: str = "keep"

    def __post_init__(self) -> None:
        self.epochs = _integer("epochs", self.epochs, 0)
        self.initial_epoch = _integer("initial_epoch", self.initial_epoch, 0)
        self.verbose = checked_verbose(self.verbose)
        if not isinstance(self.shuffle, bool | np.bool_):
            raise InvalidArgument(f"shuffle must be True or False, received {self.shuffle!r}.")
        self.shuffle = bool(self.shuffle)
        if isinstance(self.validation_freq, Collection) and not isinstance(
            self.validation_freq, str
        ):
            self.validation_freq = {_integer("validation_freq", e, 1) for e in self.validation_freq}
        else:
            self.validation_freq = _integer("validation_freq", self.validation_freq, 1)
        self.statistics = checks.choice("statistics", self.statistics, ("moving", "population"))
        if self.freeze_statistics_after is not None:
            self.freeze_statistics_after = _integer(
                "freeze_statistics_after", self.freeze_statistics_after, 0
            )
        self.track = checked_track(self.track)
        self.last_batch = checks.choice("last_batch", self.last_batch, LAST_BATCH)

    def cut(self, rows: int) -> Batches:
        """The batches of an epoch on so many rows."""
        return cut(rows, self.batch_size, self.last_batch)

    def validates(self, epoch: int) -> bool:
        """Whether this epoch (from 0) is followed by validation."""
        if isinstance(self.validation_freq, int):
            return (epoch + 1) % self.validation_freq == 0
        return epoch + 1 in self.validation_freq

    def next_change(self, epoch: int) -> int:
        """The epoch before which training is the same as in this one: the last, or a freeze."""
        freeze = self.freeze_statistics_after
        return self.epochs if freeze is None or epoch >= freeze else min(freeze, self.epochs)


def checked_batch_size(value: Any, name: str = "batch_size") -> int:
    """A positive integer; None is 32."""
    if value is None:
        return 32
    return _integer(name, value, 1, "Leave it out for 32.")


def checked_verbose(value: Any) -> Any:
    """``auto``, 0, 1 or 2."""
    if value is True or value is False:
        return int(value)
    if isinstance(value, int | np.integer) and value in (0, 1, 2):
        return int(value)
    if value == "auto":
        return value
    raise InvalidArgument(f"verbose must be 'auto', 0, 1 or 2, received {value!r}.")


def fit(
    model: Sequential,
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
    history = model.history
    assert history is not None
    return history


def _check_processes(
    model: Sequential,
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

    def __init__(self, model: Sequential, rows: Rows, epoch: int, settings: FitSettings) -> None:
        self.model = model
        self.rows = rows
        self.epoch = epoch
        self.settings = settings
        self.seed = model.run_seed()
        self.measured = bool(model.meters)
        self.batches = settings.cut(len(rows))
        self.program = model._program()
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
        model: Sequential,
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
        steps = epochs * self.batches.steps
        starts = [self.first_step + epoch * self.batches.steps for epoch in range(epochs)]
        return engine.train_epochs(
            self.rows,
            [self.order, *(self.order_from(start) for start in starts[1:])],
            batch_size=self.batches.size,
            seed=self.seed,
            learning_rates=self.model.optimizer.learning_rates(self.first_step, steps),
            sizes=self.batches.sizes,
            dropout_rates=self.dropout_rates(self.first_step, steps),
            predictions=self.measured,
            watch=self._watch if self.callbacks.wants_steps() and epochs == 1 else None,
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
            return self.engine.train(
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


def evaluate(
    model: Sequential, rows: Rows, batch_size: int, callbacks: CallbackList | None = None
) -> Logs:
    """Loss and metrics in inference mode."""
    measured = bool(model.meters)
    if callbacks is not None:
        callbacks.on_test_begin()
    engine = model.inference_engine()  # after the hook, which may set weights
    if callbacks is not None and callbacks.wants_test_batches():
        _walk(model, engine, rows, batch_size, callbacks)
    result = engine.evaluate(rows, predictions=measured)
    logs = evaluation_logs(model, rows, result, batch_size)
    if callbacks is not None:
        callbacks.on_test_end(logs)
    return logs


def evaluation_logs(model: Sequential, rows: Rows, result: Evaluation, batch_size: int) -> Logs:
    """Loss and metrics of what an engine's ``evaluate`` gave."""
    logs: Logs = {"loss": float(result.loss)}
    if model.meters:
        assert rows.y is not None and result.predictions is not None
        edges = cut(len(rows), batch_size).edges
        logs |= model.meters.measure(rows.y, result.predictions, rows.weight, edges)
    return {name: logs[name] for name in sorted(logs)}


def _walk(
    model: Sequential, engine: Engine, rows: Rows, batch_size: int, callbacks: CallbackList
) -> None:
    """Calls the batch hooks of an evaluation with the running means."""
    meters = model.meters
    meters.reset()
    total = 0.0
    assert rows.y is not None
    batches = cut(len(rows), batch_size)
    for batch in range(batches.steps):
        callbacks.on_test_batch_begin(batch)
        part = batches.part(batch)
        weight = None if rows.weight is None else rows.weight[part]
        piece = Rows(rows.x[part], rows.y[part], weight)
        result = engine.evaluate(piece, predictions=bool(meters))
        total += float(result.loss) * len(piece)
        if result.predictions is not None:
            meters.update(rows.y[part], result.predictions, weight)
        callbacks.on_test_batch_end(batch, {"loss": total / part.stop, **meters.results()})


def predict(
    model: Sequential, x: Floats, batch_size: int, callbacks: CallbackList | None = None
) -> Floats:
    """Predictions, ``(n, outputs)``."""
    engine = model.inference_engine()
    if callbacks is None:
        return engine.predict(x)
    callbacks.on_predict_begin()
    predictions = engine.predict(x)
    if callbacks.wants_predict_batches():
        batches = cut(len(x), batch_size)
        for batch in range(batches.steps):
            callbacks.on_predict_batch_begin(batch)
            part = predictions[batches.part(batch)]
            callbacks.on_predict_batch_end(batch, {"outputs": part})
    callbacks.on_predict_end()
    return predictions


def total_of(result: TrainResult, rows: int) -> float:
    """Sum of the losses of the rows trained on."""
    return float(result.loss) * rows if result.total is None else float(result.total)


def _fingerprint(rows: Rows) -> int:
    """A checksum of the data; never 0."""
    return _checksum([rows.x, rows.y, rows.weight]) + 1


def _checksum(arrays: Iterable[Floats | None]) -> int:
    value = 0
    for array in arrays:
        if array is not None:
            value = zlib.crc32(np.ascontiguousarray(array).data.cast("B"), value)
    return value


def _integer(name: str, value: Any, least: int, advice: str = "") -> int:
    good = isinstance(value, int | np.integer) and not isinstance(value, bool | np.bool_)
    if not good or value < least:
        rule = "a positive integer" if least == 1 else f"an integer of at least {least}"
        raise InvalidArgument(f"{name} must be {rule}, received {value!r}. {advice}".rstrip())
    return int(value)
