"""Data goes once its time is over: from the present, the past, Snapshots and letters."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest_asyncio

from hanze.governance.logs.search import LogSearch
from hanze.governance.records.activity import Activity
from hanze.governance.records.dataset import Dataset
from hanze.governance.records.log import AuditRecord
from hanze.governance.service import Change
from hanze.ngsild.terms import DEFAULT_VOCAB
from hanze.node.node import Node
from hanze.store.outbox.values import Dying, Settlement
from tests.in_process import client_of, node_in_memory

NOW = datetime.now(UTC).replace(microsecond=0)


def _ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat().replace("+00:00", "Z")


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        yield node


@pytest_asyncio.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node, "/ngsi-ld/v1") as client:
        yield client


async def _keep(node: Node, **members: object) -> None:
    dataset = Dataset(
        **{  # type: ignore[arg-type]  # of the struct's types
            "id": "urn:ngsi-ld:Dataset:test:crowds",
            "title": {"en": "Crowds"},
            "types": (DEFAULT_VOCAB + "Crowd",),
            "retention_days": 30,
            **members,
        }
    )
    await node.governance.change(
        Change(node.governance.datasets, dataset),
        account=AuditRecord(at=_ago(0), actor="test", name="test"),
    )


async def _go(node: Node) -> None:
    while await node.retaining.step(_ago(0)):
        pass


def _crowd(key: str, days: float, **more: object) -> dict[str, object]:
    return {
        "id": f"urn:ngsi-ld:Crowd:{key}",
        "type": "Crowd",
        "people": {"type": "Property", "value": 5, "observedAt": _ago(days)},
        **more,
    }


async def _add(client: httpx.AsyncClient, *entities: dict[str, object]) -> None:
    answer = await client.post("/entityOperations/create", json=list(entities))
    assert answer.status_code == 201, answer.text


async def _there(client: httpx.AsyncClient) -> set[str]:
    found = (await client.get("/entities", params={"type": "Crowd"})).json()
    return {one["id"].rpartition(":")[2] for one in found}


async def _past(client: httpx.AsyncClient, name: str) -> list[str]:
    answer = await client.get(
        f"/temporal/entities/urn:ngsi-ld:Crowd:{name}", params={"options": "temporalValues"}
    )
    if answer.status_code == 404:
        return []
    return [moment for _, moment in answer.json().get("people", {}).get("values", [])]


async def test_entities_should_go_with_their_past_when_their_time_is_over(
    node: Node, client: httpx.AsyncClient
) -> None:
    await _add(client, _crowd("old", 31), _crowd("young", 29))
    await _keep(node)
    await _go(node)
    assert await _there(client) == {"young"}
    assert await _past(client, "old") == []
    assert len(await _past(client, "young")) == 1


async def test_values_of_the_past_should_go_when_the_entity_stays(
    node: Node, client: httpx.AsyncClient
) -> None:
    await _add(client, _crowd("square", 90, name={"type": "Property", "value": "The square"}))
    for days in (60, 40, 20, 1):
        answer = await client.post(
            "/entities/urn:ngsi-ld:Crowd:square/attrs",
            json={"people": {"type": "Property", "value": days, "observedAt": _ago(days)}},
        )
        assert answer.status_code == 204
    assert len(await _past(client, "square")) == 5
    await _keep(node)
    await _go(node)
    assert await _past(client, "square") == [_ago(20), _ago(1)]
    entity = (await client.get("/entities/urn:ngsi-ld:Crowd:square")).json()
    assert {"name", "people"} <= entity.keys()


async def test_only_named_attributes_should_go_when_a_dataset_names_them(
    node: Node, client: httpx.AsyncClient
) -> None:
    sound = {"type": "Property", "value": 60, "observedAt": _ago(50)}
    await _add(client, _crowd("square", 50, sound=sound))
    await _keep(node, attributes=(DEFAULT_VOCAB + "people",))
    await _go(node)
    entity = (await client.get("/entities/urn:ngsi-ld:Crowd:square")).json()
    assert "people" not in entity
    assert entity["sound"]["value"] == 60
    past = (await client.get("/temporal/entities/urn:ngsi-ld:Crowd:square")).json()
    assert "people" not in past
    assert "sound" in past


async def test_others_should_stay_when_a_dataset_is_of_one_source(
    node: Node, client: httpx.AsyncClient
) -> None:
    for name in ("mine", "yours"):
        source = {"type": "Property", "value": f"https://example.org/{name}"}
        await _add(client, _crowd(name, 1, source=source))
        for days in (90, 60):
            evolution = {**_crowd(name, days)}
            evolution["people"] = [evolution["people"]]
            answer = await client.post("/temporal/entities", json=evolution)
            assert answer.status_code in (201, 204), answer.text
    await _keep(node, sources=("https://example.org/mine",))
    await _go(node)
    assert len(await _past(client, "mine")) == 1
    assert len(await _past(client, "yours")) == 3


async def test_past_of_what_was_deleted_should_go_when_its_time_is_over(
    node: Node, client: httpx.AsyncClient
) -> None:
    await _add(client, _crowd("gone", 45), _crowd("lately", 2))
    for name in ("gone", "lately"):
        assert (await client.delete(f"/entities/urn:ngsi-ld:Crowd:{name}")).status_code == 204
    await _keep(node)
    await _go(node)
    assert await _past(client, "gone") == []
    assert len(await _past(client, "lately")) == 1


async def test_snapshots_should_lose_what_is_over(node: Node, client: httpx.AsyncClient) -> None:
    await _add(client, _crowd("old", 31), _crowd("young", 1))
    answer = await client.post(
        "/snapshots",
        json={
            "type": "Snapshot",
            "snapshotQueries": [{"type": "Query", "entities": [{"type": "Crowd"}]}],
        },
    )
    assert answer.status_code == 201, answer.text
    await node.snapshot_work.prepare_next()
    name = answer.headers["location"].rpartition("/")[2]
    inside = httpx.Headers({"NGSILD-Snapshot": name})
    before = await client.get("/entities", params={"type": "Crowd"}, headers=inside)
    assert len(before.json()) == 2, before.text
    await _keep(node)
    await _go(node)
    after = await client.get("/entities", params={"type": "Crowd"}, headers=inside)
    assert [one["id"] for one in after.json()] == ["urn:ngsi-ld:Crowd:young"]


async def test_shorter_time_should_count_when_the_activity_says_one_too(
    node: Node, client: httpx.AsyncClient
) -> None:
    activity = Activity(
        id="urn:ngsi-ld:ProcessingActivity:test:counting",
        title={"en": "Counting"},
        organisation="urn:x",
        purposes=("https://w3id.org/dpv#PublicPolicyMaking",),
        retention_days=7,
    )
    await node.governance.change(
        Change(node.governance.activities, activity),
        account=AuditRecord(at=_ago(0), actor="test", name="test"),
    )
    await _add(client, _crowd("week", 8), _crowd("day", 1))
    await _keep(node, activity=activity.id)
    await _go(node)
    assert await _there(client) == {"day"}


async def test_account_should_say_what_was_erased(node: Node, client: httpx.AsyncClient) -> None:
    await _add(client, _crowd("old", 31))
    await _keep(node)
    await _go(node)
    found = await node.store.log.find(LogSearch(name="retention.erased"))
    records = [one.record for one in found if isinstance(one.record, AuditRecord)]
    assert [one.about for one in records] == [("urn:ngsi-ld:Dataset:test:crowds",)]
    assert "1 entities" in records[0].detail


async def _subscribe(client: httpx.AsyncClient) -> str:
    answer = await client.post(
        "/subscriptions",
        json={
            "type": "Subscription",
            "entities": [{"type": "Crowd"}],
            "notificationTrigger": ["entityCreated", "entityDeleted"],
            "notification": {"endpoint": {"uri": "http://127.0.0.1:9/away"}},
        },
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["location"].rpartition("/")[2]


async def test_subscribers_should_be_told_when_something_goes(
    node: Node, client: httpx.AsyncClient
) -> None:
    await _add(client, _crowd("old", 31))
    key = ("", await _subscribe(client))
    await _keep(node)
    await _go(node)
    (row,) = node.store.outbox.take(key, after=0, limit=9)
    happened = node.store.outbox.happened(row.happened_id)
    assert happened is not None
    assert (happened.entity_id, happened.after) == ("urn:ngsi-ld:Crowd:old", None)


async def test_letters_should_go_when_they_tell_of_what_is_over(
    node: Node, client: httpx.AsyncClient
) -> None:
    key = ("", await _subscribe(client))
    await _add(client, _crowd("young", 1))
    (row,) = node.store.outbox.take(key, after=0, limit=9)
    dead = Settlement(dead=[Dying(key, row.happened_id, 3, "it is away")])
    await node.store.transact(lambda uow: node.store.outbox.settle(uow, dead, now_us=1))
    await _keep(node)
    await _go(node)
    assert node.store.dead_letters.count() == 1
    while await node.retaining.step(_ago(-32)):
        pass
    assert node.store.dead_letters.count() == 0
