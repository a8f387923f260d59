"""The API through its door: the whole application on a store in memory, without a socket."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.node.node import Node, close_node, open_node
from hanze.settings import Server, Settings
from hanze.web.app import build_app


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    node = await open_node(Settings(data=None, server=Server(dev=True)))
    node.base_url = "http://localhost"
    yield node
    await close_node(node)


@pytest.fixture
async def api(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build_app(node))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost/ngsi-ld/v1"
    ) as client:
        yield client
