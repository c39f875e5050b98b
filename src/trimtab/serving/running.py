"""The server's process: its address, its token, its end."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.predictor.predictor import Predictor
from trimtab.serving.guard import is_local

if TYPE_CHECKING:
    import uvicorn

__all__ = ["TOKEN", "Address", "opened", "server", "token_for"]

#: The environment variable that holds the token.
TOKEN = "TRIMTAB_TOKEN"

#: Letters of a token that is given.
_SHORTEST = 16

#: Connections at a time; more are told to come again.
_CONNECTIONS = 512


@dataclass(frozen=True)
class Address:
    """Where a server listens.

    Example:
        >>> Address("::1", 8000).url
        'http://[::1]:8000/'
    """

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address of the form; of all addresses the machine's name stands there."""
        name = socket.gethostname() if self.host in ("0.0.0.0", "::") else self.host
        host = f"[{name}]" if ":" in name else name
        return f"http://{host}:{self.port}/"


def token_for(host: str) -> tuple[str | None, bool]:
    """The token that requests must carry, and whether it was made now.

    The environment's counts everywhere. Without one, a server that others reach makes one.

    Raises:
        InvalidArgument: The environment's token is too short to be one.
    """
    given = os.environ.get(TOKEN)
    if given is None:
        return (None, False) if is_local(host) else (secrets.token_urlsafe(24), True)
    if len(given) < _SHORTEST or not given.isascii() or not given.isprintable() or " " in given:
        raise InvalidArgument(
            f"{TOKEN} must have at least {_SHORTEST} letters, digits or signs without blanks, "
            f"received {len(given)}. Make one with: python -c 'import secrets; "
            "print(secrets.token_urlsafe())'"
        )
    return given, False


def opened(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: The address.
        port: Its port; 0: any that is free.

    Raises:
        InvalidArgument: There is no such address, or somebody listens there already.
    """
    checks.integer("port", port, minimum=0, maximum=65535)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise InvalidArgument(
            f"there is no address {host!r}. Use --host 127.0.0.1 for this machine alone, or "
            "--host 0.0.0.0 for all that reach it."
        ) from None
    family, kind, protocol, _, place = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(1024)
    except OSError as problem:
        listening.close()
        another = f"--port {port + 1}" if 1024 <= port < 65535 else "--port 8000"
        raise InvalidArgument(
            f"cannot listen on {Address(host, port).url}: {problem.strerror}. Use {another} for "
            "another port."
        ) from None
    listening.setblocking(False)
    return listening


def server(
    predictor: Predictor,
    *,
    token: str | None,
    hosts: Sequence[str] = (),
    most_bytes: int,
    ready: Callable[[], None] = lambda: None,
) -> uvicorn.Server:
    """A server; ``run(sockets=[...])`` answers until a signal ends the process.

    Args:
        predictor: The model.
        token: That requests must carry; None: none.
        hosts: Names that the server goes by, besides addresses.
        most_bytes: Of the body of a request.
        ready: Called once it listens.
    """
    import uvicorn

    from trimtab.serving.app import Service
    from trimtab.serving.guard import Guard
    from trimtab.serving.protocol import LimitedProtocol

    service = Service(predictor, most_bytes)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    settings = uvicorn.Config(
        Guard(service, service.metrics, token, hosts),
        http=LimitedProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="error",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=1,
    )
    return Server(settings)
