"""Ctrl-C, put off until what is under way on the device has come back."""

from __future__ import annotations

from types import FrameType, TracebackType
from typing import Self

from trimtab.core.interrupts import InterruptHandler


class Interrupts(InterruptHandler):
    """Inside, SIGINT is only noted; :meth:`deliver` does then what it would have done.

    A call that trains takes the old weights apart (their memory is given to the new ones): an
    exception between the call and the assignment of its result would leave an engine without any.
    In threads other than the main one, where Python delivers no signals, nothing is changed.
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
        """Raises KeyboardInterrupt (or does whatever the program's own handler does) if noted."""
        if self._pending is not None:
            number, frame = self._pending
            self._pending = None
            self._before(number, frame)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Remembers the interrupt."""
        self._pending = (number, frame)
