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
    _bytes = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._head or self.transport.is_closing():
            return
        if self._timer is None:  # the next request of this connection begins
            self._wait()
        self._bytes += len(data)
        if self._bytes > HEAD_BYTES:
            self._refuse(f"The lines before a body may have {HEAD_BYTES} bytes.")

    def on_headers_complete(self) -> None:
        self._head = False
        self._done()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head, self._bytes = True, 0
        super().on_message_complete()

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
