"""5.16, 5.5.15, 6.3.22, 6.36 to 6.38: what queries find is frozen, and worked with apart."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from hanze.ngsild.moment import parse_datetime
from hanze.node.node import Node
from hanze.settings import Server, Settings, Snapshots
from tests.in_process import client_of, node_in_memory

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any
SETTINGS = Settings(
    data=None,
    server=Server(dev=True),
    snapshots=Snapshots(max_snapshots=12, max_entities=20, max_instances=200),
)
LAMPS: Json = {"type": "Query", "entities": [{"type": "Lamp"}]}
EVER: Json = {"timerel": "after", "timeAt": "2020-01-01T00:00:00Z"}
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


@dataclass(frozen=True, slots=True)
class World:
    """A node with five lamps, one of which has a history, and a poster."""

    node: Node
    api: httpx.AsyncClient

    async def make(self, **members: Json) -> str:
        """Create a snapshot, and let it be prepared."""
        body = {"type": "Snapshot", "snapshotQueries": [LAMPS], **members}
        name = await self.ask({key: value for key, value in body.items() if value is not None})
        assert await self.node.snapshot_work.prepare_next()
        return name

    async def ask(self, body: Json, **headers: str) -> str:
        response = await self.api.post("/snapshots", json=body, headers=headers)
        assert response.status_code == 201, response.text
        assert response.content == b""
        return response.headers["location"].rpartition("/")[2]

    async def status(self, name: str) -> Json:
        response = await self.api.get(f"/snapshots/{name}")
        assert response.status_code == 200, response.text
        return response.json()

    async def inside(self, name: str, path: str, **params: str) -> httpx.Response:
        return await self.api.get(path, params=params, headers={"NGSILD-Snapshot": name})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole() -> AsyncIterator[World]:
    async with node_in_memory(SETTINGS) as node, client_of(node, "/ngsi-ld/v1") as api:
        for number in range(5):
            level = {"type": "Property", "value": number, "unitCode": "P1"}
            await created(api, {"id": lamp(number), "type": "Lamp", "level": level})
        poster = {"type": "Relationship", "object": "urn:ngsi-ld:Poster:1"}
        await created(api, {"id": "urn:ngsi-ld:Pole:1", "type": "Pole", "carries": poster})
        await created(api, {"id": "urn:ngsi-ld:Poster:1", "type": "Poster", "text": prop("x")})
        readings = [
            {"type": "Property", "value": day, "observedAt": f"2026-01-0{day}T00:00:00Z"}
            for day in (1, 2, 3)
        ]
        instances = {"id": lamp(0), "type": "Lamp", "watts": readings}
        answer = await api.post("/temporal/entities", json=instances)
        assert answer.status_code == 204, answer.text
        yield World(node, api)


@pytest_asyncio.fixture(loop_scope="module")
async def world(whole: World) -> AsyncIterator[World]:
    yield whole
    await whole.api.delete("/snapshots", params={"q": "snapshotPriority>0"})
    await whole.node.snapshot_work.tidy()
    assert whole.node.snapshot_work.notices() == []


def lamp(number: int) -> str:
    return f"urn:ngsi-ld:Lamp:{number}"


def prop(value: Json) -> Json:
    return {"type": "Property", "value": value}


async def created(api: httpx.AsyncClient, entity: Json) -> None:
    response = await api.post("/entities", json=entity)
    assert response.status_code == 201, response.text


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [entity["id"] for entity in response.json()]


@pytest.mark.clause("5.16.1", "6.36.3.1")
async def test_create_should_answer_at_once_and_prepare_later(world: World) -> None:
    name = await world.ask({"type": "Snapshot", "id": "urn:s:1", "snapshotQueries": [LAMPS]})
    assert name == "urn:s:1"
    before = await world.status(name)
    assert before["snapshotStatus"] == "preparing"
    assert before["snapshotPriority"] == 5
    assert before["createdAt"] == before["modifiedAt"] == before["lastUsedAt"]
    assert "snapshotQueriesDetails" not in before
    assert before["expiresAt"][:10] > before["createdAt"][:10]
    early = await world.inside(name, "/entities")
    assert early.status_code == 409
    assert early.json()["reason"] == "snapshot-not-ready"
    assert await world.node.snapshot_work.prepare_next()
    assert not await world.node.snapshot_work.prepare_next()
    after = await world.status(name)
    assert after["snapshotStatus"] == "success"
    assert after["snapshotQueriesDetails"] == [{"resultStatus": "success"}]
    assert after["modifiedAt"] > before["modifiedAt"]


@pytest.mark.clause("4.3.7", "5.5.15")
async def test_snapshot_should_stay_as_it_was_when_entities_change(world: World) -> None:
    name = await world.make(snapshotQueries=[{**LAMPS, "q": "level>1"}])
    changed = await world.api.patch(f"/entities/{lamp(4)}/attrs/level", json=prop(40))
    assert changed.status_code == 204
    try:
        found = await world.inside(name, "/entities", type="Lamp")
        assert ids(found) == [lamp(2), lamp(3), lamp(4)]
        assert found.json()[2]["level"] == {"type": "Property", "value": 4, "unitCode": "P1"}
        assert found.headers["ngsild-snapshot"] == name
    finally:
        await world.api.patch(f"/entities/{lamp(4)}/attrs/level", json=prop(4))


@pytest.mark.clause("5.5.15")
async def test_writes_on_a_snapshot_should_change_nothing_else(world: World) -> None:
    name = await world.make()
    header = {"NGSILD-Snapshot": name}
    patched = await world.api.patch(
        f"/entities/{lamp(1)}/attrs/level", json=prop(100), headers=header
    )
    assert patched.status_code == 204, patched.text
    assert patched.headers["ngsild-snapshot"] == name
    assert (await world.api.delete(f"/entities/{lamp(2)}", headers=header)).status_code == 204
    new = {"id": lamp(9), "type": "Lamp", "level": prop(9)}
    answer = await world.api.post("/entityOperations/upsert", json=[new], headers=header)
    assert answer.status_code == 201, answer.text
    inside = await world.inside(name, "/entities", type="Lamp", format="simplified")
    assert {one["id"]: one["level"] for one in inside.json()} == {
        lamp(0): 0,
        lamp(1): 100,
        lamp(3): 3,
        lamp(4): 4,
        lamp(9): 9,
    }
    outside = await world.api.get("/entities", params={"type": "Lamp", "format": "simplified"})
    assert [one["level"] for one in outside.json()] == [0, 1, 2, 3, 4]
    # What is changed in it has a history there.
    history = await world.inside(name, f"/temporal/entities/{lamp(1)}")
    assert [one["value"] for one in history.json()["level"]] == [100]


@pytest.mark.clause("5.16.1.4", "5.7.4")
async def test_temporal_queries_should_freeze_histories(world: World) -> None:
    between = {
        "timerel": "between",
        "timeAt": "2026-01-02T00:00:00Z",
        "endTimeAt": "2026-01-04T00:00:00Z",
    }
    watts = {**LAMPS, "pick": ["id", "type", "watts"]}
    name = await world.make(
        snapshotQueries=None,
        snapshotTemporalQueries=[{**watts, "temporalQ": between}, {**watts, "temporalQ": EVER}],
    )
    found = await world.status(name)
    assert found["snapshotStatus"] == "success", found
    assert found["snapshotTemporalQueriesDetails"] == [{"resultStatus": "success"}] * 2
    page = await world.inside(name, "/temporal/entities", **EVER)
    assert ids(page) == [lamp(0)]
    # An instance that both queries find is there once.
    assert sorted(one["value"] for one in page.json()[0]["watts"]) == [1, 2, 3]
    assert ids(await world.inside(name, "/entities")) == []


@pytest.mark.clause("5.5.13", "6.3.18")
async def test_operations_on_a_snapshot_should_be_local_whatever_is_said(world: World) -> None:
    name = await world.make()
    # A query as wide as this one is allowed in the local scope alone.
    for params in ({}, {"local": "false"}, {"local": "true"}):
        assert len(ids(await world.inside(name, "/entities", **params))) == 5
    typed = await world.inside(name, "/entities", type="*", local="false", orderBy="level;desc")
    assert ids(typed)[0] == lamp(4)
    by_body = await world.api.post(
        "/entityOperations/query?local=false", json=LAMPS, headers={"NGSILD-Snapshot": name}
    )
    assert len(ids(by_body)) == 5
    types = (await world.inside(name, "/types", local="false")).json()
    assert types["typeList"] == ["Lamp"]
    counted = await world.inside(name, "/entities", count="true", limit="2")
    assert counted.headers["ngsild-results-count"] == "5"


@pytest.mark.clause("6.3.22")
async def test_header_should_be_refused_where_snapshots_have_no_part(world: World) -> None:
    name = await world.make()
    for path in ("/csourceRegistrations?type=Lamp", "/jsonldContexts", f"/snapshots/{name}"):
        response = await world.api.get(path, headers={"NGSILD-Snapshot": name})
        assert response.status_code == 422, path
        assert response.json()["type"] == f"{ERRORS}OperationNotSupported"
    unknown = await world.inside("urn:s:unknown", "/entities")
    assert unknown.status_code == 404
    assert unknown.json()["type"] == f"{ERRORS}ResourceNotFound"
    assert unknown.headers["ngsild-snapshot"] == "urn:s:unknown"
    assert (await world.inside("nothing", "/entities")).status_code == 400


@pytest.mark.clause("5.16.1.4")
@pytest.mark.parametrize(
    ("queries", "status", "details"),
    [
        ([LAMPS, {**LAMPS, "q": "level>90"}], "partial", ["success", "empty"]),
        ([{**LAMPS, "q": "level>90"}], "empty", ["empty"]),
        ([{"type": "Query", "scopeQ": "/a"}], "failure", ["failure"]),
        ([{"type": "Query", "scopeQ": "/a"}, LAMPS], "partial", ["failure", "success"]),
        ([{"type": "Query", "scopeQ": "/a"}, {**LAMPS, "q": "b"}], "empty", ["failure", "empty"]),
    ],
)
async def test_status_should_tell_what_queries_came_to(
    world: World, queries: Json, status: str, details: list[str]
) -> None:
    name = await world.make(snapshotQueries=queries)
    found = await world.status(name)
    assert found["snapshotStatus"] == status
    assert [one["resultStatus"] for one in found["snapshotQueriesDetails"]] == details
    for one in found["snapshotQueriesDetails"]:
        assert ("problemDetails" in one) == (one["resultStatus"] == "failure")
    usable = await world.inside(name, "/entities")
    assert usable.status_code == (409 if status == "failure" else 200)


@pytest.mark.clause("5.2.41")
async def test_queries_that_find_too_much_should_leave_nothing(world: World) -> None:
    entities = [{"id": f"urn:ngsi-ld:Bin:{n}", "type": "Bin", "n": prop(n)} for n in range(30)]
    answer = await world.api.post("/entityOperations/create", json=entities)
    assert answer.status_code == 201
    bins = {"type": "Query", "entities": [{"type": "Bin"}]}
    name = await world.make(snapshotQueries=[LAMPS, bins])
    found = await world.status(name)
    assert found["snapshotStatus"] == "partial"
    assert found["snapshotQueriesDetails"][1]["problemDetails"]["type"] == f"{ERRORS}TooManyResults"
    assert len(ids(await world.inside(name, "/entities", limit="100"))) == 5


@pytest.mark.clause("5.2.23")
async def test_projections_datasets_and_links_should_be_kept(world: World) -> None:
    name = await world.make(
        snapshotQueries=[
            {"type": "Query", "entities": [{"type": "Pole"}], "join": "flat", "joinLevel": 1},
            {**LAMPS, "pick": ["id", "level"], "q": "level==1"},
            {**LAMPS, "attrs": ["other"]},
            {**LAMPS, "datasetId": ["urn:d:1"], "q": "level==2"},
        ]
    )
    found = {one["id"]: one for one in (await world.inside(name, "/entities")).json()}
    assert set(found) == {"urn:ngsi-ld:Pole:1", "urn:ngsi-ld:Poster:1", lamp(1), lamp(2)}
    assert set(found[lamp(1)]) == {"id", "type", "level"}
    assert set(found[lamp(2)]) == {"id", "type"}


@pytest.mark.clause("5.16.1.4", "5.2.41")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "Snapshot"}, "snapshotQueries"),
        ({"type": "Snap", "snapshotQueries": [LAMPS]}, "type"),
        ({"type": "Snapshot", "id": "no uri", "snapshotQueries": [LAMPS]}, "id"),
        ({"type": "Snapshot", "snapshotQueries": []}, "snapshotQueries"),
        ({"type": "Snapshot", "snapshotQueries": [{"type": "Query", "q": "=="}]}, "q"),
        ({"type": "Snapshot", "snapshotQueries": [{**LAMPS, "temporalQ": EVER}]}, "temporalQ"),
        ({"type": "Snapshot", "snapshotTemporalQueries": [LAMPS]}, "temporalQ"),
        ({"type": "Snapshot", "snapshotQueries": [{**LAMPS, "qq": "a"}]}, "qq"),
        ({"type": "Snapshot", "snapshotQueries": [LAMPS], "snapshotPriority": 11}, "Priority"),
        ({"type": "Snapshot", "snapshotQueries": [LAMPS], "snapshotPriority": True}, "Priority"),
        ({"type": "Snapshot", "snapshotQueries": [LAMPS], "snapshotLifetime": "soon"}, "Lifetime"),
        ({"type": "Snapshot", "snapshotQueries": [LAMPS], "snapshotLifetime": "PT0S"}, "Lifetime"),
        ({"type": "Snapshot", "snapshotQueries": [LAMPS], "endpoint": "mqtt://a/b"}, "endpoint"),
        ({"type": "Snapshot", "snapshotQueries": [LAMPS], "endpoint": None}, "endpoint"),
        ({"type": "Snapshot", "snapshotQueries": [LAMPS], "lifetime": "PT1H"}, "lifetime"),
        (
            {"type": "Snapshot", "snapshotQueries": [LAMPS], "receiverInfo": [{"key": "a b"}]},
            "value",
        ),
    ],
)
async def test_create_should_refuse_what_breaks_the_table(
    world: World, body: Json, field: str
) -> None:
    response = await world.api.post("/snapshots", json=body)
    assert response.status_code == 400, response.text
    assert response.json()["type"] == f"{ERRORS}BadRequestData"
    assert field in response.json()["field"]


@pytest.mark.clause("5.16.1.4", "5.16.3.4", "6.36.3.1")
async def test_ids_should_be_known_once_on_a_tenant(world: World) -> None:
    body = {"type": "Snapshot", "id": "urn:s:1", "snapshotQueries": [LAMPS]}
    await world.ask(body)
    again = await world.api.post("/snapshots", json=body)
    assert again.status_code == 409
    assert again.json()["type"] == f"{ERRORS}AlreadyExists"
    # Snapshots are on tenants (5.5.15).
    await world.ask(body, **{"NGSILD-Tenant": "other"})
    for path in ("/snapshots/urn:s:2", "/snapshots/x"):
        response = await world.api.get(path)
        assert response.status_code == (404 if "urn" in path else 400)
    elsewhere = await world.api.get("/snapshots/urn:s:1", headers={"NGSILD-Tenant": "none"})
    assert elsewhere.status_code == 404
    await world.api.delete("/snapshots/urn:s:1", headers={"NGSILD-Tenant": "other"})


@pytest.mark.clause("5.5.15", "4.14")
async def test_snapshots_should_be_of_one_tenant(world: World) -> None:
    tenant = {"NGSILD-Tenant": "harbour"}
    entity = {"id": "urn:ngsi-ld:Crane:1", "type": "Crane", "tons": prop(3)}
    assert (await world.api.post("/entities", json=entity, headers=tenant)).status_code == 201
    query = {"type": "Query", "entities": [{"type": "Crane"}]}
    name = await world.ask({"type": "Snapshot", "snapshotQueries": [query]}, **tenant)
    await world.node.snapshot_work.prepare_next()
    both = {**tenant, "NGSILD-Snapshot": name}
    found = await world.api.get("/entities", headers=both)
    assert ids(found) == ["urn:ngsi-ld:Crane:1"]
    assert found.headers["ngsild-tenant"] == "harbour"
    assert (await world.inside(name, "/entities")).status_code == 404
    assert all(not one.startswith("/") for one in world.node.store.tenants())
    assert (await world.api.delete(f"/snapshots/{name}", headers=tenant)).status_code == 204


@pytest.mark.clause("5.16.2", "6.38.3.1")
async def test_clone_should_have_all_that_the_snapshot_has(world: World) -> None:
    source = await world.make(snapshotTemporalQueries=[{**LAMPS, "temporalQ": EVER}])
    header = {"NGSILD-Snapshot": source}
    await world.api.patch(f"/entities/{lamp(1)}/attrs/level", json=prop(100), headers=header)
    response = await world.api.post(
        f"/snapshots/{source}/clone", json={"type": "Snapshot", "id": "urn:s:clone"}
    )
    assert response.status_code == 201, response.text
    assert response.headers["location"] == "/ngsi-ld/v1/snapshots/urn:s:clone"
    assert (await world.status("urn:s:clone"))["snapshotStatus"] == "preparing"
    assert await world.node.snapshot_work.prepare_next()
    clone = await world.status("urn:s:clone")
    assert clone["snapshotStatus"] == "success"
    assert "snapshotQueries" not in clone
    for path, params in (("/entities", {}), ("/temporal/entities", EVER)):
        one, other = [
            (await world.inside(name, path, options="sysAttrs", **params)).json()
            for name in (source, "urn:s:clone")
        ]
        assert one
        assert without_instance_ids(one) == without_instance_ids(other)
    await world.api.delete(f"/snapshots/{source}")
    await world.node.snapshot_work.tidy()
    assert len(ids(await world.inside("urn:s:clone", "/entities"))) == 5


def without_instance_ids(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: without_instance_ids(one) for key, one in value.items() if key != "instanceId"}
    return [without_instance_ids(one) for one in value] if isinstance(value, list) else value


@pytest.mark.clause("5.16.2.4")
async def test_clone_should_be_refused_where_there_is_nothing_to_clone(world: World) -> None:
    body = {"type": "Snapshot"}
    missing = await world.api.post("/snapshots/urn:s:none/clone", json=body)
    assert missing.status_code == 404
    waiting = await world.ask({"type": "Snapshot", "snapshotQueries": [LAMPS]})
    early = await world.api.post(f"/snapshots/{waiting}/clone", json=body)
    assert early.status_code == 409
    await world.node.snapshot_work.prepare_next()
    for wrong, status in (
        ({"type": "Snapshot", "snapshotQueries": [LAMPS]}, 400),
        ({"type": "Snapshot", "id": waiting}, 409),
        ({}, 400),
    ):
        response = await world.api.post(f"/snapshots/{waiting}/clone", json=wrong)
        assert response.status_code == status, response.text


@pytest.mark.clause("5.16.2.4")
async def test_clone_should_fail_when_its_source_goes_first(world: World) -> None:
    source = await world.make()
    clone = await world.api.post(f"/snapshots/{source}/clone", json={"type": "Snapshot"})
    name = clone.headers["location"].rpartition("/")[2]
    await world.api.delete(f"/snapshots/{source}")
    assert await world.node.snapshot_work.prepare_next()
    assert (await world.status(name))["snapshotStatus"] == "failure"
    assert (await world.inside(name, "/entities")).status_code == 409


@pytest.mark.clause("5.16.4", "6.37.3.2")
async def test_update_should_change_what_can_be_changed(world: World) -> None:
    name = await world.make(endpoint="http://127.0.0.1:1/told", snapshotLifetime="PT1H")
    before = await world.status(name)
    fragment = {
        "type": "Snapshot",
        "snapshotLifetime": "PT2H",
        "snapshotPriority": 9,
        "endpoint": "urn:ngsi-ld:null",
        "snapshotStatus": "failure",
        "expiresAt": "2000-01-01T00:00:00Z",
    }
    response = await world.api.patch(f"/snapshots/{name}", json=fragment)
    assert response.status_code == 200, response.text
    after = response.json()
    assert after == await world.status(name)
    assert (after["snapshotPriority"], after["snapshotStatus"]) == (9, "success")
    assert after["expiresAt"] > before["expiresAt"]
    assert "endpoint" not in after
    for wrong in (
        {"snapshotQueries": [LAMPS]},
        {"snapshotTemporalQueries": [LAMPS]},
        {"id": "urn:s:other"},
        {"type": "Query"},
        {"snapshotPriority": 0},
        {"colour": "red"},
        {},
    ):
        refused = await world.api.patch(f"/snapshots/{name}", json=wrong)
        assert refused.status_code == 400, wrong
    missing = await world.api.patch("/snapshots/urn:s:none", json={"snapshotPriority": 1})
    assert missing.status_code == 404
    for notice in world.node.snapshot_work.notices():
        await world.node.snapshot_work.settle(notice)


@pytest.mark.clause("5.2.41")
async def test_lifetime_should_be_bounded(world: World) -> None:
    name = await world.make(snapshotLifetime="P10Y")
    found = await world.status(name)
    lives_s = (parse_datetime(found["expiresAt"]) - parse_datetime(found["createdAt"])) / 1e6
    assert lives_s == SETTINGS.snapshots.max_lifetime_hours * 3600
    assert found["snapshotLifetime"] == "P10Y"


@pytest.mark.clause("5.16.5", "6.37.3.3")
async def test_delete_should_leave_nothing_in_the_place(world: World) -> None:
    name = await world.make(snapshotTemporalQueries=[{**LAMPS, "temporalQ": EVER}])
    header = {"NGSILD-Snapshot": name}
    subscription = {
        "type": "Subscription",
        "entities": [{"type": "Lamp"}],
        "notification": {"endpoint": {"uri": "http://127.0.0.1:1/told"}},
    }
    response = await world.api.post("/subscriptions", json=subscription, headers=header)
    assert response.status_code == 201, response.text
    assert (await world.api.get("/subscriptions")).json() == []
    assert (await world.api.delete(f"/snapshots/{name}")).status_code == 204
    assert (await world.api.delete(f"/snapshots/{name}")).status_code == 404
    assert (await world.inside(name, "/entities")).status_code == 404
    await world.node.snapshot_work.tidy()
    store = world.node.store
    assert store.hidden_tenants()
    for place in store.hidden_tenants():
        assert store.summary(place) == ()
        assert store.history.evolutions(place) == []
        assert world.node.subscription_index.of_tenant(place) == []
    # The place is used again.
    places = len(store.hidden_tenants())
    await world.make()
    assert len(store.hidden_tenants()) == places


@pytest.mark.clause("5.16.7", "6.36.3.2")
async def test_purge_should_delete_what_a_query_selects(world: World) -> None:
    for number, priority in enumerate((2, 5, 9)):
        await world.ask(
            {
                "type": "Snapshot",
                "id": f"urn:s:{number}",
                "snapshotPriority": priority,
                "snapshotQueries": [LAMPS],
            }
        )
    await world.node.snapshot_work.prepare_next()

    async def purge(q: str) -> int:
        return (await world.api.delete("/snapshots", params={"q": q})).status_code

    assert await purge("snapshotPriority>9") == 404
    assert await purge('snapshotStatus=="preparation";snapshotPriority<9') == 204
    assert await purge('snapshotStatus=="preparing"') == 204
    assert await purge("createdAt<2020-01-01T00:00:00Z") == 404
    assert await purge("lastUsedAt<2020-01-01T00:00:00Z") == 404
    assert await purge("expiresAt>2020-01-01T00:00:00Z") == 204
    assert await purge("colour==1") == 400
    assert await purge("==") == 400
    assert (await world.api.delete("/snapshots")).status_code == 400
    assert (await world.api.get("/snapshots")).status_code == 405


@pytest.mark.clause("5.5.15")
async def test_less_important_snapshots_should_make_room(world: World) -> None:
    for number in range(12):
        priority = 3 if number == 7 else 4 if number == 2 else 5
        await world.ask(
            {
                "type": "Snapshot",
                "id": f"urn:s:{number}",
                "snapshotPriority": priority,
                "snapshotQueries": [LAMPS],
            }
        )
    await world.ask({"type": "Snapshot", "id": "urn:s:new", "snapshotQueries": [LAMPS]})
    assert (await world.api.get("/snapshots/urn:s:7")).status_code == 404
    await world.ask({"type": "Snapshot", "id": "urn:s:newer", "snapshotQueries": [LAMPS]})
    assert (await world.api.get("/snapshots/urn:s:2")).status_code == 404
    body = {"type": "Snapshot", "snapshotQueries": [LAMPS]}
    full = await world.api.post("/snapshots", json=body)
    assert full.status_code == 403
    assert full.json()["reason"] == "too-many-snapshots"


@pytest.mark.clause("5.5.7", "6.3.5")
async def test_status_should_be_in_the_words_of_the_context(world: World) -> None:
    names = {"Lantaarn": "https://uri.etsi.org/ngsi-ld/default-context/Lamp", "niveau": LEVEL}
    body = {
        "@context": names,
        "type": "Snapshot",
        "snapshotQueries": [
            {
                "type": "Query",
                "entities": [{"type": "Lantaarn", "idPattern": ".*"}],
                "q": "niveau>2",
                "pick": ["id", "niveau"],
                "expandValues": "niveau",
            },
            {"type": "Query", "attrs": ["niveau"], "csf": "niveau==1"},
        ],
    }
    response = await world.api.post(
        "/snapshots", json=body, headers={"Content-Type": "application/ld+json"}
    )
    assert response.status_code == 201, response.text
    await world.node.snapshot_work.prepare_next()
    found = await world.status(response.headers["location"].rpartition("/")[2])
    assert found["snapshotStatus"] == "success"
    assert found["snapshotQueries"] == [
        {
            "type": "Query",
            "entities": [{"type": "Lamp", "idPattern": ".*"}],
            "q": "level>2",
            "pick": ["id", "level"],
            "expandValues": "level",
        },
        {"type": "Query", "attrs": ["level"], "csf": "level==1"},
    ]


LEVEL = "https://uri.etsi.org/ngsi-ld/default-context/level"


@pytest.mark.clause("5.16.1.4")
async def test_expired_snapshots_should_go(world: World) -> None:
    soon = {"snapshotLifetime": "PT0.000001S", "endpoint": "http://127.0.0.1:1/told"}
    name = await world.ask({"type": "Snapshot", "snapshotQueries": [LAMPS], **soon})
    assert not await world.node.snapshot_work.prepare_next()
    assert (await world.api.get(f"/snapshots/{name}")).status_code == 404
    assert (await world.inside(name, "/entities")).status_code == 404
    await world.node.snapshot_work.tidy()
    (notice,) = world.node.snapshot_work.notices()
    assert notice.body["expiresAt"] < notice.body["notifiedAt"]
    await world.node.snapshot_work.settle(notice)


async def test_use_should_be_noted(world: World) -> None:
    name = await world.make()
    before = (await world.status(name))["lastUsedAt"]
    await world.inside(name, "/entities")
    after = (await world.status(name))["lastUsedAt"]
    assert after > before
    await world.node.snapshot_work.tidy()
    assert (await world.status(name))["lastUsedAt"] == after


async def test_preparation_that_never_ends_should_be_given_up(world: World) -> None:
    name = await world.ask({"type": "Snapshot", "snapshotQueries": [LAMPS] * 50})
    work = world.node.snapshot_work
    for _ in range(3):
        task = asyncio.create_task(work.prepare_next())
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await world.status(name))["snapshotStatus"] == "preparing"
    assert await work.prepare_next()
    found = await world.status(name)
    assert found["snapshotStatus"] == "failure"
    assert found["snapshotQueriesDetails"][0]["problemDetails"]["type"] == f"{ERRORS}InternalError"
    place = next(one for one in world.node.store.hidden_tenants() if world.node.snapshots.at(one))
    assert world.node.store.summary(place) == ()


async def test_snapshots_should_outlive_the_node(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", server=Server(dev=True))
    async with node_in_memory(settings) as node, client_of(node, "/ngsi-ld/v1") as api:
        await created(api, {"id": lamp(1), "type": "Lamp", "level": prop(1)})
        world = World(node, api)
        ready = await world.make(snapshotTemporalQueries=[{**LAMPS, "temporalQ": EVER}])
        waiting = await world.ask({"type": "Snapshot", "snapshotQueries": [LAMPS]})
        gone = await world.ask({"type": "Snapshot", "id": "urn:s:gone", "snapshotQueries": [LAMPS]})
        await api.delete(f"/snapshots/{gone}")
    async with node_in_memory(settings) as node, client_of(node, "/ngsi-ld/v1") as api:
        world = World(node, api)
        assert ids(await world.inside(ready, "/entities")) == [lamp(1)]
        assert (await world.status(waiting))["snapshotStatus"] == "preparing"
        assert await node.snapshot_work.prepare_next()
        assert ids(await world.inside(waiting, "/entities")) == [lamp(1)]
        await node.snapshot_work.tidy()
        assert len(node.store.hidden_tenants()) == 3
        assert (await world.ask({"type": "Snapshot", "snapshotQueries": [LAMPS]})) != gone
        assert len(node.store.hidden_tenants()) == 3
