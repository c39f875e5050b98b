"""The callbacks of a training: when it stops, what is kept of it, and what is reported."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from trimtab.core.words import count, figure
from trimtab.predictor.training import events
from trimtab.predictor.training.events import Report
from trimtab.predictor.training.limits import Limits, Pause
from trimtab.predictor.training.state import NetworkState
from trimtab.training.callback import Callback, Logs
from trimtab.training.callbacks import EarlyStopping
from trimtab.training.history import History
from trimtab.training.weight_average import WeightAverage

__all__ = ["KeepState", "RunHistory", "Watch"]

#: Seconds between two states that are kept while a network trains.
STATE_PERIOD = 60.0

#: Why training pauses inside an epoch: to keep its state, and continue.
KEEP = "keep"

#: Seconds between two :class:`~trimtab.predictor.training.events.Step` events.
STEP_PERIOD = 0.1

#: Receives the state of a network in training, and its lowest ``val_loss`` so far.
KeepState = Callable[[NetworkState, float | None], None]


class RunHistory(History):
    """The history of a run in the target's own units, over all processes that worked on it.

    It stands before early stopping in the list of callbacks, and so sees the last state before the
    best one replaces it.

    Args:
        watch: of the same training.
        before: the history so far, in the target's own units.

    Attributes:
        state: to resume from, where the training was stopped before its end.
    """

    def __init__(self, watch: Watch, before: History | None) -> None:
        super().__init__()
        self._watch = watch
        self.state: NetworkState | None = None
        if before is not None:
            self.history = {key: list(values) for key, values in before.history.items()}
            self.epoch = list(before.epoch)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        pass  # what was before stays

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        super().on_epoch_end(epoch, self._watch.in_units(logs or {}))

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._watch.reason in ("interrupted", "time", KEEP):
            self.state = NetworkState.of(self.model, self._watch.stopping, self._watch.average)

    def plain(self) -> History:
        """A copy that is nothing but a history."""
        history = History()
        history.history, history.epoch, history.params = self.history, self.epoch, self.params
        history.set_model(self.model)
        return history


class Watch(Callback):
    """Ends training where something asks for it, and reports what happens.

    It stands last in the list of callbacks, :attr:`history` first.

    Args:
        label: of the network, as in :class:`~trimtab.predictor.training.events.Epoch`.
        epochs: at most.
        patience: epochs without improvement after which training stops, for the sentence.
        limits: Ctrl-C and the time limit.
        factors: of losses and metrics to the target's own units, see :class:`Units`.
        report: receives the events.
        stopping: early stopping; None without validation.
        average: of the weights; None where none is kept.
        keep: receives the state at most every :data:`STATE_PERIOD` seconds: at ends of epochs, and
            inside epochs that take longer.
        before: the history of an earlier process that worked on this network.

    Attributes:
        reason: why training ends or pauses, or None.
        diverged: the first epoch whose loss is not finite, from 1, or None.
        stopping: as given.
        average: as given.
        history: callback that records the history in the target's own units.
    """

    def __init__(
        self,
        *,
        label: str,
        epochs: int,
        patience: int,
        limits: Limits,
        factors: Mapping[str, float],
        report: Report,
        stopping: EarlyStopping | None,
        average: WeightAverage | None,
        keep: KeepState | None,
        before: History | None,
    ) -> None:
        super().__init__()
        self.reason: str | None = None
        self.diverged: int | None = None
        self.stopping = stopping
        self.average = average
        self.history = RunHistory(self, before)
        self._label = label
        self._epochs = epochs
        self._patience = patience
        self._limits = limits
        self._factors = factors
        self._report = report
        self._keep = keep
        self._epoch = 0
        self._steps = 1
        self._begun: float | None = None
        self._epoch_begun = self._reported = self._kept = time.monotonic()
        self._done = 0  # steps of this process
        self._before = 0  # steps of the epoch that were done before it

    def in_units(self, logs: Logs) -> Logs:
        """The logs in the target's own units."""
        return {
            key: self._factors.get(key.removeprefix("val_"), 1.0) * value
            for key, value in logs.items()
        }

    # -- the hooks --------------------------------------------------------------------------------

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self._steps = int(params.get("steps", 1))

    def wants_steps(self) -> bool:
        return True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self._begun is not None and epoch == self._epoch:
            return  # after a pause inside it
        self._epoch = epoch
        now = time.monotonic()
        self._epoch_begun = now
        if self._begun is None:
            self._begun = now
            position = self.model.position
            self._before = 0 if position is None else position.batches

    def watch_steps(self, steps: int, loss: float) -> None:
        if not math.isfinite(loss):
            self.diverged = self._epoch + 1
            self._pause("diverged")
        reason = self._limits.reason
        if reason is not None and steps < self._steps:  # else the epoch may come to its end
            self._pause(reason)
        now = time.monotonic()
        if now - self._reported >= STEP_PERIOD:
            self._reported = now
            self._report(
                events.Step(
                    part=self._label,
                    epoch=self._epoch + 1,
                    epochs=self._epochs,
                    step=steps,
                    steps=self._steps,
                    loss=self._factors["loss"] * loss,
                    left=self._left(self._done + steps - self._before, steps),
                )
            )
        if self._is_due(now) and steps < self._steps:
            if self.model.position is None:  # the engine is at work, and holds the state
                self._pause(KEEP)
            self._keep_state()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        self._done += self._steps - self._before
        self._before = 0
        now = time.monotonic()
        self._limits.epoch_over()
        self._report(
            events.Epoch(
                part=self._label,
                epoch=epoch + 1,
                epochs=self._epochs,
                losses=self.in_units({k: v for k, v in logs.items() if "/" not in k}),
                best=self._best(),
                best_epoch=self._best_epoch(),
                seconds=now - self._epoch_begun,
                left=self._left(self._done, self._steps),
            )
        )
        if not all(math.isfinite(logs[key]) for key in ("loss", "val_loss") if key in logs):
            self.diverged = epoch + 1
            self.reason = "diverged"
        elif self.model.stop_training:
            self.reason = "patience"
        elif epoch + 1 >= self._epochs:
            self.reason = "epochs"
        else:
            self.reason = self._limits.reason
            if self.reason is None and self._is_due(now):
                self._keep_state()
        if self.reason is not None:
            self.model.stop_training = True

    # -- states on the way ------------------------------------------------------------------------

    def resume(self) -> NetworkState | None:
        """After a fit: the state to continue from if it only paused, or None; it is kept."""
        state = self.history.state
        if self.reason != KEEP or state is None:
            return None
        self.reason = self.history.state = None
        self._keep_state(state)
        return state

    def _is_due(self, now: float) -> bool:
        return self._keep is not None and now - self._kept >= STATE_PERIOD

    def _keep_state(self, state: NetworkState | None = None) -> None:
        assert self._keep is not None
        state = state or NetworkState.of(self.model, self.stopping, self.average)
        self._keep(state, self._best())
        self._kept = time.monotonic()

    # -- the end ----------------------------------------------------------------------------------

    def ended(self) -> events.Ended:
        """How training ended."""
        best_epoch, best = self._best_epoch(), self._best()
        reason = self.reason or "epochs"  # none were left to train
        whole = len(self.history.epoch)
        return events.Ended(
            part=self._label,
            reason=reason,
            epoch=max(self._epoch + 1, whole) if whole or self._begun else 0,
            whole=whole,
            best_epoch=best_epoch,
            best=best,
            sentence=self._sentence(reason, whole, best_epoch, best),
        )

    def _sentence(self, reason: str, whole: int, best_epoch: int | None, best: float | None) -> str:
        epoch = self._epoch + 1
        where = f"after epoch {whole}" if whole == epoch else f"in epoch {epoch}"
        kept = ""
        if best_epoch is not None and best is not None:
            kept = f"; best epoch {best_epoch}, val_loss {figure(best, fixed=True)}"
        elif reason != "epochs":
            kept = "; the last weights are kept"
        patience = count(self._patience, "epoch")
        said = {
            "epochs": f"{'all ' if whole > 1 else ''}{count(whole, 'epoch')} done",
            "patience": f"stopped after epoch {whole} (no improvement for {patience})",
            "time": f"time limit reached {where}",
            "interrupted": f"interrupted {where}",
            "diverged": f"diverged in epoch {self.diverged}: the loss became NaN or infinite",
        }[reason]
        return f"{said}{'' if reason == 'diverged' and best_epoch is None else kept}."

    def _pause(self, reason: str) -> None:
        self.reason = reason
        raise Pause

    def _best_epoch(self) -> int | None:
        stopping = self.stopping
        return None if stopping is None or stopping.best is None else stopping.best_epoch + 1

    def _best(self) -> float | None:
        stopping = self.stopping
        if stopping is None or stopping.best is None:
            return None
        return self._factors["loss"] * stopping.best

    def _left(self, done: int, of_epoch: int) -> float:
        """Seconds to the last epoch or the limit, whichever is first."""
        assert self._begun is not None
        to_come = (self._epochs - self._epoch) * self._steps - of_epoch
        seconds = (time.monotonic() - self._begun) / max(done, 1) * to_come
        return min(seconds, self._limits.left)
