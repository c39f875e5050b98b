"""The base class of callbacks, and what is asked about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.named_arguments import constructor
from trimtab.engines.base import Rows

if TYPE_CHECKING:
    from trimtab.training.settings import FitSettings

__all__ = [
    "EPOCH_HOOKS",
    "PREDICT_BATCH_HOOKS",
    "TEST_BATCH_HOOKS",
    "TRAIN_BATCH_HOOKS",
    "Callback",
    "Logs",
    "overrides",
    "plain_logs",
]

#: What hooks receive: numbers by name.
Logs = dict[str, Any]

EPOCH_HOOKS = ("on_epoch_begin", "on_epoch_end")
TRAIN_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
TEST_BATCH_HOOKS = ("on_test_batch_begin", "on_test_batch_end")
PREDICT_BATCH_HOOKS = ("on_predict_batch_begin", "on_predict_batch_end")


class Callback:
    """Base class of callbacks. Subclass it and override the hooks you need.

    Hooks at the beginning receive empty logs. ``on_train_batch_end`` receives the means of the
    epoch so far, ``on_epoch_end`` those of the epoch, validation included. Set
    ``self.model.stop_training = True`` to end training after the current batch or epoch.

    A callback that overrides a batch hook makes each batch a call of the engine: the results are
    the same, but training is slower.

    Attributes:
        model: the model that is trained.
        params: ``epochs``, ``steps`` and ``verbose`` of this run.

    Example:
        >>> import trimtab
        >>> class Stop(trimtab.callbacks.Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         if logs["loss"] < 0.1:
        ...             self.model.stop_training = True
    """

    model: Any
    params: dict[str, Any]

    #: Whether it cannot do without :meth:`set_rows`, which rows that come in batches leave out.
    needs_rows = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__.startswith("trimtab."):
            constructor(cls)

    def __init__(self) -> None:
        self.model = None
        self.params = {}

    def set_params(self, params: dict[str, Any]) -> None:
        """Receives ``epochs``, ``steps`` and ``verbose``."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Receives the model before training."""
        self.model = model

    def set_rows(self, rows: Rows) -> None:
        """Receives the converted rows of ``fit`` (``x``, ``y``, ``weight``) before training.

        A callback that keeps them should drop them in :meth:`release`: they may be large.
        """

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, with its logs; also if Ctrl-C ends training."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch; ``epoch`` counts from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Another name for :meth:`on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Another name for :meth:`on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training batch; ``batch`` counts from 0 in each epoch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training batch."""
        self.on_batch_end(batch, logs=logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before ``evaluate`` and before each validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After ``evaluate`` and after each validation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of ``evaluate`` or of validation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of ``evaluate`` or of validation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before ``predict``."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After ``predict``."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of ``predict``."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of ``predict``; ``logs["outputs"]`` are its predictions."""

    # -- a run that is stopped and resumed ----------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        """What this callback remembers between two steps, for a run that is resumed.

        Override it, and :meth:`set_state`, in a callback that remembers something: numbers, texts,
        arrays, and lists and dicts of these. :class:`~trimtab.callbacks.BackupAndRestore` keeps it
        with the model.

        Example:
            >>> import trimtab
            >>> class Count(trimtab.callbacks.Callback):
            ...     def on_train_begin(self, logs=None):
            ...         self.batches = 0
            ...
            ...     def on_train_batch_end(self, batch, logs=None):
            ...         self.batches += 1
            ...
            ...     def get_state(self):
            ...         return {"batches": self.batches}
            ...
            ...     def set_state(self, state):
            ...         self.batches = state["batches"]
        """
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Receives what :meth:`get_state` returned, in a run that is resumed.

        It is called after :meth:`on_train_begin`; inside an epoch once more, after
        :meth:`on_epoch_begin`, which the run had been through before it was kept.
        """

    # -- for trimtab's own callbacks ----------------------------------------------------------

    def wants_train_batches(self) -> bool:
        """Whether this callback needs each batch to be a call of its own."""
        return overrides(self, TRAIN_BATCH_HOOKS)

    def wants_epochs(self) -> bool:
        """Whether this callback may look at the model between epochs, or end training there.

        If no callback does, the engine may train several epochs before their hooks are called.
        """
        return overrides(self, EPOCH_HOOKS)

    def draws(self) -> bool:
        """Whether it draws the progress of a fit itself, which then shows no other.

        Called before training, and before every other hook.
        """
        return False

    def wants_steps(self) -> bool:
        """Whether :meth:`watch_steps` should be called during an epoch."""
        return False

    def watch_steps(self, steps: int, loss: float) -> None:
        """Called now and then between two steps of an epoch, without slowing it down.

        A KeyboardInterrupt raised here ends training as Ctrl-C does: after the step, where it can
        be resumed exactly.

        Args:
            steps: batches of this epoch that are done.
            loss: their mean loss.
        """

    def set_fit(
        self, settings: FitSettings, validation: Rows | None, callbacks: Sequence[Callback]
    ) -> None:
        """Receives the other arguments of ``fit`` before training, after :meth:`set_rows`.

        Args:
            settings: batch size, number of epochs, ...
            validation: converted rows to validate on, or None.
            callbacks: all of the fit.
        """

    def release(self) -> None:
        """Called at the end of training, even after an error in another callback.

        If :meth:`on_train_end` is called, it is called before.
        """


def plain_logs(logs: Logs | None) -> Logs:
    """A new dict in alphabetical order, its numbers plain Python floats."""
    return {
        key: float(value) if isinstance(value, int | float | np.number) else value
        for key, value in sorted((logs or {}).items())
    }


def overrides(callback: Callback, hooks: tuple[str, ...]) -> bool:
    """Whether one of these hooks is not the empty one of :class:`Callback`."""
    return any(
        getattr(getattr(callback, hook), "__func__", None) is not getattr(Callback, hook)
        for hook in hooks
    )
