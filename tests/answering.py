"""A real Context Source for tests that answers as badly as it is told to, byte for byte."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

__all__ = ["Answering", "Asked", "answer_of", "answering"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that arrived: names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


#: Writes the answer to a request.
Script = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Answering:
    """A server.

    Attributes:
        url: Where it listens.
        asked: What arrived, in order.
        script: How it answers.
        sent: Bytes that the script says it has sent.
    """

    url: str
    script: Script
    asked: list[Asked] = field(default_factory=list)
    sent: int = 0
    connections: int = 0


def answer_of(status: int = 200, body: bytes = b"[]", **headers: str) -> bytes:
    """Write a whole answer; underscores in names of headers stand for hyphens."""
    given = {"content-type": "application/json", "content-length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1") + body


@asynccontextmanager
async def answering(answer: bytes | Script) -> AsyncIterator[Answering]:
    """Run a server that gives one answer to every request, or does as a script says."""

    async def same(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        assert isinstance(answer, bytes)
        writer.write(answer)

    made = Answering("", same if isinstance(answer, bytes) else answer)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        made.connections += 1
        try:
            # Cancelled at the end of a test: asyncio would log that.
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while not writer.is_closing():
                    asked = await _read(reader)
                    made.asked.append(asked)
                    await made.script(asked, writer)
                    await writer.drain()
        finally:
            writer.transport.abort()
            tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)
