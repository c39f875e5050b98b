"""When a training has to stop: a time limit, and Ctrl-C."""

from __future__ import annotations

import math
import signal
import time
from types import FrameType

from trimtab.core.interrupts import InterruptHandler

__all__ = ["Limits", "Pause"]


class Pause(KeyboardInterrupt):
    """Ends training between two steps, the way Ctrl-C does."""


class Limits(InterruptHandler):
    """A time limit, and Ctrl-C.

    Inside the ``with`` block, once a network trains, the first Ctrl-C is noted and takes effect
    between two steps. A second one raises KeyboardInterrupt at once, and so does one before
    training. A second SIGTERM or SIGHUP, which commands treat as Ctrl-C, changes nothing: a closing
    terminal may send several. In threads other than the main one, to which Python delivers no
    signals, nothing changes.

    Args:
        seconds: from the first :meth:`start` on; None: no limit.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self.interrupted = False
        self._asked = False
        self._started = False
        self._end: float | None = None
        self._deadline = math.inf

    def start(self, share: float = 1.0) -> None:
        """Begins a network, which may take this share of the remaining time."""
        self._started = True
        if self.seconds is None:
            return
        now = time.monotonic()
        self._end = now + self.seconds if self._end is None else self._end
        self._deadline = now + share * max(self._end - now, 0.0)

    @property
    def reason(self) -> str | None:
        """Why to stop now (``interrupted`` or ``time``), or None."""
        if self.interrupted:
            return "interrupted"
        return "time" if time.monotonic() >= self._deadline else None

    def ask(self) -> None:
        """Asks for what Ctrl-C does, once the epoch is over; any thread may."""
        self._asked = True

    def epoch_over(self) -> None:
        """Says that an epoch is over: what was asked for takes effect."""
        if self._asked:
            self.interrupted = True

    @property
    def left(self) -> float:
        """Seconds to the limit."""
        return max(self._deadline - time.monotonic(), 0.0)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Notes the first interrupt of a training; another Ctrl-C ends it at once."""
        if not self._started or (self.interrupted and number == signal.SIGINT):
            self.pass_on(number, frame)
        self.interrupted = True
