"""A small server for pages of this machine, made of the standard library.

It listens on 127.0.0.1 alone, answers nobody who does not know the token in its address, and takes
nothing from a request but the names of what it offers. A page on another site, which a browser on
this machine may show, gets nothing: its requests name another origin, or, after DNS rebinding,
another host.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import socket
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument, TrimtabError
from trimtab.live.log import Log

__all__ = ["Action", "LocalServer", "Resource"]

#: Names that lead to this machine, whatever a network says.
_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)

#: Connections at a time, bytes of a body, seconds without a byte.
CONNECTIONS, BODY, PATIENCE = 32, 1 << 16, 10.0

#: Seconds between two messages to one page at least, and between two signs of life.
PAUSE, SIGN = 0.1, 15.0

#: What every answer says to browsers: nothing from elsewhere, in no frame, guess no types.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Connection": "close",
}


@dataclass(frozen=True)
class Resource:
    """What a server offers under a name.

    Attributes:
        kind: its media type: ``text/html``, ``text/css``, ``text/javascript``.
        text: what it says.
    """

    kind: str
    text: str


#: Receives the body of a request, an object of JSON, and returns another one. What it raises of
#: trimtab's errors is told to the page.
Action = Callable[[dict[str, Any]], Mapping[str, Any]]


class LocalServer:
    """Offers resources, a stream of messages and actions to browsers on this machine.

    The stream is at ``events`` (server-sent events: the data of each is a list of messages), the
    first resource at the empty name. Each request is answered in a thread of its own, which ends
    with the process.

    Args:
        resources: name -> what it offers; names have letters, digits, ``-`` and ``.`` only.
        actions: name -> what a POST of JSON to it does.
        log: what the stream tells.
        port: 0: any that is free.

    Attributes:
        url: the address to open, token included.

    Raises:
        InvalidArgument: the port is in use, or there is no such port.

    Example:
        >>> from urllib.request import urlopen
        >>> with LocalServer({"": Resource("text/html", "<p>Hello")}, {}, Log()) as server:
        ...     urlopen(server.url).read()
        b'<p>Hello'
    """

    def __init__(
        self,
        resources: Mapping[str, Resource],
        actions: Mapping[str, Action],
        log: Log,
        *,
        port: int = 0,
    ) -> None:
        checks.integer("port", port, minimum=0, maximum=65535)
        self.token = secrets.token_urlsafe(16)
        self._served = _Served(resources, actions, log, self.token)
        try:
            self._http = _Http(("127.0.0.1", port), self._served)
        except OSError as problem:
            raise InvalidArgument(
                f"cannot listen on port {port} of this machine: {problem.strerror}. Use another "
                "port, or 0 for any that is free."
            ) from None
        self.url = f"http://127.0.0.1:{self._http.server_port}/{self.token}/"
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.2,), daemon=True, name="trimtab-pages"
        )
        self._thread.start()
        _SERVERS.add(self)

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    @property
    def watched(self) -> bool:
        """Whether a page listens to the stream."""
        return bool(self._served.streams)

    def close(self, seconds: float = 1.0) -> None:
        """Tells the pages the last messages, and ends.

        Args:
            seconds: to wait for slow pages at most.
        """
        self._served.log.close()
        end = time.monotonic() + seconds
        while self._served.streams and time.monotonic() < end:
            time.sleep(0.01)
        if self._thread.is_alive():
            self._http.shutdown()
        self._http.server_close()
        _SERVERS.discard(self)

    def forget(self) -> None:
        """Lets go of the port in a forked child, where no thread serves it."""
        self._http.socket.close()


_SERVERS: weakref.WeakSet[LocalServer] = weakref.WeakSet()


def _forget() -> None:
    for server in list(_SERVERS):
        server.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


class _Served:
    """What the handlers of one server share."""

    def __init__(
        self,
        resources: Mapping[str, Resource],
        actions: Mapping[str, Action],
        log: Log,
        token: str,
    ) -> None:
        self.resources, self.actions, self.log = resources, actions, log
        self.prefix = f"/{token}/".encode()
        self.streams: set[object] = set()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], served: _Served) -> None:
        self.served = served
        self._room = threading.Semaphore(CONNECTIONS)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The library's own asks the network for this machine's name, which may take seconds.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a tab that was closed is no error
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    server: _Http

    def version_string(self) -> str:
        return "trimtab"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Requests are nobody's business."""

    def end_headers(self) -> None:
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.close_connection = True
        super().end_headers()

    def do_GET(self) -> None:
        name = self._name(posts=False)
        if name is None:
            return
        if name == "events":
            self._stream()
            return
        found = self.server.served.resources.get(name)
        if found is None:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "there is nothing under this address."})
        else:
            self._send(HTTPStatus.OK, f"{found.kind}; charset=utf-8", found.text.encode())

    def do_POST(self) -> None:
        name = self._name(posts=True)
        if name is None:
            return
        action = self.server.served.actions.get(name)
        if action is None:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "there is nothing under this address."})
            return
        body = self._body()
        if body is None:
            return
        try:
            said = action(body)
        except TrimtabError as problem:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": str(problem)})
        except Exception:  # noqa: BLE001 - the page must hear of it, whatever it is
            traceback.print_exc()
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "see the terminal."})
        else:
            self._answer(HTTPStatus.OK, said)

    # -- who asks ---------------------------------------------------------------------------------

    def _name(self, *, posts: bool) -> str | None:
        """What is asked for; None: it was refused."""
        hosts, origins = (self.headers.get_all(name) or [] for name in ("Host", "Origin"))
        if len(hosts) != 1 or _HOST.fullmatch(hosts[0]) is None:
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, {"error": "ask for 127.0.0.1."})
            return None
        own = f"http://{hosts[0]}".lower()
        foreign = any(each.lower() != own for each in origins)
        if foreign or len(origins) > 1 or (posts and not origins):
            self._answer(HTTPStatus.FORBIDDEN, {"error": "other pages may not ask this server."})
            return None
        prefix, asked = self.server.served.prefix, self.path.encode("latin-1", "replace")
        if not hmac.compare_digest(asked[: len(prefix)], prefix):
            self._answer(HTTPStatus.NOT_FOUND, {"error": "the address lacks the right token."})
            return None
        return asked[len(prefix) :].decode("latin-1")

    def _body(self) -> dict[str, Any] | None:
        """The object of JSON that was sent; None: it was refused."""
        kind = self.headers.get_content_type()
        length = self.headers.get("Content-Length", "")
        if kind != "application/json" or not (length.isascii() and length.isdigit()):
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "send JSON, and say its length."})
            return None
        if int(length) > BODY:
            self._answer(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": f"send {BODY} bytes at most."}
            )
            return None
        try:
            found = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "send an object of JSON."})
            return None
        return found

    # -- answers ----------------------------------------------------------------------------------

    def _answer(self, status: HTTPStatus, said: Mapping[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(said, allow_nan=False).encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        """Tells what comes, until the page or the log ends. A page that comes back goes on."""
        served, mine = self.server.served, object()
        last = self.headers.get("Last-Event-ID", "")
        seen = int(last) if last.isascii() and last.isdigit() and len(last) < 16 else 0
        if seen > served.log.version:
            seen = 0
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        served.streams.add(mine)
        try:
            while True:
                seen, messages = served.log.wait(seen, SIGN)
                if messages:
                    data = json.dumps(messages, separators=(",", ":"), allow_nan=False)
                    self.wfile.write(f"id: {seen}\ndata: {data}\n\n".encode())
                    time.sleep(0 if served.log.closed else PAUSE)
                elif served.log.closed:
                    self.wfile.write(b"event: end\ndata: []\n\n")
                    return
                else:
                    self.wfile.write(b": still here\n\n")
        finally:
            served.streams.discard(mine)
