"""A node in the test's own process that follows sources, and a server that they ask."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hanze.connectors.source_record import SourceRecord
from hanze.connectors.spooled import Counters
from hanze.connectors.streaming import Scalar
from hanze.ngsild.model import Attribute
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node, close_node, open_node
from hanze.settings import Server, Settings, Sources
from hanze.worker.sources.running import run_sources

__all__ = ["Served", "add", "attribute", "counters", "following", "serving", "until"]


@asynccontextmanager
async def following(
    data: Path | None = None, sources: Sources | None = None
) -> AsyncIterator[Node]:
    """Open a node that follows its sources."""
    settings = Settings(data=data, server=Server(dev=True), sources=sources or Sources())
    node = await open_node(settings)
    node.base_url = "http://localhost"
    task = asyncio.create_task(run_sources(node))
    try:
        yield node
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await close_node(node)


async def add(
    node: Node,
    name: str,
    connector: str = "json",
    secrets: Mapping[str, str] | None = None,
    options: Mapping[str, Scalar] | None = None,
    **more: Scalar,
) -> Mapping[str, str]:
    """Add a source; returns the secrets that were made."""
    _, made = await node.sources.add(
        SourceRecord(name=name, connector=connector, options={**(options or {}), **more}),
        secrets or {},
    )
    return made


async def counters(node: Node, name: str) -> Counters:
    return (await node.sources.spool.counters()).get(name, Counters())


async def until(holds: Callable[[], Awaitable[bool]], *, within_s: float = 15.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(within_s):
        while not await holds():  # noqa: ASYNC110  # what is waited for is on the disk
            await asyncio.sleep(0.02)


def attribute(node: Node, entity_id: str, term: str) -> Attribute | None:
    """The default instance of an attribute, of the default tenant."""
    stored = node.store.stored("", entity_id)
    if stored is None:
        return None
    entity = node.store.load(stored)
    instances = entity.attributes.get(HANZE.expand_name(term), ())
    return next((one for one in instances if one.dataset_id is None), None)


@dataclass(slots=True)
class Served:
    """A small HTTP server: what it answers by path, and what it was asked.

    Attributes:
        answers: By path: status, headers and body.
        asked: Path and headers (lower case) of each request.
    """

    port: int = 0
    answers: dict[str, tuple[int, Mapping[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        pairs = (line.partition(":") for line in head[1:] if ":" in line)
        self.asked.append((path, {name.lower(): value.strip() for name, _, value in pairs}))
        status, headers, body = self.answers.get(path, (404, {}, b""))
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    """Run such a server."""
    served = Served()
    server = await asyncio.start_server(served.answer, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        yield served
