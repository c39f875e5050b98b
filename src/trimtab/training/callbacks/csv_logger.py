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
    flushed at once.

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

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.release()
        self._keys = None
        self._header = not (
            self.append and self.filename.exists() and self.filename.stat().st_size > 0
        )
        # Of several processes that train together one writes.
        path = self.filename if distributed.is_main() else Path(os.devnull)
        self._file = path.open("a" if self.append else "w", newline="", encoding="utf-8")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        assert self._file is not None
        writer: Any = csv.writer(self._file, delimiter=self.separator)
        if self._keys is None:
            self._keys = sorted(logs)
            if not any(key.startswith("val_") for key in self._keys):
                self._keys += [f"val_{key}" for key in self._keys]
            if self._header:
                writer.writerow(["epoch", *self._keys])
        writer.writerow([epoch, *(logs.get(key, "NA") for key in self._keys)])
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.release()

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
