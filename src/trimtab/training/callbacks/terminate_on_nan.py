"""Stops a run that has diverged."""

from __future__ import annotations

import math

from trimtab.distributed import say
from trimtab.training.callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Stops training at the first batch after which the running loss is NaN or infinite.

    Args:
        raise_error: raise ``RuntimeError`` instead of just stopping.

    Example:
        >>> import trimtab
        >>> guard = trimtab.callbacks.TerminateOnNaN()
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"The loss became {loss} at batch {batch}. Training was stopped.")
        say(f"Batch {batch}: the loss became {loss}, training stops.")
        self.model.stop_training = True
