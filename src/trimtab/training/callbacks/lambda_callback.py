"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.training.callback import Callback


class LambdaCallback(Callback):
    """Runs given functions at given hooks.

    Args:
        on_epoch_begin, on_epoch_end: called with ``(epoch, logs)``.
        on_train_begin, on_train_end: called with ``(logs)``.
        on_train_batch_begin, on_train_batch_end: called with ``(batch, logs=logs)``.
        hooks: any other hook of :class:`Callback` by its name.

    Raises:
        InvalidArgument: a hook does not exist, or what is given for it is not a function.

    Example:
        >>> import trimtab
        >>> shout = trimtab.callbacks.LambdaCallback(
        ...     on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"])
        ... )
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **hooks: Callable[..., Any] | None,
    ) -> None:
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **hooks,
        }
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in hooks.items():
            if name not in known:
                raise InvalidArgument(
                    f"LambdaCallback: {name!r} is not a hook. Hooks are: {', '.join(known)}."
                )
            if function is None:
                continue
            if not callable(function):
                raise InvalidArgument(
                    f"LambdaCallback: {name} must be a function, received {brief(function)}."
                )
            setattr(self, name, function)
