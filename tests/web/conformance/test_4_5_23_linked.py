"""Linked entities and projections (CIM 009, 4.5.23, 4.21, 5.7.1.5, C.2.2)."""

from typing import Any

import httpx
import pytest

URN = "urn:ngsi-ld:"
CAR: dict[str, Any] = {
    "id": URN + "Car:1",
    "type": "Vehicle",
    "name": {"type": "Property", "value": "car"},
    "parked": {"type": "Relationship", "object": URN + "P:1", "objectType": "Parking"},
    "people": {"type": "Relationship", "object": [URN + "A", URN + "B", URN + "missing"]},
    "route": {
        "type": "ListRelationship",
        "objectList": [{"object": URN + "C:2"}, {"object": URN + "C:1"}],
    },
}


def simple(key: str, kind: str, **members: Any) -> dict[str, Any]:
    return {"id": URN + key, "type": kind, "name": {"type": "Property", "value": key}, **members}


OTHERS = [
    simple("P:1", "Parking", by={"type": "Relationship", "object": URN + "Firm"}),
    simple("A", "Person", friend={"type": "Relationship", "object": URN + "B"}),
    simple("B", "Person"),
    simple("C:1", "City"),
    simple("C:2", "City"),
    simple("Firm", "Company", owns={"type": "Relationship", "object": URN + "P:1"}),
]


@pytest.fixture
async def broker(api: httpx.AsyncClient) -> httpx.AsyncClient:
    assert (await api.post("/entityOperations/create", json=[CAR, *OTHERS])).status_code == 201
    return api


async def car(api: httpx.AsyncClient, query: str, **headers: str) -> Any:
    response = await api.get(f"/entities/{CAR['id']}?{query}", headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


def ids(entities: Any) -> list[str]:
    return [entity["id"].removeprefix(URN) for entity in entities]


@pytest.mark.clause("4.5.23.2")
async def test_inline_should_add_entity_and_entity_list(broker: httpx.AsyncClient) -> None:
    shown = await car(broker, "join=inline")
    assert shown["parked"]["entity"]["name"] == {"type": "Property", "value": "P:1"}
    assert shown["parked"]["object"] == URN + "P:1"
    assert "entity" not in shown["parked"]["entity"]["by"]
    assert ids(shown["people"]["entity"]) == ["A", "B"]
    assert ids(shown["route"]["entityList"]) == ["C:2", "C:1"]
    concise = await car(broker, "join=inline&format=concise")
    assert concise["parked"]["entity"]["name"] == "P:1"
    assert "type" not in concise["parked"]
    assert concise["route"]["objectList"] == [URN + "C:2", URN + "C:1"]
    assert ids(concise["route"]["entityList"]) == ["C:2", "C:1"]
    values = await car(broker, "join=inline&options=keyValues")
    assert values["parked"]["name"] == "P:1"
    assert values["parked"]["by"] == URN + "Firm"
    assert ids(values["route"]) == ["C:2", "C:1"]
    assert ids(values["people"][:2]) == ["A", "B"]
    plain = await car(broker, "join=@none")
    assert plain == CAR


@pytest.mark.clause("4.5.23.1")
async def test_the_level_should_limit_the_depth(broker: httpx.AsyncClient) -> None:
    deeper = await car(broker, "join=inline&joinLevel=2&format=simplified")
    assert deeper["parked"]["by"]["name"] == "Firm"
    assert deeper["parked"]["by"]["owns"] == URN + "P:1"
    assert deeper["people"][0]["friend"]["id"] == URN + "B"
    deepest = await car(broker, "join=inline&joinLevel=5&format=simplified")
    assert deepest["parked"]["by"]["owns"] == URN + "P:1"


@pytest.mark.clause("4.5.23.3")
async def test_flat_should_append_each_linked_entity_once(broker: httpx.AsyncClient) -> None:
    assert ids(await car(broker, "join=flat")) == ["Car:1", "P:1", "A", "B", "C:2", "C:1"]
    deeper = await car(broker, "join=flat&joinLevel=2")
    assert ids(deeper) == ["Car:1", "P:1", "A", "B", "C:2", "C:1", "Firm"]
    assert "entity" not in deeper[0]["parked"]
    many = await broker.get("/entities?type=Vehicle|Person&join=flat")
    assert ids(many.json()) == ["Car:1", "A", "B", "P:1", "C:2", "C:1"]
    features = await car(broker, "join=flat", Accept="application/geo+json")
    assert features["type"] == "FeatureCollection"
    assert ids(features["features"]) == ["Car:1", "P:1", "A", "B", "C:2", "C:1"]


@pytest.mark.clause("6.4.3.2")
async def test_entities_met_before_should_be_left_out(broker: httpx.AsyncClient) -> None:
    met = f"containedBy={URN}A,{URN}C:1&joinLevel=1"
    assert ids(await car(broker, f"join=flat&{met}")) == ["Car:1", "P:1", "B", "C:2"]
    inline = await car(broker, f"join=inline&{met}")
    assert ids(inline["people"]["entity"]) == ["B"]
    assert ids(inline["route"]["entityList"]) == ["C:2"]


@pytest.mark.clause("4.21")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("pick=id", {"id": CAR["id"]}),
        ("pick=type", {"type": "Vehicle"}),
        ("pick=id,type,name", {"id": CAR["id"], "type": "Vehicle", "name": "car"}),
        ("pick=name|id", {"id": CAR["id"], "name": "car"}),
        ("pick=nothing", {}),
        ("omit=people,route,parked", {"id": CAR["id"], "type": "Vehicle", "name": "car"}),
        ("omit=id,type,people,route,parked", {"name": "car"}),
        ("pick=name,id&omit=id", {"name": "car"}),
        ("pick=parked,name&attrs=name", {"name": "car"}),
        ("pick=parked{name}&join=inline", {"parked": {"name": "P:1"}}),
        ("pick=parked{id,name}&join=inline", {"parked": {"id": URN + "P:1", "name": "P:1"}}),
        (
            "pick=name,parked{name,by{name}}&join=inline&joinLevel=2",
            {"name": "car", "parked": {"name": "P:1", "by": {"name": "Firm"}}},
        ),
        # What is picked applies to all entities of the answer.
        ("pick=name,parked&join=inline", {"name": "car", "parked": {"name": "P:1"}}),
        (
            "pick=name,parked&omit=parked{by|type}&join=inline",
            {"name": "car", "parked": {"name": "P:1"}},
        ),
        (
            "omit=type,people,route,by&join=inline",
            {
                "id": CAR["id"],
                "name": "car",
                "parked": {"id": URN + "P:1", "name": "P:1"},
            },
        ),
    ],
)
async def test_projections_should_reach_all_entities(
    broker: httpx.AsyncClient, query: str, expected: dict[str, Any]
) -> None:
    assert await car(broker, query + "&format=simplified") == expected
    listed = await broker.get(f"/entities?type=Vehicle&format=simplified&{query}")
    assert listed.json() == [expected]


@pytest.mark.clause("5.7.1.5")
async def test_flat_projections_should_follow_what_is_shown(broker: httpx.AsyncClient) -> None:
    assert ids(await car(broker, "pick=id,route&join=flat")) == ["Car:1", "C:2", "C:1"]
    picked = await car(broker, "pick=id,people{id,name}&join=flat&format=simplified")
    assert picked[1:] == [{"id": URN + "A", "name": "A"}, {"id": URN + "B", "name": "B"}]
    omitted = await car(broker, "omit=people,route,type&join=flat&format=simplified")
    assert omitted[1] == {"id": URN + "P:1", "name": "P:1", "by": URN + "Firm"}
    assert ids(await car(broker, "attrs=parked&join=flat")) == ["Car:1", "P:1"]


@pytest.mark.clause("5.7.1.4")
@pytest.mark.parametrize(
    "query",
    [
        *("pick=parked{name}", "omit=parked{name}", "pick=parked{by{name}}&join=inline"),
        *("pick=parked{name}&join=@none", "join=all", "join=", "join=inline&joinLevel=0"),
        *("join=flat&joinLevel=x", "join=flat&joinLevel=-1", "pick=", "omit=", "pick=a,,b"),
        *("pick=parked{", "pick=parked}", "pick=parked{}&join=flat", "pick=a b", "pick=[a]"),
        *("join=flat&containedBy=nothing", "attrs=id", "attrs=type", "attrs="),
    ],
)
async def test_wrong_joins_and_projections_should_be_refused(
    broker: httpx.AsyncClient, query: str
) -> None:
    for url in (f"/entities/{CAR['id']}?{query}", f"/entities?type=Vehicle&{query}"):
        response = await broker.get(url)
        assert response.status_code == 400, f"{url}: {response.text}"
        assert response.json()["type"].endswith("/BadRequestData")


@pytest.mark.clause("5.5.6")
async def test_a_join_that_is_too_deep_should_be_too_complex(broker: httpx.AsyncClient) -> None:
    assert (await broker.get(f"/entities/{CAR['id']}?join=inline&joinLevel=10")).status_code == 200
    response = await broker.get(f"/entities/{CAR['id']}?join=inline&joinLevel=11")
    assert response.status_code == 403
    assert response.json()["type"].endswith("/TooComplexQuery")
    scope = await broker.get(f"/entities/{CAR['id']}?attrs=scope")
    assert scope.status_code == 400
