"""Delays Ctrl-C until the current call of the devices has returned."""

from __future__ import annotations

from types import FrameType

from trimtab.core.interrupts import HeldInterrupts


class Interrupts(HeldInterrupts):
    """Inside ``with``, Ctrl-C waits for :meth:`deliver`, however often it is pressed.

    A call that trains gives the memory of the old weights to the new ones, so an exception between
    the call and the assignment of its result would leave the engine without weights. Nothing
    changes outside the main thread, where Python delivers no signals.
    """

    def note(self, number: int, frame: FrameType | None) -> None:
        """Lets the interrupt wait."""
        self._pending = (number, frame)
