"""5.16.2 to 5.16.7, 6.37, 6.38: snapshots are cloned, changed, purged, and end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hanze.ngsild.moment import parse_datetime
from hanze.settings import Server, Settings
from tests.in_process import client_of, node_in_memory
from tests.web.conformance.snapshot_world import (
    ERRORS,
    EVER,
    LAMPS,
    SETTINGS,
    Json,
    World,
    created,
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
