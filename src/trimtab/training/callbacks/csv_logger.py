"""Writes the logs of each epoch to a CSV file."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any, TextIO

from trimtab import distributed
from trimtab.training.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes one line per epoch to a CSV file: its number (from 0) and its logs.

    The columns are the logs of the first epoch in alphabetical order, with a ``val_`` column for
    each if the first epoch has no validation. A missing number is written ``NA``. Each line is
    flushed at once. A run that is resumed goes on in the file, behind the epochs that it has done.

    Args:
        filename: the file; overwritten unless ``append``.
        separator: between columns.
        append: append to the file; the header is written once.

    Example:
        >>> import trimtab
        >>> log = trimtab.callbacks.CSVLogger("training.csv")
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = Path(filename)
        self.separator = separator
        self.append = append
        self._file: TextIO | None = None
        self._keys: list[str] | None = None
        self._header = True
        self._resumed_at: int | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.release()
        self._keys = None
        self._header = not (self.append and self._size() > 0)
        self._resumed_at = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._opened()

    def get_state(self) -> dict[str, Any]:
        return {"keys": self._keys, "header": self._header, "size": self._size()}

    def set_state(self, state: dict[str, Any]) -> None:
        self.release()
        self._keys, self._header = state["keys"], state["header"]
        self._resumed_at = state["size"]

    def _size(self) -> int:
        return self.filename.stat().st_size if self.filename.exists() else 0

    def _opened(self) -> TextIO:
        """The file. It is opened late: a run that is resumed goes on in the one that is there."""
        if self._file is None:
            # Of several processes that train together one writes.
            path = self.filename if distributed.is_main() else Path(os.devnull)
            resumed = self._resumed_at is not None
            self._file = path.open(
                "a" if self.append or resumed else "w", newline="", encoding="utf-8"
            )
            if resumed and distributed.is_main() and self._size() > (self._resumed_at or 0):
                self._file.truncate(self._resumed_at)  # epochs that are trained again
        return self._file

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        file = self._opened()
        writer: Any = csv.writer(file, delimiter=self.separator)
        if self._keys is None:
            self._keys = sorted(logs)
            if not any(key.startswith("val_") for key in self._keys):
                self._keys += [f"val_{key}" for key in self._keys]
            if self._header:
                writer.writerow(["epoch", *self._keys])
        writer.writerow([epoch, *(logs.get(key, "NA") for key in self._keys)])
        file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._opened()
        self.release()

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
