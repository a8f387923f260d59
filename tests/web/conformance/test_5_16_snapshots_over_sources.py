"""5.16.1.4, 5.5.15: what several nodes have is frozen at one of them."""

from typing import Any

import pytest
from starlette.responses import Response

from tests.several import Pretender, Served, register

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any
LAMPS: Json = {"type": "Query", "entities": [{"type": "Lamp"}]}
EVER: Json = {"timerel": "after", "timeAt": "2020-01-01T00:00:00Z"}
HISTORIES: Json = {
    "observationInterval": {"startAt": "2020-01-01T00:00:00Z"},
    "operations": ["retrieveTemporal", "queryTemporal"],
}


def lamp(number: int, **members: Json) -> Json:
    attributes = {name: {"type": "Property", "value": value} for name, value in members.items()}
    return {"id": f"urn:ngsi-ld:Lamp:{number}", "type": "Lamp", **attributes}


async def hold(node: Served, *entities: Json) -> None:
    response = await node.api.post(
        "/entityOperations/upsert", json=list(entities), params={"local": "true"}
    )
    assert response.status_code in (201, 204), response.text


async def make(node: Served, **members: Json) -> tuple[str, Json]:
    """Create a snapshot and prepare it; returns its id and what it has become."""
    response = await node.api.post("/snapshots", json={"type": "Snapshot", **members})
    assert response.status_code == 201, response.text
    assert await node.node.snapshot_work.prepare_next()
    name = response.headers["location"].rpartition("/")[2]
    return name, (await node.api.get(f"/snapshots/{name}")).json()


async def inside(node: Served, name: str, path: str = "/entities", **params: str) -> Json:
    answer = await node.api.get(path, params=params, headers={"NGSILD-Snapshot": name})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.clause("4.3.7", "5.16.1.4", "5.7.2.4")
async def test_snapshot_should_hold_what_all_nodes_have(hub: Served, other: Served) -> None:
    await hold(hub, lamp(1, level=1), lamp(2, level=2))
    await hold(other, lamp(2, watts=20), lamp(3, level=3))
    await register(hub, other.url, [{"entities": [{"type": "Lamp"}]}])
    name, status = await make(hub, snapshotQueries=[LAMPS])
    assert status["snapshotStatus"] == "success"
    await hold(other, lamp(3, level=300), lamp(4, level=4))
    found = await inside(hub, name, format="simplified", local="false")
    assert sorted(found, key=lambda one: one["id"]) == [
        {"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp", "level": 1},
        {"id": "urn:ngsi-ld:Lamp:2", "type": "Lamp", "level": 2, "watts": 20},
        {"id": "urn:ngsi-ld:Lamp:3", "type": "Lamp", "level": 3},
    ]


@pytest.mark.clause("5.16.1.4")
async def test_all_pages_should_be_retrieved(hub: Served, other: Served) -> None:
    await hold(hub, *(lamp(number, level=number) for number in range(600)))
    await hold(other, *(lamp(number, level=number) for number in range(600, 1300)))
    await register(hub, other.url, [{"entities": [{"type": "Lamp"}]}])
    name, status = await make(hub, snapshotQueries=[LAMPS])
    assert status["snapshotStatus"] == "success"
    answer = await hub.api.get(
        "/entities", params={"count": "true", "limit": "0"}, headers={"NGSILD-Snapshot": name}
    )
    assert answer.headers["ngsild-results-count"] == "1300"


@pytest.mark.clause("5.16.1.4", "5.7.4.4")
async def test_snapshot_should_hold_histories_of_all_nodes(hub: Served, other: Served) -> None:
    for node, number in ((hub, 1), (other, 2)):
        level = [
            {"type": "Property", "value": day, "observedAt": f"2026-01-0{day}T00:00:00Z"}
            for day in (1, 2, 3)
        ]
        evolution = {**lamp(number), "level": level}
        answer = await node.api.post("/temporal/entities", json=evolution)
        assert answer.status_code == 201, answer.text
    await register(hub, other.url, [{"entities": [{"type": "Lamp"}]}], **HISTORIES)
    name, status = await make(hub, snapshotTemporalQueries=[{**LAMPS, "temporalQ": EVER}])
    assert status["snapshotStatus"] == "success", status
    found = await inside(hub, name, "/temporal/entities", format="temporalValues", **EVER)
    assert {one["id"]: [value for value, _ in one["level"]["values"]] for one in found} == {
        "urn:ngsi-ld:Lamp:1": [1, 2, 3],
        "urn:ngsi-ld:Lamp:2": [1, 2, 3],
    }


@pytest.mark.clause("5.2.42")
async def test_details_should_tell_of_sources_that_did_not_answer(
    hub: Served, liar: Pretender
) -> None:
    await hold(hub, lamp(1, level=1))
    liar.answer = lambda _: Response(status_code=500)
    await register(hub, liar.url, [{"entities": [{"type": "Lamp"}]}])
    name, status = await make(hub, snapshotQueries=[LAMPS])
    assert status["snapshotStatus"] == "success"
    (details,) = status["snapshotQueriesDetails"]
    assert details["resultStatus"] == "success"
    assert "sources" in details["problemDetails"]["title"]
    assert [one["id"] for one in await inside(hub, name)] == ["urn:ngsi-ld:Lamp:1"]


@pytest.mark.clause("5.16.1.4")
async def test_status_should_be_failure_when_the_only_source_refuses(
    hub: Served, liar: Pretender
) -> None:
    liar.answer = lambda _: Response(status_code=500)
    await register(hub, liar.url, [{"entities": [{"type": "Lamp"}]}], mode="redirect")
    _, status = await make(hub, snapshotQueries=[LAMPS])
    assert status["snapshotStatus"] == "failure"
    assert "problemDetails" in status["snapshotQueriesDetails"][0]


@pytest.mark.clause("4.3.6.5", "5.16.1.4")
async def test_sources_should_be_shown_what_the_request_had(hub: Served, liar: Pretender) -> None:
    await register(
        hub,
        liar.url,
        [{"entities": [{"type": "Lamp"}]}],
        contextSourceInfo=[{"key": "X-Door", "value": "urn:ngsi-ld:request"}],
    )
    hub.api.headers["X-Door"] = "open"
    await make(hub, snapshotQueries=[LAMPS])
    assert liar.got
    assert {headers.get("x-door") for _, _, headers in liar.got} == {"open"}
