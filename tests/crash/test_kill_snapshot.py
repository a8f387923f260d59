"""A snapshot that was being prepared when the node was killed is finished later, never half."""

import asyncio
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import RunningNode, start_node

pytestmark = pytest.mark.slow

Json = Any
ENTITIES = 2_000
LAMPS: Json = {"type": "Query", "entities": [{"type": "Lamp"}]}
NAME = "urn:s:1"


class Killed:
    """A node that is killed and started again on its data."""

    def __init__(self, data: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            self._port = sock.getsockname()[1]
        self._data = data
        self._node: RunningNode | None = None

    async def start(self) -> None:
        arguments = ["serve", "--dev", "--port", str(self._port), "--data", str(self._data)]
        environ = {"HANZE_DISTRIBUTION__TIMEOUT_S": "20", "HANZE_WORKER__SWEEP_S": "0.2"}
        self._node = await asyncio.to_thread(start_node, arguments, environ=environ)

    async def stop(self, number: int = signal.SIGKILL) -> None:
        if self._node is not None:
            await asyncio.to_thread(self._node.stop, number)
            self._node = None

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        url = f"http://127.0.0.1:{self._port}/ngsi-ld/v1/"
        async with httpx.AsyncClient(base_url=url, timeout=30.0) as api:
            return await api.request(method, path, **more)

    async def status(self, name: str) -> Json:
        return (await self.ask("GET", f"snapshots/{name}")).json()

    async def ready(self, name: str) -> Json:
        async with asyncio.timeout(60):
            while (found := await self.status(name))["snapshotStatus"] == "preparing":  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.1)
        return found


@pytest.mark.clause("5.16.1.4")
async def test_snapshot_should_be_whole_however_often_the_node_is_killed(tmp_path: Path) -> None:
    node = Killed(tmp_path / "data")
    try:
        await node.start()
        lamps = [
            {"id": f"urn:ngsi-ld:Lamp:{n}", "type": "Lamp", "n": {"type": "Property", "value": n}}
            for n in range(ENTITIES)
        ]
        assert (await node.ask("POST", "entityOperations/create", json=lamps)).status_code == 201
        # The same query many times: that takes a while, and makes no difference.
        snapshot = {"type": "Snapshot", "id": NAME, "snapshotQueries": [LAMPS] * 30}
        assert (await node.ask("POST", "snapshots", json=snapshot)).status_code == 201
        interrupted = 0
        for _ in range(2):
            await asyncio.sleep(0.3)
            if (await node.status(NAME))["snapshotStatus"] == "preparing":
                interrupted += 1
                early = await node.ask("GET", "entities", headers={"NGSILD-Snapshot": NAME})
                assert early.status_code == 409
            await node.stop()
            await node.start()
        assert interrupted
        found = await node.ready(NAME)
        assert found["snapshotStatus"] == "success", found
        counted = await node.ask(
            "GET", "entities?count=true&limit=0", headers={"NGSILD-Snapshot": NAME}
        )
        assert counted.headers["ngsild-results-count"] == str(ENTITIES)
        assert (await node.ask("DELETE", f"snapshots/{NAME}")).status_code == 204
    finally:
        await node.stop(signal.SIGTERM)
