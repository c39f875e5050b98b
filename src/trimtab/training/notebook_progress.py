"""What ``fit`` shows in a notebook: a table of the epochs that is drawn again and again."""

from __future__ import annotations

import time
from html import escape

from trimtab.core.live_line import clock
from trimtab.core.notebook import Display, html_table, text_table
from trimtab.training.callback import Logs
from trimtab.training.progress import Progress, number_of, ordered

__all__ = ["EpochTable", "NotebookProgress"]

#: Seconds between two drawings.
_PERIOD = 0.3

#: Rows that the table has room for; of more epochs it shows the first, the best and the last ones.
_MOST_ROWS = 12


class EpochTable:
    """A row for each epoch, and how far the training is.

    Args:
        epochs: How many there are to be.
    """

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._display = Display()
        self._rows: list[tuple[int, Logs]] = []
        self._drawn = 0.0

    def add(self, epoch: int, logs: Logs) -> None:
        """Adds an epoch, numbered from 1."""
        self._rows.append((epoch, dict(logs)))

    def draw(self, where: str, done: float, *, now: bool = False) -> None:
        """Draws the table, at most a few times a second.

        Args:
            where: What stands above: ``"epoch 3/10, 0:05 left"``.
            done: The share that is done.
            now: Whether to draw in any case.
        """
        moment = time.monotonic()
        if not now and moment - self._drawn < _PERIOD:
            return
        self._drawn = moment
        names, rows, best = self._table()
        head = ["epoch", *names]
        bar = f'<progress value="{min(done, 1.0):.3f}" max="1"></progress> ' if done < 1 else ""
        html = f"<div>{bar}{escape(where)}</div>" + (
            html_table(head, rows, strong=best) if rows else ""
        )
        self._display.show(html, "\n".join([where, text_table(head, rows)] if rows else [where]))

    def clear(self) -> None:
        """Leaves nothing of it."""
        self._display.clear()

    def _table(self) -> tuple[list[str], list[list[str]], int | None]:
        """Columns, rows, and the number of the row with the best validation loss."""
        names = ordered({name for _, logs in self._rows for name in logs})
        best = min(
            (place for place, (_, logs) in enumerate(self._rows) if _valid(logs) is not None),
            key=lambda place: _valid(self._rows[place][1]) or 0.0,
            default=None,
        )
        places = list(range(len(self._rows)))
        if len(places) > _MOST_ROWS:
            kept = {0, *places[-(_MOST_ROWS - 2) :], *([] if best is None else [best])}
            places = sorted(kept)
        rows = [
            [str(self._rows[place][0]), *(_cell(self._rows[place][1], name) for name in names)]
            for place in places
        ]
        return names, rows, None if best is None else places.index(best)


def _valid(logs: Logs) -> float | None:
    """The validation loss, if it is a number."""
    value = logs.get("val_loss")
    return value if isinstance(value, float) and value == value else None


def _cell(logs: Logs, name: str) -> str:
    return number_of(logs[name]) if name in logs else ""


class NotebookProgress(Progress):
    """``verbose=1`` in a notebook."""

    def __init__(self) -> None:
        super().__init__()
        self._table: EpochTable | None = None
        self._began = 0.0
        self._epoch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._table = EpochTable(int(self.params["epochs"]))
        self._began = time.monotonic()
        self._epoch = self.first_epoch

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        shown = {key: value for key, value in (logs or {}).items() if "/" not in key}
        shown.pop("learning_rate", None)
        if self._table is not None:
            self._table.add(epoch + 1, shown)
            self._draw(int(self.params["steps"]))

    def wants_steps(self) -> bool:
        return True

    def watch_steps(self, steps: int, loss: float) -> None:
        if steps > 0:
            self._draw(steps, f"loss {number_of(loss)}, ")

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.release()

    def release(self) -> None:
        if self._table is not None:
            table, self._table = self._table, None
            done = f"{self._epoch + 1} of {self.params['epochs']} epochs"
            table.draw(f"{done} in {clock(time.monotonic() - self._began)}", 1.0, now=True)

    def _draw(self, steps: int, running: str = "") -> None:
        assert self._table is not None
        each = int(self.params["steps"])
        done = (self._epoch - self.first_epoch) * each + steps
        total = max(1, (int(self.params["epochs"]) - self.first_epoch) * each)
        left = (time.monotonic() - self._began) / max(1, done) * (total - done)
        where = f"epoch {self._epoch + 1}/{self.params['epochs']}, {running}{clock(left)} left"
        self._table.draw(where, done / total)
