"""5.16.1, 5.5.15, 6.3.22, 6.36: what queries find is frozen, and worked with apart."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.web.conformance.snapshot_world import (
    ERRORS,
    EVER,
    LAMPS,
    Json,
    World,
    ids,
    lamp,
    prop,
    world_of_lamps,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole() -> AsyncIterator[World]:
    async with world_of_lamps() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def world(whole: World) -> AsyncIterator[World]:
    yield whole
    await whole.end()


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
