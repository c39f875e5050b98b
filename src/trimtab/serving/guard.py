"""What stands before the server's own code: who may ask, and how answers are sent.

A server on this machine can be reached by every page that a browser on it shows. Such a page must
not read predictions: its requests name another origin, or, after DNS rebinding, another host.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import socket
from collections.abc import Collection
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec

from trimtab.serving.metrics import Metrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["OPEN", "Guard", "is_local"]

#: Paths without anything of the model, which need no token: the page asks for it.
OPEN = frozenset({"/", "/docs", "/health", "/form.js", "/reference.js", "/style.css"})

#: What every answer says to browsers: nothing from elsewhere, in no frame, guess no types.
_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        b"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address.

    Example:
        >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0")
        (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """An application behind checks of host, origin and token.

    A host must be an address, ``localhost``, the machine's own name or one that was allowed: a name
    of somebody else's may be led here by its owner.

    Args:
        app: What answers.
        metrics: Counts requests.
        token: That requests must carry, as ``Authorization: Bearer TOKEN``; None: none.
        hosts: More names that this server goes by.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, token: str | None, hosts: Collection[str] = ()
    ) -> None:
        self._app, self._metrics = app, metrics
        self._token = None if token is None else token.encode()
        self._hosts = {"localhost", socket.gethostname().lower(), *map(str.lower, hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        start, status = perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        try:
            refusal = self._refusal(scope)
            if refusal is None:
                await self._app(scope, receive, sending)
            else:
                await _answer(sending, *refusal)
        finally:
            route = scope["path"] if scope.get("route") is not None else "other"
            self._metrics.request(route, status, perf_counter() - start)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and sentence for a request that is not answered."""
        named: dict[bytes, list[bytes]] = {b"host": [], b"origin": [], b"authorization": []}
        for name, value in scope["headers"]:
            if name in named:
                named[name].append(value)
        if any(len(values) > 1 for values in named.values()) or not named[b"host"]:
            return 400, "a request must have one Host, and Origin and Authorization once at most."
        host = named[b"host"][0].decode("latin-1").lower()
        if not self._knows(host):
            return 421, (
                "this server does not go by the name in the request. Ask for it by its address, "
                "or start it with --allow-host NAME."
            )
        origin = named[b"origin"]
        if origin and not _same(origin[0].decode("latin-1").lower(), host):
            return 403, "pages of other sites may not ask this server."
        if self._token is None or scope["path"] in OPEN:
            return None
        given = b"".join(named[b"authorization"])
        scheme, _, token = given.partition(b" ")
        if scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token):
            return None
        return 401, "a token is needed. Send the header Authorization: Bearer TOKEN."

    def _knows(self, host: str) -> bool:
        name = _name_in(host)
        return name is not None and (name in self._hosts or _is_address(name))


@lru_cache(maxsize=256)
def _name_in(host: str) -> str | None:
    """The name in a Host header, without its port; None: it is none."""
    match = _HOST.fullmatch(host)
    return None if match is None else match[1].strip("[]").removesuffix(".")


@lru_cache(maxsize=256)
def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _same(origin: str, host: str) -> bool:
    """Whether an origin is this server, over HTTP or over HTTPS with something in front of it."""
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and rest == host


async def _answer(send: Any, status: int, message: str) -> None:
    body = msgspec.json.encode({"error": message})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # whatever else was sent is not read
    ]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
