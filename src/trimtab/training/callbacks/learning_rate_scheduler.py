"""Sets the learning rate of each epoch by a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.core.words import brief
from trimtab.distributed import say
from trimtab.errors import InvalidArgument
from trimtab.training.callback import Callback, Logs


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch to ``schedule(epoch, learning_rate)``.

    Adds ``learning_rate`` to the logs.

    Args:
        schedule: a function that takes the epoch (from 0) and the current rate and returns the new
            rate as a float; it may take the epoch alone.
        verbose: 1 prints each rate.

    Raises:
        InvalidArgument: the schedule returns something else than a float, or the optimizer follows
            a schedule.

    Example:
        >>> import trimtab
        >>> halve = trimtab.callbacks.LearningRateScheduler(
        ...     lambda epoch, rate: rate / 2 if epoch == 10 else rate
        ... )
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        if not callable(schedule):
            raise InvalidArgument(
                "LearningRateScheduler: schedule must be a function of (epoch, learning_rate), "
                f"received {brief(schedule)}. Schedules of trimtab.schedules belong in the "
                "optimizer: "
                "Adam(learning_rate=schedule)."
            )
        self.schedule = schedule
        self.verbose = verbose

    def on_train_begin(self, logs: Logs | None = None) -> None:
        refuse_schedule(self.model.optimizer, "LearningRateScheduler")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        present = float(optimizer.learning_rate)
        rate = self.schedule(epoch, present) if self._takes_two() else self.schedule(epoch)
        if isinstance(rate, np.ndarray) and rate.ndim == 0:
            rate = float(rate)
        if not isinstance(rate, float | np.floating):
            raise InvalidArgument(
                f"LearningRateScheduler: the schedule must return a float, received {brief(rate)} "
                f"for epoch {epoch}."
            )
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)

    def _takes_two(self) -> bool:
        """Whether the schedule can be called with (epoch, learning_rate)."""
        import inspect

        try:
            inspect.signature(self.schedule).bind(0, 0.0)
        except TypeError:
            return False
        except ValueError:  # a builtin without a signature
            return True
        return True


def refuse_schedule(optimizer: Any, callback: str) -> None:
    """Raises where the optimizer computes its own rate, which a callback would fight."""
    if getattr(optimizer, "schedule", None) is not None:
        raise InvalidArgument(
            f"{callback} sets the learning rate, but the optimizer has a schedule "
            f"({type(optimizer.schedule).__name__}). Use one of the two: a number as the "
            "optimizer's learning_rate, or no such callback."
        )
