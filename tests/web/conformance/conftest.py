"""Two nodes that the tests of a module share: each test has a tenant of its own in both.

For modules that are marked with `pytest.mark.asyncio(loop_scope="module")`.
"""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest_asyncio

from hanze.ngsild.terms import API_PATH
from hanze.settings import Server, Settings, Store
from tests.several import Pretender, Served, pretender, served_node

_TENANTS = itertools.count()
_MANY = Settings(data=None, server=Server(dev=True), store=Store(max_tenants=10_000))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_nodes() -> AsyncIterator[tuple[Served, Served]]:
    async with served_node(_MANY) as one, served_node(_MANY) as two:
        yield one, two


@pytest_asyncio.fixture(loop_scope="module")
async def own_tenant() -> str:
    return f"t{next(_TENANTS)}"


@pytest_asyncio.fixture(loop_scope="module")
async def hub(shared_nodes: tuple[Served, Served], own_tenant: str) -> AsyncIterator[Served]:
    """The node that is asked."""
    async with _in_tenant(shared_nodes[0], own_tenant) as node:
        yield node


@pytest_asyncio.fixture(loop_scope="module")
async def other(shared_nodes: tuple[Served, Served], own_tenant: str) -> AsyncIterator[Served]:
    """A node that can be registered there."""
    async with _in_tenant(shared_nodes[1], own_tenant) as node:
        yield node


@pytest_asyncio.fixture(loop_scope="module")
async def liar() -> AsyncIterator[Pretender]:
    """A server that answers what a test wants."""
    async with pretender() as server:
        yield server


@asynccontextmanager
async def _in_tenant(node: Served, tenant: str) -> AsyncIterator[Served]:
    headers = {"NGSILD-Tenant": tenant}
    async with httpx.AsyncClient(
        base_url=node.url + API_PATH, timeout=30.0, headers=headers
    ) as api:
        yield Served(node.node, node.url, api)
