"""What ``fit`` shows while it runs: a live line, one line an epoch, or nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from trimtab.core.live_line import LiveLine, clock
from trimtab.training.callback import Callback, Logs

__all__ = [
    "LineProgress",
    "LiveProgress",
    "Progress",
    "format_logs",
    "number_of",
    "ordered",
]

#: Seconds between two drawings of the live line.
_PERIOD = 0.2


class Progress(Callback):
    """Base class of progress displays."""

    #: Number of the first epoch, from 0.
    first_epoch = 0

    def wants_epochs(self) -> bool:
        return False  # it looks at the logs alone


class LineProgress(Progress):
    """``verbose=2``: one line an epoch.

    Example:
        >>> progress = LineProgress()
        >>> progress.set_params({"epochs": 5})
        >>> progress.on_epoch_begin(0)
        >>> progress.on_epoch_end(0, {"loss": 0.25})  # doctest: +ELLIPSIS
        Epoch 1/5 - ...s - loss: 0.2500
    """

    def __init__(self) -> None:
        super().__init__()
        self._start = 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        seconds = time.perf_counter() - self._start
        head = f"Epoch {epoch + 1}/{self.params.get('epochs', '?')} - {seconds:.2f}s"
        print(" - ".join([head, *format_logs(logs or {}, ": ")]), flush=True)


class LiveProgress(Progress):
    """``verbose=1``: one line that is drawn again and again, and stays when training ends.

    It is drawn a few times a second, from the training thread: between steps and after epochs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._line: LiveLine | None = None
        self._began = 0.0
        self._drawn = 0.0
        self._epoch = 0
        self._done = 0  # steps of this fit
        self._total = 1
        self._items: list[str] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.release()
        self._line = LiveLine(bar=10, keep=True)
        epochs = int(self.params["epochs"])
        self._total = max(1, epochs - self.first_epoch) * int(self.params["steps"])
        self._epoch = self.first_epoch
        self._items = []
        self._drawn = 0.0
        self._done = 0
        self._began = time.monotonic()
        self._show(self._line, [])

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = dict(logs or {})
        logs.pop("learning_rate", None)
        # What matters most stands first: a narrow terminal cuts the rest off.
        first = [*format_logs({k: v for k, v in logs.items() if k.endswith("loss")}, " ")]
        rest = [*format_logs({k: v for k, v in logs.items() if not k.endswith("loss")}, " ")]
        self._items = [*first, self._rate(), *rest]
        self._draw(int(self.params["steps"]), self._items)

    def wants_steps(self) -> bool:
        return True

    def watch_steps(self, steps: int, loss: float) -> None:
        if steps > 0 and time.monotonic() - self._drawn >= _PERIOD:
            # The numbers of the epoch before stay in view meanwhile.
            self._draw(steps, [f"loss {number_of(loss)}", *self._items[1:]])

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.release()

    def release(self) -> None:
        if self._line is not None:
            line, self._line = self._line, None
            self._show(line, [clock(time.monotonic() - self._began), *self._items])
            line.close()

    def _rate(self) -> str:
        return f"lr {float(self.model.optimizer.learning_rate):.3g}"

    def _draw(self, steps: int, items: list[str]) -> None:
        if self._line is None:
            return
        self._done = (self._epoch - self.first_epoch) * int(self.params["steps"]) + steps
        now = time.monotonic()
        if now - self._drawn < _PERIOD:
            return
        self._drawn = now
        left = (now - self._began) / max(1, self._done) * (self._total - self._done)
        self._show(self._line, [f"{clock(left)} left", *items])

    def _show(self, line: LiveLine, items: list[str]) -> None:
        head = f"epoch {self._epoch + 1}/{self.params['epochs']}"
        line.show(head, self._done / self._total, items)


def format_logs(logs: Logs, between: str) -> list[str]:
    """``loss: 0.1234`` and so on; the loss first, then metrics, then validation.

    What is logged of single layers, ``<layer>/<name>``, is for the history: a line has no room.
    """
    order = ordered(key for key in logs if "/" not in key)
    return [f"{key}{between}{number_of(logs[key])}" for key in order]


def ordered(keys: Iterable[str]) -> list[str]:
    """Names of losses and metrics in the order in which they are shown."""
    return sorted(keys, key=lambda key: (key.startswith("val_"), not key.endswith("loss"), key))


def number_of(value: Any) -> str:
    """A number of the logs as it is shown."""
    if not isinstance(value, float):
        return str(value)
    small = value != 0 and abs(value) < 1e-3
    large = abs(value) >= 1e5
    return f"{value:.4e}" if small or large else f"{value:.4f}"
