"""What ``fit`` shows while it runs: a live line, one line an epoch, or nothing."""

from __future__ import annotations

import sys
import time
from typing import Any

from trimtab.training.callbacks.base import Callback, Logs

__all__ = ["LineProgress", "LiveProgress", "Progress", "format_logs", "is_live", "make_progress"]

#: Seconds between two drawings of the live line.
_PERIOD = 0.2


class Progress(Callback):
    """Base: what the loop tells whoever shows progress."""

    #: Whether it wants to look in between the steps of an epoch.
    wants_steps = False
    #: Number of the first epoch, from 0.
    first_epoch = 0

    def tick(self, steps: int, loss: float) -> None:
        """Batches done of this epoch, and their mean loss."""


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
    """

    wants_steps = True

    def __init__(self) -> None:
        super().__init__()
        self._bar: Any = None
        self._task: Any = None
        self._drawn = 0.0
        self._epoch = 0
        self._text = ""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self.release()
        self._bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[text]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            auto_refresh=False,
        )
        epochs = int(self.params["epochs"])
        self._task = self._bar.add_task(
            "fit",
            total=max(0, epochs - self.first_epoch) * int(self.params["steps"]),
            epoch=self.first_epoch + 1,
            epochs=epochs,
            text="",
        )
        self._text = ""
        self._drawn = 0.0
        self._bar.start()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = dict(logs or {})
        logs.pop("learning_rate", None)
        self._text = "  ".join([*format_logs(logs, " "), self._rate()])
        self._draw(int(self.params["steps"]), self._text)

    def tick(self, steps: int, loss: float) -> None:
        if steps > 0 and time.monotonic() - self._drawn >= _PERIOD:
            # The validation numbers of the epoch before stay in view meanwhile.
            before = self._text.split("  ")[1:-1] if self._text else []
            self._draw(steps, "  ".join([f"loss {loss:.4g}", *before, self._rate()]))

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.release()

    def release(self) -> None:
        if self._bar is not None:
            bar, self._bar = self._bar, None
            bar.refresh()
            bar.stop()

    def _rate(self) -> str:
        optimizer = getattr(self.model, "optimizer", None)
        return "" if optimizer is None else f"lr {float(optimizer.learning_rate):.3g}"

    def _draw(self, steps: int, text: str) -> None:
        if self._bar is None:
            return
        done = (self._epoch - self.first_epoch) * int(self.params["steps"]) + steps
        self._bar.update(self._task, completed=done, epoch=self._epoch + 1, text=text)
        if time.monotonic() - self._drawn >= _PERIOD:
            self._drawn = time.monotonic()
            self._bar.refresh()


def make_progress(verbose: str | int) -> Progress:
    """The progress display for ``verbose`` 1, 2 or ``auto``."""
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
    """``loss: 0.1234`` and so on; the loss first, then metrics, then validation."""
    order = sorted(logs, key=lambda key: (key.startswith("val_"), not key.endswith("loss"), key))
    return [f"{key}{between}{_number(logs[key])}" for key in order]


def _number(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    small = value != 0 and abs(value) < 1e-3
    large = abs(value) >= 1e5
    return f"{value:.4e}" if small or large else f"{value:.4f}"
