"""The HTTP server: uvicorn in one process, with the limits that it lacks itself."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from types import FrameType
from typing import Any, ClassVar, Final

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from hanze.web.request_id import RequestIds

__all__ = ["ServerLimits", "TlsFiles", "make_server"]

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """How much and how long a client may ask for.

    Attributes:
        head_bytes: Request line and headers together.
        head_timeout_s: From the connection, or a request's first byte, to the end of its headers.
        keep_alive_s: Of an idle connection.
        shutdown_s: For running requests when the node stops.
    """

    head_bytes: int = 64 * 1024
    head_timeout_s: float = 20.0
    keep_alive_s: int = 75
    shutdown_s: int = 10


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate chain and its private key, both PEM."""

    certificate: Path
    key: Path


def make_server(
    app: ASGIApp,
    limits: ServerLimits,
    *,
    tls: TlsFiles | None = None,
    ready: Callable[[], None],
    stopping: Callable[[], None] = lambda: None,
) -> uvicorn.Server:
    """Make a server that runs with `serve(sockets=[...])` until a signal or `should_exit`.

    Args:
        app: The web application.
        limits: What a client may use.
        tls: Speaks HTTPS with these, TLS 1.2 or newer (CIM 009, 6.2).
        ready: Called once, as soon as requests are answered.
        stopping: Called before the last answers are waited for: those that would never end by
            themselves end now.
    """
    config = uvicorn.Config(
        RequestIds(app),
        http=_limited(limits),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=limits.shutdown_s,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )
    return _Server(config, ready, stopping)


#: Seconds after which a thread hands over the interpreter to another one that waits for it.
_TURN_S: Final = 0.001


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], stopping: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = stopping

    async def startup(self, sockets: list[socket] | None = None) -> None:
        # Threads that reckon beside the loop hand over the interpreter after so long. Of five
        # milliseconds, which is usual, a request waits for several, each time that it goes on.
        sys.setswitchinterval(_TURN_S)
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._stopping()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's
        # Unlike uvicorn's own, this does not raise the signal again afterwards: the store has to
        # be closed after the server. A second signal does not wait for clients.
        self.force_exit = self.should_exit
        self.should_exit = True


class _HeadTooLarge(Exception):
    """Leaves the parser, which turns it into its own error; seen by nobody else."""


class _LimitedProtocol(HttpToolsProtocol):
    """A connection whose request heads are limited in size and in time."""

    limits: ClassVar[ServerLimits]

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_head = True
        self._head_bytes = 0
        self._piece = 0
        self._data = b""
        self._owed = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # narrowed by uvicorn
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._owed:
            data = self._take_owed(data)
            if not data:
                return
        self._piece = len(data)
        self._data = data
        super().data_received(data)
        self._data = b""
        # The usual request comes whole in one piece, and is done here.
        if not self._in_head:
            if self._deadline is not None:
                self._disarm()
            return
        self._head_bytes += len(data)
        if self._head_bytes > self.limits.head_bytes:
            self._refuse()
        elif self._deadline is None and not self.transport.is_closing():
            self._arm()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        # A large piece can hold a head and a body: only then is the head measured by itself.
        if self._head_bytes + self._piece > self.limits.head_bytes and self._measure() > (
            self.limits.head_bytes
        ):
            raise _HeadTooLarge
        self._in_head = False
        self._head_bytes = 0
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self._owed = _length_of(self.headers)

    def on_message_complete(self) -> None:
        if not self._owed:
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Go on in HTTP/1.1 with a client that offers another protocol (RFC 9110, 7.8).

        Java's client offers HTTP/2 with each request. The parser takes what follows the head for
        that protocol, says in its exception where it begins, and is ready for the next request.
        """
        error = sys.exc_info()[1]
        if isinstance(error, httptools.HttpParserUpgrade):
            rest = self._take_owed(self._data[error.args[0] :])
            if rest:
                self.data_received(rest)

    def _take_owed(self, data: bytes) -> bytes:
        """Take the body that the parser does not read; returns what comes after it."""
        taken = data[: self._owed]
        if taken:
            self._owed -= len(taken)
            self.on_body(taken)
            self.on_message_complete()
        return data[len(taken) :]

    def send_400_response(self, msg: str) -> None:
        if self._measure() > self.limits.head_bytes:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _measure(self) -> int:
        headers = self.headers or ()
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in headers)

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(self.limits.head_timeout_s, self.transport.close)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()


def _length_of(headers: list[tuple[bytes, bytes]]) -> int:
    length = dict(headers).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _limited(limits: ServerLimits) -> type[asyncio.Protocol]:
    """Make the class of connections: uvicorn gives a class no arguments of ours."""

    class Limited(_LimitedProtocol):
        pass

    Limited.limits = limits
    return Limited
