"""HTTP as uvicorn reads it, with limits on what comes before a request's body.

The body is limited where it is read; the lines before it never reach the application.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["HEAD_BYTES", "HEAD_SECONDS", "LimitedProtocol"]

#: Bytes that may come before a request is complete up to its body.
HEAD_BYTES = 1 << 16

#: Seconds that they may take.
HEAD_SECONDS = 10.0


class LimitedProtocol(HttpToolsProtocol):
    """One connection: heads that are too long or too slow end it."""

    _head = True
    _began = False  # a head, within the bytes that came last
    _bytes = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whether the connection stays open: who sends no more may still wait for an answer."""
        return self.cycle is not None and not self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        self._began = False
        super().data_received(data)
        if self._head and not self._began and not self.transport.is_closing():
            self._bytes += len(data)
            if self._bytes > HEAD_BYTES:
                self._refuse(f"The lines before a body may have {HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        self._head, self._began, self._bytes = True, True, 0
        if self._timer is None:
            self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head = False
        self._done()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _done(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self._refuse(f"A request must begin within {HEAD_SECONDS:g} seconds.")

    def _refuse(self, why: str) -> None:
        self._done()
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering:  # an answer is on its way: nothing may stand within it
            self.transport.close()
        else:
            self.send_400_response(why)
