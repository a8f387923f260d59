"""Types and attributes (CIM 009, 4.5.10 to 4.5.15, 5.2.24 to 5.2.28, 5.7.5 to 5.7.11, C.5.7 to C.5.12)."""

from typing import Any

import httpx
import pytest

NS = "http://example.org/vehicle/"
CORE = "https://uri.etsi.org/ngsi-ld/"
CONTEXT = {"Vehicle": NS + "Vehicle", "builder": NS + "builder", "isMoored": NS + "isMoored"}
LD = {"Accept": "application/ld+json"}

ENTITIES: list[dict[str, Any]] = [
    {
        "id": "urn:v:1",
        "type": "Vehicle",
        "builder": {"type": "Property", "value": "M"},
        "isMoored": {"type": "Relationship", "object": "urn:p:1"},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1, 2]}},
    },
    {
        "id": "urn:v:2",
        "type": ["Vehicle", "http://example.org/parking/Spot"],
        "builder": {"type": "LanguageProperty", "languageMap": {"en": "N"}},
        "http://example.org/parking/state": {"type": "VocabProperty", "vocab": "free"},
    },
]


@pytest.fixture
async def broker(api: httpx.AsyncClient) -> httpx.AsyncClient:
    added = await api.post("/jsonldContexts", json={"@context": CONTEXT})
    url = "http://localhost" + added.headers["location"]
    api.headers["Link"] = f'<{url}>; rel="http://www.w3.org/ns/json-ld#context"'
    assert (await api.post("/entityOperations/create", json=ENTITIES)).status_code == 201
    return api


async def shown(api: httpx.AsyncClient, path: str, **headers: str) -> Any:
    response = await api.get(path, headers=headers)
    assert response.status_code == 200, response.text
    assert api.headers["Link"].split(";")[0] in response.headers.get("link", api.headers["Link"])
    return response.json()


@pytest.mark.clause("5.7.5")
async def test_types_should_be_listed(broker: httpx.AsyncClient) -> None:
    for path in ("/types", "/types?details=false", "/types/", "/types?local=true"):
        listed = await shown(broker, path)
        assert listed.keys() == {"id", "type", "typeList"}
        assert listed["type"] == "EntityTypeList"
        assert listed["id"].startswith("urn:ngsi-ld:EntityTypeList:")
        assert sorted(listed["typeList"]) == ["Vehicle", "http://example.org/parking/Spot"]


@pytest.mark.clause("5.7.6")
async def test_types_should_have_details(broker: httpx.AsyncClient) -> None:
    details = {one["id"]: one for one in await shown(broker, "/types?details=true")}
    assert details[NS + "Vehicle"] == {
        "id": NS + "Vehicle",
        "type": "EntityType",
        "typeName": "Vehicle",
        "attributeNames": [
            "http://example.org/parking/state",
            *("builder", "isMoored", "location"),
        ],
    }
    spot = details["http://example.org/parking/Spot"]
    assert spot["typeName"] == "http://example.org/parking/Spot"
    assert spot["attributeNames"] == ["http://example.org/parking/state", "builder"]


@pytest.mark.clause("5.7.7")
async def test_a_type_should_have_information(broker: httpx.AsyncClient) -> None:
    quoted = "/types/http%3A%2F%2Fexample.org%2Fvehicle%2FVehicle"
    for path in ("/types/Vehicle", quoted):
        info = await shown(broker, path)
        details = {one["attributeName"]: one for one in info.pop("attributeDetails")}
        assert info == {
            "id": NS + "Vehicle",
            "type": "EntityTypeInfo",
            "typeName": "Vehicle",
            "entityCount": 2,
        }
        assert details["builder"] == {
            "id": NS + "builder",
            "type": "Attribute",
            "attributeName": "builder",
            "attributeTypes": ["LanguageProperty", "Property"],
        }
        assert details["isMoored"]["attributeTypes"] == ["Relationship"]
        assert details["location"]["id"] == CORE + "location"
        assert details["location"]["attributeTypes"] == ["GeoProperty"]


@pytest.mark.clause("5.7.8")
async def test_attributes_should_be_listed(broker: httpx.AsyncClient) -> None:
    for path in ("/attributes", "/attributes/", "/attributes?details=false"):
        listed = await shown(broker, path)
        assert listed.keys() == {"id", "type", "attributeList"}
        assert listed["type"] == "AttributeList"
        assert sorted(listed["attributeList"]) == [
            *("builder", "http://example.org/parking/state", "isMoored", "location"),
        ]


@pytest.mark.clause("5.7.9")
async def test_attributes_should_have_details(broker: httpx.AsyncClient) -> None:
    details = {one["id"]: one for one in await shown(broker, "/attributes?details=true")}
    assert details[NS + "builder"] == {
        "id": NS + "builder",
        "type": "Attribute",
        "attributeName": "builder",
        "typeNames": ["Vehicle", "http://example.org/parking/Spot"],
    }
    assert details[CORE + "location"]["typeNames"] == ["Vehicle"]


@pytest.mark.clause("5.7.10")
async def test_an_attribute_should_have_information(broker: httpx.AsyncClient) -> None:
    for path in (
        "/attributes/builder",
        "/attributes/http%3A%2F%2Fexample.org%2Fvehicle%2Fbuilder",
    ):
        assert await shown(broker, path) == {
            "id": NS + "builder",
            "type": "Attribute",
            "attributeName": "builder",
            "attributeCount": 2,
            "attributeTypes": ["LanguageProperty", "Property"],
            "typeNames": ["Vehicle", "http://example.org/parking/Spot"],
        }


@pytest.mark.clause("5.5.7")
async def test_names_should_be_those_of_the_request(broker: httpx.AsyncClient) -> None:
    url = broker.headers.pop("Link").split(">")[0].removeprefix("<")
    assert NS + "Vehicle" in (await broker.get("/types")).json()["typeList"]
    assert (await broker.get("/types/Vehicle")).status_code == 404
    assert (await broker.get("/attributes/builder")).status_code == 404
    link = {"Link": f'<{url}>; rel="http://www.w3.org/ns/json-ld#context"'}
    for path in ("/types", "/types/Vehicle", "/attributes", "/attributes/builder"):
        body = (await broker.get(path, headers={**link, **LD})).json()
        assert body["@context"][0] == url, path
    for path in ("/types?details=true", "/attributes?details=true"):
        for one in (await broker.get(path, headers={**link, **LD})).json():
            assert one["@context"][0] == url, path


@pytest.mark.clause("5.7.5")
async def test_nothing_should_be_told_of_an_empty_tenant(api: httpx.AsyncClient) -> None:
    assert (await api.get("/types")).json()["typeList"] == []
    assert (await api.get("/attributes")).json()["attributeList"] == []
    assert (await api.get("/types?details=true")).json() == []
    assert (await api.get("/attributes?details=true", headers=LD)).json() == []
    await api.post("/entities", json={"id": "urn:a:1", "type": "T", "a": 1})
    assert (await api.get("/types")).json()["typeList"] == ["T"]
    assert (await api.delete("/entities/urn:a:1")).status_code == 204
    assert (await api.get("/types")).json()["typeList"] == []
    assert (await api.get("/types/T")).status_code == 404
    assert (await api.get("/attributes/a")).status_code == 404
