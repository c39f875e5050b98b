"""Several callbacks called as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from trimtab.core.words import brief
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument
from trimtab.training.callback import (
    PREDICT_BATCH_HOOKS,
    TEST_BATCH_HOOKS,
    Callback,
    Logs,
    overrides,
    plain_logs,
)
from trimtab.training.history import History
from trimtab.training.progress_choice import make_progress
from trimtab.training.settings import FitSettings

__all__ = ["CallbackList"]


class CallbackList(Callback):
    """Several callbacks called in order, each with the same dict of logs.

    Args:
        callbacks: one callback, a list of them, or None.
        add_history: add a :class:`History` if there is none.
        add_progbar: add a progress display.
        model: passed to every callback.
        params: passed to every callback.
    """

    def __init__(
        self,
        callbacks: Callback | Iterable[Callback] | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks = list(_flatten(callbacks))
        if add_history and not any(hasattr(c, "is_history") for c in self.callbacks):
            self.callbacks.append(History())
        if add_progbar:
            self.callbacks.append(make_progress(params.get("verbose", "auto")))
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def append(self, callback: Callback) -> None:
        """Adds one at the end."""
        self.callbacks.append(callback)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        self.model = model
        for callback in self.callbacks:
            callback.set_model(model)

    def set_rows(self, rows: Rows) -> None:
        for callback in self.callbacks:
            callback.set_rows(rows)

    def need_no_rows(self, what: str) -> None:
        """Refuses callbacks that look at the rows before training, where these come in batches.

        Args:
            what: the batches come from.
        """
        for callback in self.callbacks:
            if callback.needs_rows and overrides(callback, ("set_rows",)):
                raise InvalidArgument(
                    f"{type(callback).__name__} reads the rows before training, and they come in "
                    f"batches from the {what}. Pass arrays to fit, or leave it out."
                )

    def set_fit(
        self, settings: FitSettings, validation: Rows | None, callbacks: Sequence[Callback]
    ) -> None:
        for callback in self.callbacks:
            callback.set_fit(settings, validation, callbacks)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._call("on_train_begin", logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._call("on_train_end", logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_epoch_end", epoch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_train_batch_end", batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._call("on_test_begin", logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._call("on_test_end", logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_test_batch_end", batch, logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._call("on_predict_begin", logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._call("on_predict_end", logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_numbered("on_predict_batch_end", batch, logs)

    def wants_train_batches(self) -> bool:
        return any(callback.wants_train_batches() for callback in self.callbacks)

    def wants_epochs(self) -> bool:
        return any(callback.wants_epochs() for callback in self.callbacks)

    def wants_steps(self) -> bool:
        return any(callback.wants_steps() for callback in self.callbacks)

    def watch_steps(self, steps: int, loss: float) -> None:
        for callback in self.callbacks:
            if callback.wants_steps():
                callback.watch_steps(steps, loss)

    def wants_test_batches(self) -> bool:
        """Whether a callback overrides a batch hook of evaluation."""
        return any(overrides(callback, TEST_BATCH_HOOKS) for callback in self.callbacks)

    def wants_predict_batches(self) -> bool:
        """Whether a callback overrides a batch hook of prediction."""
        return any(overrides(callback, PREDICT_BATCH_HOOKS) for callback in self.callbacks)

    def release(self) -> None:
        """Releases every callback, even where one of them fails; then raises the first failure."""
        failures = []
        for callback in self.callbacks:
            try:
                callback.release()
            except Exception as failure:  # noqa: BLE001 (raised again below)
                failures.append(failure)
        if failures:
            raise failures[0]

    def __iter__(self) -> Iterator[Callback]:
        return iter(self.callbacks)

    def _call(self, hook: str, logs: Logs | None) -> None:
        shared = plain_logs(logs)
        for callback in self.callbacks:
            getattr(callback, hook)(shared)

    def _call_numbered(self, hook: str, number: int, logs: Logs | None) -> None:
        shared = plain_logs(logs)
        for callback in self.callbacks:
            # Epoch hooks get logs by position and batch hooks by name, as users' overrides (and
            # functions given to LambdaCallback) may name their arguments as they like.
            if hook.startswith("on_epoch"):
                getattr(callback, hook)(number, shared)
            else:
                getattr(callback, hook)(number, logs=shared)


def _flatten(callbacks: Any) -> Iterator[Callback]:
    if callbacks is None:
        return
    if isinstance(callbacks, CallbackList):
        yield from callbacks.callbacks
    elif isinstance(callbacks, Callback):
        yield callbacks
    elif isinstance(callbacks, list | tuple | set):
        for item in callbacks:
            yield from _flatten(item)
    else:
        hint = ""
        if isinstance(callbacks, type) and issubclass(callbacks, Callback):
            hint = f" Add parentheses: {callbacks.__name__}()."
        elif type(callbacks).__module__.split(".")[0] in ("keras", "tensorflow"):
            hint = f" Use trimtab.callbacks.{type(callbacks).__name__} if it is there."
        raise InvalidArgument(
            "callbacks must be trimtab.callbacks.Callback objects, received "
            f"{brief(callbacks)}.{hint}"
        )
