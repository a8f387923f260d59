"""5.16.6, 5.3.4, 6.3.22: who asked for a snapshot is told of it, and subscribers are told in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from hanze.ngsild.moment import parse_datetime
from hanze.node.node import Node
from hanze.worker.delivery.deliver import deliver
from hanze.worker.snapshots import keep_snapshots
from tests.in_process import client_of, node_in_memory
from tests.receiver import Receiver, receiving

Json = Any
LAMPS: Json = {"type": "Query", "entities": [{"type": "Lamp"}]}
LAMP: Json = {"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp", "level": {"type": "Property", "value": 1}}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@asynccontextmanager
async def working() -> AsyncIterator[tuple[Node, httpx.AsyncClient]]:
    """A node with a lamp, whose worker does what concerns snapshots and notifications."""
    async with node_in_memory() as node, client_of(node, "/ngsi-ld/v1") as api:
        tasks = [asyncio.create_task(keep_snapshots(node)), asyncio.create_task(deliver(node))]
        await api.post("/entities", json=LAMP, headers={"NGSILD-Tenant": "harbour"})
        try:
            yield node, api
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def ask(api: httpx.AsyncClient, **members: Json) -> str:
    body = {"type": "Snapshot", "snapshotQueries": [LAMPS], **members}
    response = await api.post("/snapshots", json=body, headers={"NGSILD-Tenant": "harbour"})
    assert response.status_code == 201, response.text
    return response.headers["location"].rpartition("/")[2]


@pytest.mark.clause("5.16.6", "5.3.4")
async def test_receiver_should_be_told_of_each_status(receiver: Receiver) -> None:
    tenant = {"NGSILD-Tenant": "harbour"}
    async with working() as (node, api):
        info = [{"key": "X-Door", "value": "open"}]
        name = await ask(api, endpoint=f"{receiver.url}/told", receiverInfo=info)
        (first,) = await receiver.wait(1)
        assert first.path == "/told"
        assert first.headers["x-door"] == "open"
        assert first.headers["ngsild-tenant"] == "harbour"
        told = first.json
        assert told.pop("id").startswith("urn:ngsi-ld:Notification:")
        assert told.pop("expiresAt") > told.pop("notifiedAt")
        assert told == {
            "type": "SnapshotNotification",
            "snapshotId": name,
            "snapshotStatus": "success",
            "snapshotPriority": 5,
            "snapshotQueriesDetails": [{"resultStatus": "success"}],
        }
        fragment = {"snapshotPriority": 8}
        await api.patch(f"/snapshots/{name}", json=fragment, headers=tenant)
        assert (await receiver.wait(2))[1].json["snapshotPriority"] == 8
        await api.delete(f"/snapshots/{name}", headers=tenant)
        gone = (await receiver.wait(3))[2].json
        assert gone["snapshotStatus"] == "failure"
        assert parse_datetime(gone["expiresAt"]) < parse_datetime(gone["notifiedAt"])
        async with asyncio.timeout(5):
            while node.snapshot_work.notices():  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.01)


@pytest.mark.clause("5.16.6")
async def test_receiver_that_refuses_should_be_told_no_more(receiver: Receiver) -> None:
    receiver.answer = lambda _: (404, 0.0)
    async with working() as (node, api):
        await ask(api, endpoint=f"{receiver.url}/told")
        await receiver.wait(1)
        async with asyncio.timeout(5):
            while node.snapshot_work.notices():  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.01)


@pytest.mark.clause("6.3.22", "5.8.6")
async def test_notifications_should_name_the_snapshot(receiver: Receiver) -> None:
    async with working() as (_, api):
        name = await ask(api, endpoint=f"{receiver.url}/ready")
        await receiver.wait(1)
        inside = {"NGSILD-Tenant": "harbour", "NGSILD-Snapshot": name}
        subscription = {
            "type": "Subscription",
            "entities": [{"type": "Lamp"}],
            "notification": {"endpoint": {"uri": f"{receiver.url}/changed"}},
        }
        made = await api.post("/subscriptions", json=subscription, headers=inside)
        assert made.status_code == 201, made.text
        outside = {"NGSILD-Tenant": "harbour"}
        for headers, value in ((outside, 2), (inside, 3)):
            path = f"/entities/{LAMP['id']}/attrs/level"
            fragment = {"type": "Property", "value": value}
            answer = await api.patch(path, json=fragment, headers=headers)
            assert answer.status_code == 204
        told = (await receiver.wait(2))[1]
        assert told.path == "/changed"
        assert told.headers["ngsild-snapshot"] == name
        assert told.headers["ngsild-tenant"] == "harbour"
        assert told.json["data"][0]["level"]["value"] == 3
        assert len(receiver.got) == 2
