"""Stops when a monitored number no longer improves."""

from __future__ import annotations

from typing import Any

from trimtab.core.types import Floats
from trimtab.distributed import say
from trimtab.training.callback import Logs
from trimtab.training.callbacks.monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stops training when ``monitor`` has not improved for ``patience`` epochs.

    With ``restore_best_weights``, the model ends with the weights (moving statistics included) of
    its best epoch, however training stops: early, at the last epoch, by Ctrl-C or by an error. NaN
    is never best: if every epoch is NaN, the weights stay as they are.

    :class:`BackupAndRestore` keeps best value, best weights and the epochs waited so far. To resume
    a stopped run by hand, pass what :meth:`get_state` returned before to :meth:`set_state`.

    Args:
        monitor: key of the logs.
        min_delta: smallest change that counts as an improvement; a tie does not.
        patience: epochs without improvement before training stops.
        verbose: 1 prints when it stops and what it restores.
        mode: ``auto``, ``min`` or ``max``.
        baseline: value that has to be beaten for an epoch to reset ``patience``.
        restore_best_weights: whether to end with the weights of the best epoch.
        start_from_epoch: number of epochs at the start that are ignored.

    Raises:
        InvalidArgument: ``mode`` is ``auto`` and the direction of the metric is not known.

    Example:
        >>> import trimtab
        >>> stop = trimtab.callbacks.EarlyStopping(patience=20, restore_best_weights=True)
    """

    _training = False  # of those that were pickled before, too

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._next: dict[str, Any] | None = None  # what the next fit begins with
        self._reset()

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[Floats] | None = None

    def get_state(self) -> dict[str, Any]:
        """The state: ``best``, ``best_epoch``, ``wait`` and ``best_weights``.

        ``best_weights`` are arrays, or None after :meth:`on_train_end` has restored them.
        """
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "wait": self.wait,
            "best_weights": self.best_weights,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on from what :meth:`get_state` returned, in this ``fit`` or in the next one."""
        if self._training:
            self._take(state)
        else:
            self._next = dict(state)

    def _take(self, state: dict[str, Any]) -> None:
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.wait, self.best_weights = state["wait"], state["best_weights"]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()
        self._sign = 0
        self._training = True
        if self._next is not None:
            state, self._next = self._next, None
            self._take(state)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.direction()
        value = self.value_in(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.is_improvement(value, self.best):
            self.best = value
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_improvement(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        self.release()

    def release(self) -> None:
        self._training = False
        best = self.best_weights
        if best is None:
            return
        self.best_weights = None
        if self.verbose > 0:
            say(f"Restoring the weights of the best epoch: {self.best_epoch + 1}.")
        self.model.set_weights(best)
