"""Retrieve and query by id, type, attributes and dataset (CIM 009, 5.7.1, 5.7.2, 4.5.5.1)."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

ID = "urn:ngsi-ld:T:1"
ENTITIES: list[dict[str, Any]] = [
    {
        "id": ID,
        "type": ["T", "U"],
        "scope": "/a",
        "n": 1,
        "speed": [{"value": 1}, {"value": 2, "datasetId": "urn:d:1"}],
        "other": {"value": 3, "datasetId": "urn:d:2"},
    },
    {"id": "urn:ngsi-ld:T:2", "type": "T", "n": 2},
    {"id": "urn:ngsi-ld:V:3", "type": "V", "n": 3, "m": 3},
]


@pytest.fixture
async def broker(api: httpx.AsyncClient) -> httpx.AsyncClient:
    assert (await api.post("/entityOperations/create", json=ENTITIES)).status_code == 201
    return api


@pytest.mark.clause("5.7.1.4")
@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("", "id type scope n speed other"),
        ("type=T", "id type scope n speed other"),
        ("type=V|U", "id type scope n speed other"),
        ("type=(T;U)&local=true", "id type scope n speed other"),
        ("attrs=n", "id type scope n"),
        ("attrs=n,none", "id type scope n"),
        ("attrs=https://uri.etsi.org/ngsi-ld/default-context/n", "id type scope n"),
        ("pick=n,none", "n"),
        ("attrs=n,speed&pick=speed,id", "id speed"),
        ("attrs=n,speed&omit=n,scope", "id type speed"),
        ("datasetId=urn:d:1", "id type scope speed"),
        ("datasetId=@none", "id type scope n speed"),
        ("datasetId=urn:d:2,@none", "id type scope n speed other"),
        ("datasetId=urn:none", "id type scope"),
        ("type=V", None),
        ("type=(T;V)", None),
        ("attrs=none", None),
        ("attrs=m", None),
        ("type=V&attrs=n", None),
    ],
)
async def test_a_retrieval_should_be_narrowed(
    broker: httpx.AsyncClient, query: str, members: str | None
) -> None:
    response = await broker.get(f"/entities/{ID}?{query}")
    if members is None:
        assert response.status_code == 404
        assert response.json()["type"].endswith("/ResourceNotFound")
    else:
        assert response.status_code == 200, response.text
        assert list(response.json()) == members.split()


@pytest.mark.clause("4.5.5.1")
@pytest.mark.parametrize(
    ("query", "speed"),
    [
        ("datasetId=urn:d:1", {"type": "Property", "value": 2, "datasetId": "urn:d:1"}),
        ("datasetId=@none", {"type": "Property", "value": 1}),
        ("datasetId=urn:d:1&format=simplified", 2),
        ("format=simplified", {"dataset": {"@none": 1, "urn:d:1": 2}}),
        ("format=concise&datasetId=urn:d:1", {"value": 2, "datasetId": "urn:d:1"}),
    ],
)
async def test_instances_should_be_chosen(
    broker: httpx.AsyncClient, query: str, speed: object
) -> None:
    one = await broker.get(f"/entities/{ID}?{query}")
    many = await broker.get(f"/entities?type=U&{query}")
    assert one.json()["speed"] == many.json()[0]["speed"] == speed


@pytest.mark.clause("5.7.2.4")
@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("type=T", "1 2"),
        ("type=T&id=urn:ngsi-ld:T:2,urn:ngsi-ld:V:3", "2"),
        ("type=T,V&id=urn:ngsi-ld:V:3,urn:ngsi-ld:T:1", "1 3"),
        ("type=T&idPattern=^urn:ngsi-ld:T:[2-9]$", "2"),
        ("type=T&idPattern=2", "2"),
        ("attrs=m,speed", "1 3"),
        ("attrs=m&type=T", ""),
        ("q=n%3E1&attrs=m", "3"),
        ("q=n%3E1&type=T&id=urn:ngsi-ld:T:1", ""),
        ("local=true", "1 2 3"),
        ("local=true&id=urn:ngsi-ld:V:3", "3"),
        ("local=true&idPattern=T", "1 2"),
        ("local=true&scopeQ=/a", "1"),
        ("type=*", "1 2 3"),
        ("type=*&local=true&q=m", "3"),
        ("type=T&splitEntities=false&csf=a==1", "1 2"),
        ("type=T&entityMap=false&entityMapLifetime=PT5M", "1 2"),
        ("type=T&datasetId=urn:none", "1 2"),
    ],
)
async def test_a_query_should_meet_all_conditions(
    broker: httpx.AsyncClient, query: str, keys: str
) -> None:
    response = await broker.get(f"/entities?{query}")
    assert response.status_code == 200, response.text
    assert [entity["id"][-1] for entity in response.json()] == keys.split()


@pytest.mark.clause("6.2")
@pytest.mark.parametrize("entity_id", ["urn:a:b/c", "http://x.org/y?z=1#f", "urn:é:ü", "a:b%2F"])
async def test_ids_should_be_percent_encoded(api: httpx.AsyncClient, entity_id: str) -> None:
    created = await api.post("/entities", json={"id": entity_id, "type": "T"})
    assert created.status_code == 201, created.text
    for url in (
        "http://localhost" + created.headers["location"],
        "/entities/" + quote(entity_id, safe=""),
    ):
        assert (await api.get(url)).json()["id"] == entity_id
    found = await api.get("/entities", params={"id": entity_id, "type": "T"})
    assert len(found.json()) == 1
