"""A real receiver of notifications for tests: an HTTP server in the test's own process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httptools
import orjson

__all__ = ["Received", "Receiver", "receiving"]


@dataclass(frozen=True, slots=True)
class Received:
    """A request that arrived: names of headers in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def ids(self) -> list[str]:
        """The ids of the entities that it tells of."""
        return [entity["id"] for entity in self.json["data"]]


@dataclass(slots=True)
class Receiver:
    """What arrived, and how it is answered.

    Attributes:
        url: Where it listens.
        got: In the order of arrival.
        answer: Gives the status for a request, and how many seconds it takes.
        open: Connections that senders keep; they end with the receiver.
    """

    url: str
    got: list[Received] = field(default_factory=list)
    answer: Callable[[Received], tuple[int, float]] = lambda _: (200, 0.0)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    body: bytes = b""
    open: set[asyncio.BaseTransport] = field(default_factory=set)

    async def wait(self, number: int, *, within_s: float = 10.0) -> list[Received]:
        """Wait until so many have arrived."""
        async with asyncio.timeout(within_s):
            while len(self.got) < number:
                self.arrived.clear()
                await self.arrived.wait()
        return self.got


class _Protocol(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._receiver.connections += 1
        self._receiver.open.add(transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = b""

    def on_url(self, url: bytes) -> None:
        self._url = url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        key = name.decode().lower()
        text = value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        at = asyncio.get_running_loop().time()
        received = Received(self._url, self._headers, self._body, at)
        status, wait_s = self._receiver.answer(received)
        self._receiver.got.append(received)
        self._receiver.arrived.set()
        if wait_s:
            task = asyncio.get_running_loop().create_task(self._later(status, wait_s))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._respond(status)

    def connection_lost(self, error: Exception | None) -> None:
        self._receiver.open.discard(self._transport)
        for task in self._tasks:
            task.cancel()

    async def _later(self, status: int, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        self._respond(status)

    def _respond(self, status: int) -> None:
        assert isinstance(self._transport, asyncio.Transport)
        if status == 0:
            self._transport.abort()
            return
        body = self._receiver.body
        extra = b"location: http://127.0.0.1:1/elsewhere\r\n" if 300 <= status < 400 else b""
        head = b"HTTP/1.1 %d X\r\n%scontent-length: %d\r\n\r\n" % (status, extra, len(body))
        self._transport.write(head + body)


@asynccontextmanager
async def receiving(port: int = 0, *, tls: Any = None) -> AsyncIterator[Receiver]:
    """Run a receiver.

    Args:
        port: 0 for a free one.
        tls: An `ssl.SSLContext`, for https.
    """
    made = Receiver("")
    server = await asyncio.get_running_loop().create_server(
        lambda: _Protocol(made), "127.0.0.1", port, ssl=tls
    )
    scheme = "https" if tls else "http"
    made.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for transport in list(made.open):
            transport.close()
        await asyncio.sleep(0)
