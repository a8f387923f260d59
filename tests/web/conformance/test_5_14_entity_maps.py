"""5.14, 5.5.14, 5.5.9.3: entity maps are made, used, kept for a while, and let go of."""

from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from hanze.ngsild.moment import format_datetime, parse_datetime
from tests.several import Pretender, Served, answer, register

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any
LAMPS = [{"entities": [{"type": "Lamp"}]}]
SINCE = {"timerel": "after", "timeAt": "2026-01-01T00:00:00Z"}
EVER: Json = {
    "observationInterval": {"startAt": "2020-01-01T00:00:00Z"},
    "managementInterval": {"startAt": "2020-01-01T00:00:00Z"},
    "operations": ["retrieveTemporal", "queryTemporal", "createEntityMapQueryTemporal"],
}
HEADER = "ngsild-entitymap"


def lamp(number: int, **members: Json) -> Json:
    return {"id": name(number), "type": "Lamp", **members}


def name(number: int) -> str:
    return f"urn:ngsi-ld:Lamp:{number}"


async def hold(node: Served, *entities: Json) -> None:
    response = await node.api.post(
        "/entityOperations/upsert", json=list(entities), params={"local": "true"}
    )
    assert response.status_code in (201, 204), response.text


async def hold_evolution(node: Served, number: int, **members: Json) -> None:
    instances = {
        key: [{"type": "Property", "value": value, "observedAt": f"2026-01-0{day}T00:00:00Z"}]
        for key, (day, value) in members.items()
    }
    response = await node.api.post("/temporal/entities", json=lamp(number, **instances))
    assert response.status_code in (201, 204), response.text


async def made(node: Served, path: str = "/entities", **params: str) -> httpx.Response:
    """Ask for a map; a query answers a page beside it."""
    if "type" not in params:
        params["type"] = "Lamp"
    if path == "/entities" or path == "/temporal/entities":
        params["entityMap"] = "true"
    response = await node.api.get(path, params=params)
    assert response.status_code == 201, response.text
    return response


async def map_of(node: Served, response: httpx.Response) -> Json:
    found = await node.api.get(response.headers[HEADER].removeprefix("/ngsi-ld/v1"))
    assert found.status_code == 200, found.text
    return found.json()


@pytest.mark.clause("6.34.3.1")
async def test_map_should_say_who_has_which_entity(hub: Served, other: Served) -> None:
    await hold(hub, lamp(1), lamp(2))
    await hold(other, lamp(2), lamp(3), {"id": "urn:ngsi-ld:Bench:1", "type": "Bench"})
    source = await register(hub, other.url, LAMPS)
    response = await made(hub, "/entityMaps")
    body = response.json()
    assert body["type"] == "EntityMap"
    assert body["expiresAt"] == body["expiredBy"]
    assert body["entityMap"] == {name(1): ["@none"], name(2): ["@none", source], name(3): [source]}
    assert body["linkedMaps"].keys() == {source}
    assert response.headers[HEADER] == f"/ngsi-ld/v1/entityMaps/{body['id']}"
    assert await map_of(hub, response) == body
    theirs = await other.api.get(body["linkedMaps"][source].removeprefix("/ngsi-ld/v1"))
    assert theirs.json()["entityMap"].keys() == {name(2), name(3)}


@pytest.mark.clause("6.34.3.2")
async def test_map_should_be_made_by_a_body(hub: Served) -> None:
    await hold(hub, lamp(1, level=1), lamp(2, level=2))
    body = {"type": "Query", "entities": [{"type": "Lamp"}], "q": "level>1"}
    response = await hub.api.post("/entityMaps", json=body)
    assert response.status_code == 201, response.text
    assert response.json()["entityMap"] == {name(2): ["@none"]}
    wide = await hub.api.post("/entityMaps", json={"type": "Query"})
    assert wide.status_code == 400


@pytest.mark.clause("5.5.14")
@pytest.mark.clause("5.5.9.3")
async def test_pages_should_be_of_the_entities_of_the_map(hub: Served, other: Served) -> None:
    await hold(hub, lamp(1, level=1), lamp(2, level=1))
    await hold(other, lamp(3, level=1), lamp(4, level=1))
    await register(hub, other.url, LAMPS)
    first = await made(hub, q="level==1", limit="2")
    assert [one["id"] for one in first.json()] == [name(1), name(2)]
    assert 'rel="next"' in first.headers["link"]
    # What comes later is no part of it; what matches no longer is left out.
    await hold(hub, lamp(5, level=1))
    await hold(other, lamp(3, level=9), lamp(6, level=1))
    params = {"type": "Lamp", "q": "level==1", "limit": "2", "offset": "2", "count": "true"}
    again = {HEADER: first.headers[HEADER]}
    second = await hub.api.get("/entities", params=params, headers=again)
    assert second.status_code == 200
    assert second.headers[HEADER] == first.headers[HEADER]
    assert [one["id"] for one in second.json()] == [name(4)]
    assert second.headers["ngsild-results-count"] == "3"
    assert name(3) not in (await map_of(hub, first))["entityMap"]


@pytest.mark.clause("5.5.14")
async def test_another_query_should_not_use_a_map(hub: Served) -> None:
    await hold(hub, lamp(1))
    response = await made(hub)
    headers = {HEADER: response.headers[HEADER]}
    other = await hub.api.get("/entities", params={"type": "Bench"}, headers=headers)
    assert other.status_code == 400
    assert other.json()["field"] == "NGSILD-EntityMap"
    one = await hub.api.get("/entities", params={"type": "Lamp", "id": name(1)}, headers=headers)
    assert [entity["id"] for entity in one.json()] == [name(1)]


@pytest.mark.clause("5.5.14")
async def test_map_that_is_gone_should_be_made_again(hub: Served) -> None:
    await hold(hub, lamp(1))
    headers = {HEADER: "urn:ngsi-ld:EntityMap:gone"}
    response = await hub.api.get("/entities", params={"type": "Lamp"}, headers=headers)
    assert response.status_code == 201
    assert response.headers["location"] == response.headers[HEADER]
    assert (await map_of(hub, response))["entityMap"] == {name(1): ["@none"]}


@pytest.mark.clause("4.3.6.7")
async def test_candidates_should_be_looked_at_when_entities_are_split(
    hub: Served, other: Served
) -> None:
    await hold(hub, *(lamp(number, level=1) for number in range(6)))
    await hold(other, *(lamp(number, on=number % 2 == 1) for number in range(6)))
    await register(hub, other.url, LAMPS)
    query = {"q": "level==1;on==true", "splitEntities": "true", "limit": "2"}
    first = await made(hub, **query)
    assert [one["id"] for one in first.json()] == [name(1), name(3)]
    assert {"level", "on"} <= first.json()[0].keys()
    left = (await map_of(hub, first))["entityMap"]
    assert name(0) not in left
    headers = {HEADER: first.headers[HEADER]}
    params = {"type": "Lamp", **query, "offset": "2", "count": "true"}
    second = await hub.api.get("/entities", params=params, headers=headers)
    assert [one["id"] for one in second.json()] == [name(5)]
    assert second.headers["ngsild-results-count"] == "3"
    assert 'rel="next"' not in second.headers["link"]


@pytest.mark.clause("5.14.1")
@pytest.mark.clause("5.14.3")
async def test_map_should_be_known_in_its_tenant_alone_and_until_it_is_deleted(
    hub: Served,
) -> None:
    await hold(hub, lamp(1))
    response = await made(hub)
    path = response.headers[HEADER].removeprefix("/ngsi-ld/v1")
    tenant = {"NGSILD-Tenant": "other"}
    await hub.api.post("/entities", json=lamp(1), headers=tenant)
    for method in ("GET", "DELETE"):
        assert (await hub.api.request(method, path, headers=tenant)).status_code == 404
    assert (await hub.api.delete(path)).status_code == 204
    assert (await hub.api.get(path)).status_code == 404
    assert (await hub.api.delete(path)).status_code == 404
    assert (await hub.api.get("/entityMaps/nothing")).status_code == 400


@pytest.mark.clause("5.14.2")
async def test_map_should_live_as_long_as_it_is_told(hub: Served) -> None:
    await hold(hub, lamp(1))
    response = await made(hub, entityMapLifetime="PT5M")
    path = response.headers[HEADER].removeprefix("/ngsi-ld/v1")
    now = parse_datetime(hub.node.clock())
    until = parse_datetime((await map_of(hub, response))["expiresAt"])
    assert until - now <= 300_000_000
    later = format_datetime(now + 900_000_000)
    body = {"type": "EntityMap", "expiresAt": later, "entityMap": {"urn:a:b": []}}
    assert (await hub.api.patch(path, json=body)).status_code == 204
    found = await map_of(hub, response)
    assert found["expiresAt"] == later
    assert found["entityMap"] == {name(1): ["@none"]}
    far = format_datetime(now + 10**15)
    assert (await hub.api.patch(path, json={"expiredBy": far})).status_code == 204
    assert (await map_of(hub, response))["expiresAt"] < far
    for wrong in ({"expiresAt": "2020-01-01T00:00:00Z"}, {"expiresAt": 5}, {"type": "Lamp"}):
        assert (await hub.api.patch(path, json=wrong)).status_code == 400
    unnamed = await hub.api.get("/entities", params={"type": "Lamp"}, headers={HEADER: "x" * 3000})
    assert unnamed.status_code == 400
    wrong_lifetime = {"type": "Lamp", "entityMap": "true", "entityMapLifetime": "soon"}
    assert (await hub.api.get("/entities", params=wrong_lifetime)).status_code == 400


@pytest.mark.clause("5.14.5")
@pytest.mark.clause("6.35.3.1")
async def test_temporal_map_should_serve_other_ranges(hub: Served, other: Served) -> None:
    await hold_evolution(hub, 1, level=(2, 10))
    await hold_evolution(other, 1, level=(3, 20))
    await hold_evolution(other, 2, level=(4, 30))
    source = await register(hub, other.url, LAMPS, **EVER)
    response = await made(hub, "/temporal/entityMaps", **SINCE)
    body = response.json()
    assert body["entityMap"] == {name(1): ["@none", source], name(2): [source]}
    assert body["linkedMaps"].keys() == {source}
    headers = {HEADER: response.headers[HEADER]}
    params = {"type": "Lamp", "timerel": "after", "timeAt": "2026-01-03T00:00:00Z"}
    found = await hub.api.get("/temporal/entities", params=params, headers=headers)
    assert found.status_code == 200, found.text
    assert [[one["value"] for one in entity["level"]] for entity in found.json()] == [[20], [30]]
    one = await hub.api.get(f"/temporal/entities/{name(1)}", headers=headers)
    assert [instance["value"] for instance in one.json()["level"]] == [10, 20]
    posted = await hub.api.post(
        "/temporal/entityMaps",
        json={"type": "Query", "entities": [{"type": "Lamp"}], "temporalQ": SINCE},
    )
    assert posted.json()["entityMap"] == body["entityMap"]
    present = await hub.api.get("/entities", params={"type": "Lamp"}, headers=headers)
    assert present.status_code == 400


@pytest.mark.clause("5.7.4")
async def test_temporal_query_should_make_a_map_when_asked(hub: Served, other: Served) -> None:
    for number in range(3):
        await hold_evolution(hub if number else other, number, level=(2, number))
    await register(hub, other.url, LAMPS, **EVER)
    first = await made(hub, "/temporal/entities", **SINCE, limit="2")
    assert [one["id"] for one in first.json()] == [name(1), name(2)]
    headers = {HEADER: first.headers[HEADER]}
    params = {"type": "Lamp", **SINCE, "limit": "2", "offset": "2"}
    second = await hub.api.get("/temporal/entities", params=params, headers=headers)
    assert [one["id"] for one in second.json()] == [name(0)]
    assert second.status_code == 200
    one = await hub.api.get(f"/temporal/entities/{name(0)}", params={"entityMap": "true"})
    assert one.status_code == 200
    assert (await map_of(hub, one))["entityMap"].keys() == {name(0)}


@pytest.mark.clause("5.7.1")
async def test_retrieval_should_ask_those_alone_whom_the_map_names(
    hub: Served, other: Served, liar: Pretender
) -> None:
    await hold(hub, lamp(1, level=1))
    await hold(other, lamp(1, on=True))
    source = await register(hub, other.url, LAMPS)
    first = await hub.api.get(f"/entities/{name(1)}", params={"entityMap": "true"})
    assert first.status_code == 200
    assert (await map_of(hub, first))["entityMap"] == {name(1): ["@none", source]}
    await register(hub, liar.url, LAMPS)
    headers = {HEADER: first.headers[HEADER]}
    second = await hub.api.get(f"/entities/{name(1)}", headers=headers)
    assert second.json() == first.json()
    assert second.headers[HEADER] == first.headers[HEADER]
    assert not liar.got
    await hub.api.get(f"/entities/{name(1)}")
    assert len(liar.got) == 1


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    "body",
    [
        {"type": "EntityMap", "id": "urn:a:b", "entityMap": [name(1)]},
        {"type": "EntityMap", "entityMap": {"no uri": []}},
        [{"id": name(1), "type": "Lamp"}],
        b"oh no",
    ],
)
async def test_garbage_instead_of_a_map_should_be_warned_of(
    hub: Served, liar: Pretender, body: Json
) -> None:
    await hold(hub, lamp(1))
    await register(hub, liar.url, LAMPS)
    liar.answer = answer(body, 201)
    response = await made(hub, "/entityMaps")
    assert response.json()["entityMap"] == {name(1): ["@none"]}
    assert response.headers["ngsild-warning"].startswith("111 ")


@pytest.mark.clause("5.14.4")
async def test_source_without_maps_should_be_listed(hub: Served, other: Served) -> None:
    await hold(other, *(lamp(number) for number in range(3)))
    source = await register(hub, other.url, LAMPS, operations=["retrieveOps"])
    response = await made(hub, limit="1")
    found = await map_of(hub, response)
    assert found["entityMap"] == {name(number): [source] for number in range(3)}
    assert found["linkedMaps"] == {}


@pytest.mark.clause("5.14.4")
async def test_map_of_a_local_query_should_be_of_this_node(hub: Served, liar: Pretender) -> None:
    await hold(hub, lamp(1), lamp(2))
    await register(hub, liar.url, LAMPS)
    response = await made(hub, local="true", type="*", limit="1", offset="9")
    assert [one["id"] for one in response.json()] == [name(2)]
    assert (await map_of(hub, response))["entityMap"].keys() == {name(1), name(2)}
    assert not liar.got


@pytest.mark.clause("5.5.14")
async def test_source_that_refuses_its_own_map_should_be_asked_without(
    hub: Served, liar: Pretender
) -> None:
    source = await register(hub, liar.url, LAMPS)
    liar.answer = answer({"id": "urn:m:1", "type": "EntityMap", "entityMap": {name(1): []}}, 201)
    first = await made(hub, "/entityMaps")
    assert first.json()["linkedMaps"] == {source: "urn:m:1"}

    def refuse(request: Request) -> Response:
        if HEADER in request.headers:
            return answer({"title": "Another query"}, 400)(request)
        return answer([lamp(1, level=1)])(request)

    liar.answer = refuse
    headers = {HEADER: first.headers[HEADER]}
    found = await hub.api.get("/entities", params={"type": "Lamp"}, headers=headers)
    assert [one["id"] for one in found.json()] == [name(1)]
    assert "ngsild-warning" not in found.headers
