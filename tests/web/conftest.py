"""The API through its door: the whole application on a store in memory, without a socket."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from tests.in_process import client_of, node_in_memory


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        yield node


@pytest.fixture
async def api(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node, API_PATH) as client:
        yield client
