"""A temporary handler for Ctrl-C."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["InterruptHandler"]


class InterruptHandler:
    """Inside ``with``, SIGINT goes to :meth:`note`; then the previous handler is back.

    Nothing changes outside the main thread, where Python delivers no signals, or if the program
    ignores SIGINT.

    Example:
        >>> import signal
        >>> class Counter(InterruptHandler):
        ...     seen = 0
        ...     def note(self, number, frame):
        ...         self.seen += 1
        >>> with Counter() as counter:
        ...     signal.raise_signal(signal.SIGINT)
        >>> counter.seen
        1
    """

    _before: Any = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """Called for each SIGINT, like a handler of :mod:`signal`."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._before = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.getsignal(signal.SIGINT)
            if callable(self._before):
                signal.signal(signal.SIGINT, self.note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if callable(self._before):
            signal.signal(signal.SIGINT, self._before)
