"""Lowers the learning rate when a monitored number no longer improves."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core.words import brief
from trimtab.distributed import say
from trimtab.errors import InvalidArgument
from trimtab.training.callback import Logs
from trimtab.training.callbacks.learning_rate_scheduler import refuse_schedule
from trimtab.training.callbacks.monitor import MonitorCallback


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by ``factor`` after ``patience`` epochs without improvement.

    Adds ``learning_rate`` to the logs: the rate the epoch was trained with.

    Args:
        monitor: key of the logs.
        factor: at least 0 and below 1.
        patience: epochs without improvement before a reduction.
        verbose: 1 prints each reduction.
        mode: ``auto``, ``min`` or ``max``.
        min_delta: smallest change that counts as an improvement.
        cooldown: epochs after a reduction in which ``patience`` is not counted.
        min_lr: lowest learning rate.

    Raises:
        InvalidArgument: ``factor`` is not at least 0 and below 1, or the optimizer follows a
            schedule.

    Example:
        >>> import trimtab
        >>> slower = trimtab.callbacks.ReduceLROnPlateau(factor=0.5, patience=5)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if not 0 <= factor < 1:
            raise InvalidArgument(
                "ReduceLROnPlateau: factor must be at least 0 and below 1, received "
                f"{brief(factor)}. "
                "Use factor=0.5 to halve the learning rate."
            )
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.cooldown_counter = 0
        self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether ``cooldown`` is running after a reduction."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        refuse_schedule(self.model.optimizer, "ReduceLROnPlateau")
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0
        self._sign = 0

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "wait": self.wait, "cooldown": self.cooldown_counter}

    def set_state(self, state: dict[str, Any]) -> None:
        self.best, self.wait = state["best"], state["wait"]
        self.cooldown_counter = state["cooldown"]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.direction()
        logs = {} if logs is None else logs
        optimizer = self.model.optimizer
        rate = float(optimizer.learning_rate)
        logs["learning_rate"] = rate
        value = self.value_in(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(value, self.best):
            self.best = value
            self.wait = 0
            return
        if self.in_cooldown():
            return
        self.wait += 1
        if self.wait >= self.patience and rate > np.float32(self.min_lr):
            lower = max(rate * self.factor, self.min_lr)
            optimizer.learning_rate = lower
            if self.verbose > 0:
                say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {lower}.")
            self.cooldown_counter = self.cooldown
            self.wait = 0
