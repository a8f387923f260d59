"""Nodes in the test's own process, and clients that reach them without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from hanze.node.node import Node, close_node, open_node
from hanze.settings import Server, Settings
from hanze.web.app import build_app
from tests.classified import classify_all

__all__ = ["DEVELOPMENT", "client_of", "node_in_memory"]

#: Everyone may write.
DEVELOPMENT = Settings(data=None, server=Server(dev=True))


@asynccontextmanager
async def node_in_memory(
    settings: Settings = DEVELOPMENT,
    *,
    base_url: str = "http://localhost",
    classified: bool = True,
) -> AsyncIterator[Node]:
    """Open a whole node that goes with the test.

    Args:
        classified: Whether all its data is open; under `--dev` it is anyhow.
    """
    node = await open_node(settings)
    if classified and not settings.server.dev:
        await classify_all(node)
    node.base_url = base_url
    try:
        yield node
    finally:
        await close_node(node)


def client_of(node: Node, path: str = "") -> httpx.AsyncClient:
    """Make a client of a node; paths that it asks for stand below the one given here.

    What the application fails with arrives as its answer, as it would over a socket.
    """
    transport = httpx.ASGITransport(app=build_app(node), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=node.base_url + path)
