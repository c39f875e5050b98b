"""What ``fit`` shows while it runs: a live line, one line an epoch, or nothing."""

from __future__ import annotations

import sys
import time
from typing import Any

from trimtab.distributed import is_main
from trimtab.training.callback import Callback, Logs

__all__ = [
    "LineProgress",
    "LiveProgress",
    "Progress",
    "clock",
    "fitting",
    "format_logs",
    "is_live",
    "make_progress",
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

    It is drawn a few times a second, from the training thread: between steps, and after epochs.
    What does not fit the terminal is left out from the right, item by item.
    """

    def __init__(self) -> None:
        super().__init__()
        self._bar: Any = None
        self._task: Any = None
        self._began = 0.0
        self._drawn = 0.0
        self._epoch = 0
        self._done = 0  # steps of this fit
        self._total = 1
        self._items: list[str] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self.release()
        self._bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=10),
            TextColumn("{task.fields[text]}", markup=False),
            console=Console(),
            auto_refresh=False,
        )
        epochs = int(self.params["epochs"])
        self._total = max(1, epochs - self.first_epoch) * int(self.params["steps"])
        self._task = self._bar.add_task(
            "fit", total=self._total, epoch=self.first_epoch + 1, epochs=epochs, text=""
        )
        self._items = []
        self._drawn = 0.0
        self._done = 0
        self._began = time.monotonic()
        self._bar.start()

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
            self._draw(steps, [f"loss {_number(loss)}", *self._items[1:]])

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.release()

    def release(self) -> None:
        if self._bar is not None:
            bar, self._bar = self._bar, None
            spent = clock(time.monotonic() - self._began)
            text = fitting([spent, *self._items], self._room(bar))
            bar.update(self._task, completed=self._done, epoch=self._epoch + 1, text=text)
            bar.stop()  # draws once more

    def _rate(self) -> str:
        return f"lr {float(self.model.optimizer.learning_rate):.3g}"

    def _draw(self, steps: int, items: list[str]) -> None:
        if self._bar is None:
            return
        self._done = (self._epoch - self.first_epoch) * int(self.params["steps"]) + steps
        now = time.monotonic()
        if now - self._drawn < _PERIOD:
            return
        self._drawn = now
        left = (now - self._began) / max(1, self._done) * (self._total - self._done)
        text = fitting([f"{clock(left)} left", *items], self._room(self._bar))
        self._bar.update(self._task, completed=self._done, epoch=self._epoch + 1, text=text)
        self._bar.refresh()

    def _room(self, bar: Any) -> int:
        """Columns of the terminal beside epoch and bar."""
        epochs = str(self.params["epochs"])
        return int(bar.console.width) - len(f"epoch {epochs}/{epochs} ") - 12


def clock(seconds: float) -> str:
    """``1:05``, or ``2:00:00`` from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def fitting(items: list[str], width: int) -> str:
    """As many of the items as fit."""
    text = ""
    for item in items:
        longer = f"{text}  {item}" if text else item
        if len(longer) > width:
            break
        text = longer
    return text


def make_progress(verbose: str | int) -> Progress:
    """The progress display for ``verbose`` 1, 2 or ``auto``.

    Of several processes that train together one shows it.
    """
    if not is_main():
        return Progress()
    live = verbose == 1 or (verbose == "auto" and is_live())
    return LiveProgress() if live and is_live() else LineProgress()


def is_live() -> bool:
    """Whether standard output is a terminal or a notebook, where a line can be drawn again."""
    if "ipykernel" in sys.modules:
        return True
    try:
        return bool(sys.stdout.isatty())
    except (AttributeError, ValueError):
        return False


def format_logs(logs: Logs, between: str) -> list[str]:
    """``loss: 0.1234`` and so on; the loss first, then metrics, then validation.

    What is logged of single layers, ``<layer>/<name>``, is for the history: a line has no room.
    """
    shown = [key for key in logs if "/" not in key]
    order = sorted(shown, key=lambda key: (key.startswith("val_"), not key.endswith("loss"), key))
    return [f"{key}{between}{_number(logs[key])}" for key in order]


def _number(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    small = value != 0 and abs(value) < 1e-3
    large = abs(value) >= 1e5
    return f"{value:.4e}" if small or large else f"{value:.4f}"
