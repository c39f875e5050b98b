"""Saves the model while it trains."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from trimtab import distributed
from trimtab.core.container import checked_path
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.training.callback import Callback, Logs
from trimtab.training.callbacks.monitor import MonitorCallback


class ModelCheckpoint(MonitorCallback):
    """Saves the model after every epoch, every few batches, or only when it improved.

    A saved file resumes exactly: ``model = trimtab.load_model(path)`` and ``model.fit(...,
    initial_epoch=e)``, with the epoch it stopped in, end with the same bits as a run that was never
    stopped, even if the file was saved in the middle of an epoch. What callbacks remember is not in
    it: :class:`BackupAndRestore` keeps a whole run.

    Args:
        filepath: the file. May contain ``{epoch}`` (from 1), ``{batch}`` (from 1, only if
            ``save_freq`` is a number) and keys of the logs, as in
            ``{epoch:02d}-{val_loss:.2f}``. ``.trimtab`` is added if there is no extension;
            ``.keras``, and ``.weights.h5`` for weights only, are files that Keras 3 loads, too.
            Missing folders are created.
        monitor: key of the logs, for ``save_best_only``.
        verbose: 1 prints each decision.
        save_best_only: save only on an improvement.
        save_weights_only: save the weights and the optimizer, without the architecture.
        mode: ``auto``, ``min`` or ``max``.
        save_freq: ``"epoch"``, or a number of batches.
        initial_value_threshold: value that the first epoch has to beat.

    Raises:
        InvalidArgument: ``save_freq`` is neither ``"epoch"`` nor a positive integer, the extension
            is another one of Keras' formats, or the logs lack a key in ``filepath``.

    Example:
        >>> import trimtab
        >>> best = trimtab.callbacks.ModelCheckpoint("best.trimtab", save_best_only=True)
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        good = save_freq == "epoch" or (
            isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        )
        if not good:
            raise InvalidArgument(
                "ModelCheckpoint: save_freq must be 'epoch' or a positive number of batches, "
                f"received {brief(save_freq)}."
            )
        self.filepath = os.fspath(filepath)
        if not self.filepath.lower().endswith(".weights.h5" if save_weights_only else ".keras"):
            checked_path(self.filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._unsaved = 0
        self._epoch = 0

    def wants_train_batches(self) -> bool:
        if type(self).on_train_batch_end is not ModelCheckpoint.on_train_batch_end:
            return True
        return self.save_freq != "epoch" or type(self).on_batch_end is not Callback.on_batch_end

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._sign = 0

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "unsaved": self._unsaved}

    def set_state(self, state: dict[str, Any]) -> None:
        self.best, self._unsaved = state["best"], state["unsaved"]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        super().on_train_batch_end(batch, logs)
        if self.save_freq == "epoch":
            return
        self._unsaved += 1
        if self._unsaved >= int(self.save_freq):
            self._unsaved = 0
            self._save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        path = self._path(epoch, batch, logs)
        if self.save_best_only:
            self.direction()
            value = self.value_in(logs)
            if value is not None:
                before = "none" if self.best is None else f"{self.best:.5f}"
                if not self.is_improvement(value, self.best):
                    self._say(epoch, f"{self.monitor} did not improve from {before}")
                    return
                self.best = value
                self._say(epoch, f"{self.monitor} improved from {before} to {value:.5f}")
        if distributed.is_main():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        self._say(epoch, f"saved to {path}")

    def _path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        names = {**logs, "epoch": epoch + 1}
        if batch is not None:
            names.setdefault("batch", batch + 1)
        try:
            return self.filepath.format(**names)
        except (KeyError, IndexError, ValueError) as problem:
            raise InvalidArgument(
                f"ModelCheckpoint: filepath {self.filepath!r} cannot be filled in ({problem}). "
                f"There are: {', '.join(names)}."
            ) from None

    def _say(self, epoch: int, text: str) -> None:
        if self.verbose > 0:
            distributed.say(f"Epoch {epoch + 1}: {text}")
