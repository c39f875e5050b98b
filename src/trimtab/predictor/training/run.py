"""One network's training on prepared arrays, which can be left at any step and gone on with.

A run ends when its epochs are done, when validation has not become better for a while, when the
time is up, by Ctrl-C, or when it diverges; the weights are then those of the best epoch, however it
ended. Ctrl-C and the time limit take effect between two steps: what was done until then is kept as
a :class:`NetworkState`, from which another process goes on to the same bits.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from trimtab.core import words
from trimtab.core.container import Contents
from trimtab.core.interrupts import InterruptHandler
from trimtab.core.types import Floats
from trimtab.core.words import figure
from trimtab.engines.base import Rows
from trimtab.model.contents import model_contents
from trimtab.model.reading import model_from
from trimtab.nn import losses, metrics
from trimtab.predictor.training import events
from trimtab.predictor.training.events import Report
from trimtab.training.callback import Logs
from trimtab.training.callbacks import Callback, EarlyStopping
from trimtab.training.history import History

if TYPE_CHECKING:
    from trimtab.model.sequential import Sequential

__all__ = ["Fitted", "Limits", "NetworkState", "Part", "Recipe", "Units", "fit_network"]

#: Seconds between two states that are kept while a network trains.
STATE_PERIOD = 60.0

#: Seconds between two :class:`~trimtab.predictor.events.Step` events.
STEP_PERIOD = 0.1


class Pause(KeyboardInterrupt):
    """Ends training between two steps, on the way that Ctrl-C takes."""


class Limits(InterruptHandler):
    """Until when a run may go on: a time, and Ctrl-C.

    Inside, once a network trains, the first Ctrl-C is only noted, and asked for between steps; a
    second one raises KeyboardInterrupt wherever it comes, and so does one before. In threads other
    than the main one, to which Python delivers no signals, nothing is changed.

    Args:
        seconds: from the first :meth:`start` on; None: no limit.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self.interrupted = False
        self._started = False
        self._end: float | None = None
        self._deadline = math.inf

    def start(self, share: float = 1.0) -> None:
        """Begins a network, which may take this share of the time that is left."""
        self._started = True
        if self.seconds is None:
            return
        now = time.monotonic()
        self._end = now + self.seconds if self._end is None else self._end
        self._deadline = now + share * max(self._end - now, 0.0)

    @property
    def reason(self) -> str | None:
        """Why to stop now, or None."""
        if self.interrupted:
            return "interrupted"
        return "time" if time.monotonic() >= self._deadline else None

    @property
    def left(self) -> float:
        """Seconds to the limit."""
        return max(self._deadline - time.monotonic(), 0.0)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Remembers the first interrupt of a training; any other ends it at once."""
        if self.interrupted or not self._started:
            raise KeyboardInterrupt
        self.interrupted = True


@dataclass(frozen=True)
class Units:
    """From what a network on a scaled target measures to the target's own units.

    Absolute errors grow with the scale, squared ones with its square; what is said of classes has
    no unit. These are all the losses and metrics there are.

    Attributes:
        scale: units that 1 of the scaled target is.
    """

    scale: float = 1.0

    def of(self, model: Sequential) -> dict[str, float]:
        """Key of the logs, without ``val_`` -> factor."""
        found = {"loss": self._factor(model.loss_function)}
        return found | {name: self._factor(each) for name, each in model.named_metrics.items()}

    def _factor(self, measure: Any) -> float:
        if isinstance(measure, metrics.MeanSquaredError | losses.MeanSquaredError):
            root = isinstance(measure, metrics.RootMeanSquaredError)
            return self.scale if root else self.scale**2
        absolute = isinstance(measure, metrics.MeanAbsoluteError | losses.MeanAbsoluteError)
        return self.scale if absolute else 1.0


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        batch_size, epochs, last_batch: as in :meth:`trimtab.Sequential.fit`.
        patience: epochs without a better validation loss after which training stops.
    """

    batch_size: int
    epochs: int
    patience: int
    last_batch: str = "keep"


@dataclass(frozen=True)
class Part:
    """The rows of one network.

    Attributes:
        label: ``member 2 of 5``; empty for the only network.
        train: what it is trained on.
        valid: what says when to stop; None: nothing does.
    """

    label: str
    train: Rows
    valid: Rows | None


@dataclass
class NetworkState:
    """A network that is under way, as a file keeps it.

    Attributes:
        contents: of its model file: the last weights, moving statistics, optimizer, random state,
            the place inside the epoch and the history in the target's own units.
        stopping: what early stopping remembers, without the weights.
        best: weights of the best epoch by name, or None.
    """

    contents: Contents
    stopping: dict[str, Any] = field(default_factory=dict)
    best: dict[str, Floats] | None = None

    @classmethod
    def of(cls, model: Sequential, stopping: EarlyStopping | None) -> NetworkState:
        """The present state."""
        contents = copy.deepcopy(model_contents(model))  # training goes on meanwhile
        if stopping is None:
            return cls(contents)
        state = stopping.get_state()
        weights = state.pop("best_weights")
        best = None
        if weights is not None:
            names = [weight.path for weight in model.weights]
            best = dict(zip(names, weights, strict=True))
        return cls(contents, state, best)

    def model(self) -> Sequential:
        """The model in this state; it goes on where it was left.

        Raises:
            FileFormatError: the state is none.
        """
        return model_from(Path("run"), self.contents, None, True)

    def remind(self, stopping: EarlyStopping, model: Sequential) -> None:
        """Gives early stopping its memory back.

        Raises:
            KeyError: the state is none.
        """
        weights = None
        if self.best is not None:
            weights = [self.best[weight.path] for weight in model.weights]
        stopping.set_state({**self.stopping, "best_weights": weights})


Keep = Callable[[NetworkState, float | None], None]


@dataclass
class Fitted:
    """A network whose training is over, or was left.

    Attributes:
        model: with the weights of its best epoch, or the last ones where there is none.
        history: in the target's own units.
        reason: why it ended; see :class:`~trimtab.predictor.events.Ended`.
        best_epoch: from 1; None without validation or without a whole epoch.
        best: least ``val_loss``, in the target's own units.
        diverged: the first bad epoch, from 1, or None.
        state: from which it goes on; None where it is over.
    """

    model: Sequential
    history: History
    reason: str
    best_epoch: int | None
    best: float | None
    diverged: int | None
    state: NetworkState | None

    @property
    def usable(self) -> bool:
        """Whether it has learned anything that can be used."""
        return self.diverged is None or self.best_epoch is not None


def fit_network(
    model: Sequential,
    part: Part,
    recipe: Recipe,
    *,
    limits: Limits,
    units: Units,
    report: Report,
    state: NetworkState | None = None,
    keep: Keep | None = None,
) -> Fitted:
    """Trains a network until something ends it.

    Args:
        model: built and compiled; with ``state``, the one that :meth:`NetworkState.model` made.
        part: its rows.
        recipe: how.
        limits: under way.
        units: of the target.
        report: is handed the events.
        state: to go on from.
        keep: is handed the state, and the least ``val_loss`` so far, in the target's own units, at
            ends of epochs, at most once a minute.
    """
    stopping = None
    if part.valid is not None:
        stopping = EarlyStopping(patience=recipe.patience, restore_best_weights=True)
        if state is not None:
            state.remind(stopping, model)
    watch = _Watch(model, part, recipe, limits, units, report, stopping, keep)
    record = _Record(watch, stopping, units.of(model), model.history if state else None)
    first = _epoch_to_begin(model, record) if state is not None else 0
    validation = None
    if part.valid is not None:
        validation = tuple(
            each for each in (part.valid.x, part.valid.y, part.valid.weight) if each is not None
        )
    with suppress(Pause):
        model.fit(
            part.train.x,
            part.train.y,
            sample_weight=part.train.weight,
            validation_data=validation,
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            initial_epoch=first,
            last_batch=recipe.last_batch,
            callbacks=[record, *([stopping] if stopping else []), watch],
            verbose=0,
        )
    return watch.fitted(record)


def _epoch_to_begin(model: Sequential, history: History) -> int:
    if model.position is not None:
        return int(model.position.epoch)
    return history.epoch[-1] + 1 if history.epoch else 0


class _Record(History):
    """The history of a run in the target's own units, over all processes that worked on it.

    It comes before early stopping, and so sees the last state before the best one replaces it.
    """

    def __init__(
        self,
        watch: _Watch,
        stopping: EarlyStopping | None,
        factors: dict[str, float],
        before: History | None,
    ) -> None:
        super().__init__()
        self._watch = watch
        self._stopping = stopping
        self._factors = factors
        self.state: NetworkState | None = None
        if before is not None:
            self.history = {key: list(values) for key, values in before.history.items()}
            self.epoch = list(before.epoch)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        pass  # what was before stays

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        super().on_epoch_end(epoch, self.in_units(logs or {}))

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._watch.reason in ("interrupted", "time"):
            self.state = NetworkState.of(self.model, self._stopping)

    def in_units(self, logs: Logs) -> Logs:
        return {key: self.factor(key) * value for key, value in logs.items()}

    def factor(self, key: str) -> float:
        return self._factors.get(key.removeprefix("val_"), 1.0)

    def plain(self) -> History:
        """A copy that is nothing but a history."""
        history = History()
        history.history, history.epoch, history.params = self.history, self.epoch, self.params
        history.set_model(self.model)
        return history


class _Watch(Callback):
    """Comes last: ends training where something says so, and tells what happens."""

    def __init__(
        self,
        model: Sequential,
        part: Part,
        recipe: Recipe,
        limits: Limits,
        units: Units,
        report: Report,
        stopping: EarlyStopping | None,
        keep: Keep | None,
    ) -> None:
        super().__init__()
        self.reason: str | None = None
        self._part = part
        self._recipe = recipe
        self._limits = limits
        self._factors = units.of(model)
        self._report = report
        self._stopping = stopping
        self._keep = keep
        self._epoch = 0
        self._steps = 1
        self._begun: float | None = None
        self._epoch_begun = self._reported = self._kept = time.monotonic()
        self._done = 0  # steps of this process
        self._before = 0  # steps of the epoch that were done before it
        self._diverged: int | None = None

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self._steps = int(params.get("steps", 1))

    def wants_steps(self) -> bool:
        return True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch
        now = time.monotonic()
        self._epoch_begun = now
        if self._begun is None:
            self._begun = now
            position = self.model.position
            self._before = 0 if position is None else position.batches

    def watch_steps(self, steps: int, loss: float) -> None:
        if not math.isfinite(loss):
            self._pause("diverged")
        reason = self._limits.reason
        if reason is not None and steps < self._steps:  # else the epoch may come to its end
            self._pause(reason)
        now = time.monotonic()
        if now - self._reported >= STEP_PERIOD:
            self._reported = now
            self._report(
                events.Step(
                    part=self._part.label,
                    epoch=self._epoch + 1,
                    epochs=self._recipe.epochs,
                    step=steps,
                    steps=self._steps,
                    loss=self._factors["loss"] * loss,
                    left=self._left(self._done + steps - self._before, steps),
                )
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        self._done += self._steps - self._before
        self._before = 0
        losses_in_units = {
            key: self._factors.get(key.removeprefix("val_"), 1.0) * value
            for key, value in logs.items()
            if "/" not in key
        }
        now = time.monotonic()
        self._report(
            events.Epoch(
                part=self._part.label,
                epoch=epoch + 1,
                epochs=self._recipe.epochs,
                losses=losses_in_units,
                best=self._best(),
                best_epoch=self._best_epoch(),
                seconds=now - self._epoch_begun,
                left=self._left(self._done, self._steps),
            )
        )
        if not all(math.isfinite(logs[key]) for key in ("loss", "val_loss") if key in logs):
            self._diverged = epoch + 1
            self.reason = "diverged"
        elif self.model.stop_training:
            self.reason = "patience"
        elif epoch + 1 >= self._recipe.epochs:
            self.reason = "epochs"
        else:
            self.reason = self._limits.reason
            if self.reason is None and self._keep and now - self._kept >= STATE_PERIOD:
                self._keep(NetworkState.of(self.model, self._stopping), self._best())
                self._kept = time.monotonic()
        if self.reason is not None:
            self.model.stop_training = True

    def fitted(self, record: _Record) -> Fitted:
        """What came of it; says so."""
        self.model.position = None  # the state has it; it would keep the rows
        best_epoch, best = self._best_epoch(), self._best()
        reason = self.reason or "epochs"  # none were left to train
        whole = len(record.epoch)
        self._report(
            events.Ended(
                part=self._part.label,
                reason=reason,
                epoch=max(self._epoch + 1, whole) if whole or self._begun else 0,
                whole=whole,
                best_epoch=best_epoch,
                best=best,
                sentence=self._sentence(reason, whole, best_epoch, best),
            )
        )
        return Fitted(
            model=self.model,
            history=record.plain(),
            reason=reason,
            best_epoch=best_epoch,
            best=best,
            diverged=self._diverged,
            state=record.state,
        )

    def _sentence(self, reason: str, whole: int, best_epoch: int | None, best: float | None) -> str:
        epoch = self._epoch + 1
        where = f"after epoch {whole}" if whole == epoch else f"in epoch {epoch}"
        kept = ""
        if best_epoch is not None and best is not None:
            kept = f"; kept is epoch {best_epoch}, val_loss {figure(best, fixed=True)}"
        elif reason != "epochs":
            kept = "; kept are the weights of that moment"
        patience = words.count(self._recipe.patience, "epoch")
        said = {
            "epochs": f"{'all ' if whole > 1 else ''}{words.count(whole, 'epoch')} done",
            "patience": f"stopped early after epoch {whole}: no better for {patience}",
            "time": f"the time limit ended training {where}",
            "interrupted": f"interrupted {where}",
            "diverged": f"diverged in epoch {self._diverged}: the loss is no number any more",
        }[reason]
        return f"{said}{'' if reason == 'diverged' and best_epoch is None else kept}."

    def _pause(self, reason: str) -> None:
        self.reason = reason
        if reason == "diverged":
            self._diverged = self._epoch + 1
        raise Pause

    def _best_epoch(self) -> int | None:
        return (
            None
            if self._stopping is None or self._stopping.best is None
            else (self._stopping.best_epoch + 1)
        )

    def _best(self) -> float | None:
        stopping = self._stopping
        if stopping is None or stopping.best is None:
            return None
        return self._factors["loss"] * stopping.best

    def _left(self, done: int, of_epoch: int) -> float:
        """Seconds to the last epoch or the limit, whichever is first."""
        assert self._begun is not None
        to_come = (self._recipe.epochs - self._epoch) * self._steps - of_epoch
        seconds = (time.monotonic() - self._begun) / max(done, 1) * to_come
        return min(seconds, self._limits.left)
