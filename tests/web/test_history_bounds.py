"""What those without a name may take of the history at a time."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from hanze.node.node import Node
from hanze.settings import Settings
from hanze.store.files import scratch
from tests.in_process import client_of, node_in_memory

EXPORT = "/api/v1/history/export.parquet"


@pytest.fixture
async def closed() -> AsyncIterator[Node]:
    """A node on which not everybody may write."""
    async with node_in_memory(Settings()) as node:
        yield node


async def test_exports_should_be_bounded_for_those_without_a_name(closed: Node) -> None:
    data = closed.store.history.archive.path.parent
    async with AsyncExitStack() as under_way, client_of(closed) as client:
        for _ in range(4):
            assert (await client.get(EXPORT)).status_code == 200
            under_way.enter_context(scratch(data, prefix="export-"))
        refused = await client.get(EXPORT)
        assert refused.status_code == 429
        assert refused.json()["type"] == "urn:hanze:problem:too-many-transfers"
        token = closed.tokens.create("operator", expires_at=None, now=closed.clock())
        known = await client.get(EXPORT, headers={"Authorization": f"Bearer {token}"})
        assert known.status_code == 200
    async with client_of(closed) as client:
        assert (await client.get(EXPORT)).status_code == 200
