"""Signals that end a program: temporary handlers for Ctrl-C, and for SIGTERM and SIGHUP."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["EndSignals", "HeldInterrupts", "InterruptHandler"]

#: What schedulers and containers send, and what a closed terminal sends (not on Windows).
_TERMINATE = signal.SIGTERM
_HANG_UP: signal.Signals | None = getattr(signal, "SIGHUP", None)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


class _Ended(KeyboardInterrupt):
    """KeyboardInterrupt by another signal.

    After a plain one that left an import, Python ends the process with SIGINT, whatever exit status
    the program asks for.
    """


class EndSignals:
    """Inside ``with``, SIGTERM and SIGHUP end a command as Ctrl-C does: KeyboardInterrupt.

    SIGHUP stays ignored where it was ignored before, as under ``nohup``. Commands use this; a
    library that changed these signals would surprise the program around it. Nothing changes outside
    the main thread, where Python delivers no signals.

    Attributes:
        received: The first signal that asked for the end; None without one.

    Example:
        >>> import signal
        >>> with EndSignals() as signals:
        ...     try:
        ...         signal.raise_signal(signal.SIGTERM)
        ...     except KeyboardInterrupt:
        ...         print(signals.status)
        143
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    @property
    def status(self) -> int:
        """The exit status: 128 plus the number of the signal, as in shells; SIGINT by default."""
        return 128 + int(self.received or signal.SIGINT)

    def end(self, number: int, frame: FrameType | None) -> None:
        """The handler of both signals."""
        self.note(number)
        raise _Ended

    def note(self, number: int) -> None:
        """Remembers which signal came first."""
        self.received = self.received or number

    def __enter__(self) -> Self:
        self.received = None
        self._before = {}
        if _in_main_thread():
            self._take(_TERMINATE)
            if _HANG_UP is not None and signal.getsignal(_HANG_UP) != signal.SIG_IGN:
                self._take(_HANG_UP)
        return self

    def _take(self, number: int) -> None:
        before = signal.getsignal(number)
        if before is not None:  # else it was not set by Python, and could not be given back
            self._before[number] = before
            signal.signal(number, self.end)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)


class InterruptHandler:
    """Inside ``with``, Ctrl-C goes to :meth:`note`; then the previous handler is back.

    So do SIGTERM and SIGHUP where a command has put :class:`EndSignals` around. Nothing changes
    outside the main thread, where Python delivers no signals, or if the program ignores SIGINT.

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

    _before: dict[int, Any]

    def note(self, number: int, frame: FrameType | None) -> None:
        """Called for each signal, like a handler of :mod:`signal`."""
        raise NotImplementedError

    def pass_on(self, number: int, frame: FrameType | None) -> None:
        """Calls the previous handler, which raises KeyboardInterrupt."""
        self._before[number](number, frame)

    def __enter__(self) -> Self:
        self._before = {}
        if _in_main_thread():
            for number in (signal.SIGINT, _TERMINATE, _HANG_UP):
                if number is None:
                    continue
                before = signal.getsignal(number)
                asked = callable(before) if number == signal.SIGINT else _ends(before)
                if asked:
                    self._before[number] = before
                    signal.signal(number, self._receive)
        return self

    def _receive(self, number: int, frame: FrameType | None) -> None:
        command = self.command(number)
        if command is not None:
            command.note(number)
        self.note(number, frame)

    def command(self, number: int) -> EndSignals | None:
        """The command around, which has to know the signal it ends by."""
        owner = getattr(self._before[number], "__self__", None)
        if isinstance(owner, InterruptHandler):
            return owner.command(number)
        return owner if isinstance(owner, EndSignals) else None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)


class HeldInterrupts(InterruptHandler):
    """Inside ``with``, Ctrl-C waits for :meth:`deliver`, or for the end; a second one does not.

    Example:
        >>> import signal
        >>> with HeldInterrupts() as held:
        ...     signal.raise_signal(signal.SIGINT)
        ...     print("this is done first")
        ...     try:
        ...         held.deliver()
        ...     except KeyboardInterrupt:
        ...         print("then it ends")
        this is done first
        then it ends
    """

    def __enter__(self) -> Self:
        self._pending: tuple[int, FrameType | None] | None = None
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is None:
            self.deliver()

    def deliver(self) -> None:
        """Calls the previous handler, which raises KeyboardInterrupt, if an interrupt waits."""
        if self._pending is not None:
            number, frame = self._pending
            self._pending = None
            self.pass_on(number, frame)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Lets the first interrupt wait."""
        if self._pending is not None:
            self.pass_on(number, frame)
        self._pending = (number, frame)


def _ends(handler: Any) -> bool:
    """Whether a handler is one of this module."""
    return isinstance(getattr(handler, "__self__", None), EndSignals | InterruptHandler)
