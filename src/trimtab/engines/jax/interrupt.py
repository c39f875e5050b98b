"""Delays Ctrl-C until the current call of the devices has returned."""

from __future__ import annotations

from types import FrameType, TracebackType
from typing import Self

from trimtab.core.interrupts import InterruptHandler


class Interrupts(InterruptHandler):
    """Inside ``with``, Ctrl-C is only noted; :meth:`deliver` passes it on.

    A call that trains gives the memory of the old weights to the new ones, so an exception between
    the call and the assignment of its result would leave the engine without weights. Nothing
    changes outside the main thread, where Python delivers no signals.
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
        """Calls the previous handler, which raises KeyboardInterrupt, if an interrupt was noted."""
        if self._pending is not None:
            number, frame = self._pending
            self._pending = None
            self.pass_on(number, frame)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Notes the interrupt."""
        self._pending = (number, frame)
