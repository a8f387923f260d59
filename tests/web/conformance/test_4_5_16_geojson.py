"""GeoJSON representations (CIM 009, 4.5.16, 4.5.17, 5.2.29 to 5.2.31, 6.3.6, 6.3.15)."""

from typing import Any

import httpx
import pytest

ID = "urn:ngsi-ld:Parking:1"
GEO = "application/geo+json"
HERE = {"type": "Point", "coordinates": [1, 2]}
THERE = {"type": "Point", "coordinates": [3, 4]}
LINE = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
PARKING: dict[str, Any] = {
    "id": ID,
    "type": ["Parking", "Place"],
    "name": {"type": "Property", "value": "One", "unitCode": "C62"},
    "speed": [
        {"type": "Property", "value": 1},
        {"type": "Property", "value": 2, "datasetId": "urn:d:1"},
    ],
    "location": [
        {"type": "GeoProperty", "value": HERE, "accuracy": {"type": "Property", "value": 1}},
        {"type": "GeoProperty", "value": THERE, "datasetId": "urn:d:1"},
    ],
    "outline": {"type": "GeoProperty", "value": LINE, "datasetId": "urn:d:2"},
    "near": {"type": "Relationship", "object": "urn:a:b"},
}


@pytest.fixture
async def broker(api: httpx.AsyncClient) -> httpx.AsyncClient:
    assert (await api.post("/entities", json=PARKING)).status_code == 201
    return api


async def feature(api: httpx.AsyncClient, query: str = "") -> Any:
    response = await api.get(f"/entities/{ID}?{query}", headers={"Accept": GEO})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == GEO
    return response.json()


@pytest.mark.clause("4.5.16.2")
async def test_a_feature_should_have_all_attributes(broker: httpx.AsyncClient) -> None:
    shown = await feature(broker)
    context = shown.pop("@context")
    assert context == "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
    members = {key: value for key, value in PARKING.items() if key != "id"}
    assert shown == {"id": ID, "type": "Feature", "geometry": HERE, "properties": members}


@pytest.mark.clause("4.5.17.1")
async def test_a_simplified_feature_should_have_values(broker: httpx.AsyncClient) -> None:
    for query in ("format=simplified", "options=keyValues", "format=keyValues"):
        shown = await feature(broker, query)
        assert shown["properties"] == {
            "type": ["Parking", "Place"],
            "name": "One",
            "speed": {"dataset": {"@none": 1, "urn:d:1": 2}},
            "location": {"dataset": {"@none": HERE, "urn:d:1": THERE}},
            "outline": LINE,
            "near": "urn:a:b",
        }
        assert shown["geometry"] == HERE
    concise = await feature(broker, "format=concise")
    assert concise["properties"]["name"] == {"value": "One", "unitCode": "C62"}


@pytest.mark.clause("4.5.16.1")
@pytest.mark.parametrize(
    ("query", "geometry"),
    [
        ("geometryProperty=location", HERE),
        ("geometryProperty=location&datasetId=urn:d:1", THERE),
        ("datasetId=urn:d:1", THERE),
        ("datasetId=@none", HERE),
        ("geometryProperty=outline", None),
        ("geometryProperty=outline&datasetId=urn:d:2", LINE),
        ("geometryProperty=name", None),
        ("geometryProperty=none", None),
        # The geometry stays whatever attributes are asked for.
        ("attrs=name", HERE),
        ("pick=name,type", HERE),
        ("omit=location", HERE),
    ],
)
async def test_the_geometry_should_be_selected(
    broker: httpx.AsyncClient, query: str, geometry: object
) -> None:
    shown = await feature(broker, query)
    assert "geometry" in shown
    assert shown["geometry"] == geometry
    listed = await broker.get(f"/entities?type=Parking&{query}", headers={"Accept": GEO})
    assert listed.json()["features"][0]["geometry"] == geometry


@pytest.mark.clause("4.5.16.3")
async def test_a_collection_should_have_one_context(broker: httpx.AsyncClient) -> None:
    await broker.post("/entities", json={"id": "urn:p:2", "type": "Parking"})
    listed = (await broker.get("/entities?type=Parking", headers={"Accept": GEO})).json()
    assert listed.keys() == {"@context", "type", "features"}
    assert listed["type"] == "FeatureCollection"
    assert ["@context" in one for one in listed["features"]] == [False, False]
    assert listed["features"][1] == {
        "id": "urn:p:2",
        "type": "Feature",
        "geometry": None,
        "properties": {"type": "Parking"},
    }
    empty = (await broker.get("/entities?type=None", headers={"Accept": GEO})).json()
    assert (empty["type"], empty["features"]) == ("FeatureCollection", [])


@pytest.mark.clause("6.3.6")
@pytest.mark.parametrize("path", [f"/entities/{ID}", "/entities?type=Parking"])
async def test_prefer_should_move_the_context(broker: httpx.AsyncClient, path: str) -> None:
    plain = await broker.get(path, headers={"Accept": GEO, "Prefer": "body=json"})
    assert "@context" not in plain.json()
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in plain.headers["link"]
    ld = await broker.get(path, headers={"Accept": GEO, "Prefer": "body=ld+json"})
    assert "@context" in ld.json()
    assert "link" not in ld.headers


@pytest.mark.clause("6.3.4")
async def test_only_entities_should_be_had_as_geojson(broker: httpx.AsyncClient) -> None:
    for path in ("/types", "/types/Parking", "/attributes", "/attributes/name", "/jsonldContexts"):
        response = await broker.get(path, headers={"Accept": GEO})
        assert response.status_code == 406, path
        assert response.headers["content-type"] == "application/json"
        assert response.json()["available"] == ["application/json", "application/ld+json"]
    for path in (f"/entities/{ID}", "/entities?type=Parking"):
        for accept in ("application/json", "application/ld+json"):
            wrong = await broker.get(
                path + ("&" if "?" in path else "?") + "geometryProperty=location",
                headers={"Accept": accept},
            )
            assert wrong.status_code == 400
            assert wrong.json()["type"].endswith("/BadRequestData")


@pytest.mark.clause("6.3.11")
async def test_features_should_have_system_attributes(broker: httpx.AsyncClient) -> None:
    shown = await feature(broker, "options=sysAttrs")
    assert {"createdAt", "modifiedAt"} <= shown["properties"].keys()
    assert {"createdAt", "modifiedAt"} <= shown["properties"]["name"].keys()
