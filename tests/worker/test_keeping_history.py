"""The worker lets go of history that is too old."""

import asyncio
from pathlib import Path

from hanze.settings import History, Retention, Server, Settings
from hanze.store.history.history import HistoryArchive
from hanze.store.history.stats import HistoryCounts
from hanze.worker.loops import run_worker
from tests.in_process import client_of, node_in_memory

OLD = {
    "id": "urn:x:1",
    "type": "Bin",
    "level": {"type": "Property", "value": 1, "observedAt": "2020-01-01T00:00:00Z"},
    "name": {"type": "Property", "value": "A"},
}


async def test_worker_should_remove_what_is_too_old(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path,
        server=Server(dev=True),
        history=History(flush_s=0.02, retention_s=0.05),
        retention=(Retention("Bin", keep_days=30),),
    )
    async with node_in_memory(settings) as node, client_of(node) as client:
        answer = await client.post("/ngsi-ld/v1/entities", json=OLD)
        assert answer.status_code == 201
        worker = asyncio.create_task(run_worker(node))
        try:
            async with asyncio.timeout(20):
                while not await _removed(node.store.history):  # noqa: ASYNC110  # nobody is told
                    await asyncio.sleep(0.02)
        finally:
            worker.cancel()
            await asyncio.wait([worker])
        told = (await client.get("/api/v1/history")).json()
        assert [(kept["values"], kept["removed"]) for kept in told["types"]] == [(1, 1)]
        present = await client.get("/ngsi-ld/v1/entities/urn:x:1")
        assert present.json()["level"]["value"] == 1


async def _removed(history: HistoryArchive) -> int:
    counts = await HistoryCounts(history).of("")
    return sum(kept.removed for kept in counts.types)
