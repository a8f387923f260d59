"""What is stored is returned as it was sent, in every representation (CIM 009, 4.5, annex C)."""

import json
from typing import Any

import httpx
import pytest

from tests.web.conformance.broker import DEFAULT, ID, LD_JSON, a_room, attribute, create, read

POINT = {"type": "Point", "coordinates": [6.1605, 52.2519]}
WHEN = "2026-07-29T12:00:04Z"

SHIP: dict[str, Any] = {
    "builder": {"type": "Property", "value": "Mercurius"},
    "street": {
        "type": "LanguageProperty",
        "languageMap": {"fr": "Place du Port", "nl": "Havenplein"},
    },
    "isMoored": {
        "type": "Relationship",
        "object": "urn:ngsi-ld:Quay:Havenkade",
        "observedAt": WHEN,
        "objectType": "Quay",
        "providedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Person:Aleid"},
    },
    "category": {"type": "VocabProperty", "vocab": "inland"},
    "hullDepths": {
        "type": "ListProperty",
        "valueList": [300, 300, 120, 6],
        "unitCode": "MMT",
        "valueType": "Integer",
    },
    "passengers": {
        "type": "Relationship",
        "object": ["urn:ngsi-ld:Person:Wolter", "urn:ngsi-ld:Person:Aleid"],
        "objectType": "Person",
    },
    "route": {
        "type": "ListRelationship",
        "objectList": [
            {"object": "urn:ngsi-ld:City:Antwerp"},
            {"object": "urn:ngsi-ld:City:Rotterdam"},
            {"object": "urn:ngsi-ld:City:Antwerp"},
        ],
        "objectType": "City",
    },
    "tickets": {
        "type": "JsonProperty",
        "json": {"id": "t-1207", "value": None, "@context": "x", "list": [None, {"type": 1}]},
    },
    "location": {"type": "GeoProperty", "value": POINT},
    "speed": [
        {"type": "Property", "value": 55, "source": {"type": "Property", "value": "ship log"}},
        {"type": "Property", "value": 54.5, "datasetId": "urn:ngsi-ld:Property:gps"},
    ],
}
CONCISE: dict[str, Any] = {
    "builder": "Mercurius",
    "street": {"languageMap": {"fr": "Place du Port", "nl": "Havenplein"}},
    "isMoored": {
        "object": "urn:ngsi-ld:Quay:Havenkade",
        "observedAt": WHEN,
        "objectType": "Quay",
        "providedBy": {"object": "urn:ngsi-ld:Person:Aleid"},
    },
    "category": {"vocab": "inland"},
    "hullDepths": {
        "valueList": [300, 300, 120, 6],
        "unitCode": "MMT",
        "valueType": "Integer",
    },
    "passengers": {
        "object": ["urn:ngsi-ld:Person:Wolter", "urn:ngsi-ld:Person:Aleid"],
        "objectType": "Person",
    },
    "route": {
        "objectList": [
            "urn:ngsi-ld:City:Antwerp",
            "urn:ngsi-ld:City:Rotterdam",
            "urn:ngsi-ld:City:Antwerp",
        ],
        "objectType": "City",
    },
    "tickets": {
        "json": {"id": "t-1207", "value": None, "@context": "x", "list": [None, {"type": 1}]}
    },
    "location": POINT,
    "speed": [
        {"value": 55, "source": "ship log"},
        {"value": 54.5, "datasetId": "urn:ngsi-ld:Property:gps"},
    ],
}
SIMPLIFIED: dict[str, Any] = {
    "builder": "Mercurius",
    "street": {"languageMap": {"fr": "Place du Port", "nl": "Havenplein"}},
    "isMoored": "urn:ngsi-ld:Quay:Havenkade",
    "category": {"vocab": "inland"},
    "hullDepths": [300, 300, 120, 6],
    "passengers": ["urn:ngsi-ld:Person:Wolter", "urn:ngsi-ld:Person:Aleid"],
    "route": [
        "urn:ngsi-ld:City:Antwerp",
        "urn:ngsi-ld:City:Rotterdam",
        "urn:ngsi-ld:City:Antwerp",
    ],
    "tickets": CONCISE["tickets"],
    "location": POINT,
    "speed": {"dataset": {"@none": 55, "urn:ngsi-ld:Property:gps": 54.5}},
}


@pytest.mark.clause("C.2.2")
@pytest.mark.parametrize("sent", [SHIP, CONCISE], ids=["normalized", "concise"])
async def test_a_vehicle_should_come_back_in_every_representation(
    api: httpx.AsyncClient, sent: dict[str, Any]
) -> None:
    await create(api, **sent)
    assert await read(api) == a_room(**SHIP)
    assert await read(api, format="concise") == a_room(**CONCISE)
    assert await read(api, format="simplified") == a_room(**SIMPLIFIED)
    assert await read(api, options="keyValues") == a_room(**SIMPLIFIED)


@pytest.mark.clause("4.5.2.2")
@pytest.mark.parametrize(
    "value",
    [
        0,
        -1.5,
        1.0,
        1e21,
        9007199254740993,
        123456789012345678901234567890,
        True,
        False,
        "",
        "x" * 5000,
        "<script>'\";=()</script>",
        "日本 \u0000 \U0001f30d",
        [],
        {},
        [[1, [2]], {"b": [{}]}],
        [1, 1, "1"],
        {"x": {"y": {"z": [True]}}, "street name": 1, "1": 2},
        {"@type": "DateTime", "@value": "2018-12-04T12:00:00Z"},
        {"@type": "@json", "@value": None},
        "2018-12-04T12:00:00+01:00",
    ],
    ids=lambda value: str(value)[:20].encode("unicode_escape").decode(),
)
async def test_a_value_should_come_back_as_it_was_sent(api: httpx.AsyncClient, value: Any) -> None:
    """Also a typed value, of which C.6 notes that "@type" may turn into "type"."""
    await create(api, a={"type": "Property", "value": value})
    shown = (await attribute(api))["value"]
    assert shown == value
    assert type(shown) is type(value)


@pytest.mark.clause("4.5.2.3")
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (5, {"type": "Property", "value": 5}),
        ([1, 2], {"type": "Property", "value": [1, 2]}),
        ({"x": 1}, {"type": "Property", "value": {"x": 1}}),
        ({"value": 5, "unitCode": "CEL"}, {"type": "Property", "value": 5, "unitCode": "CEL"}),
        (
            {"value": 5, "b": 6, "c": {"object": "urn:a:b"}},
            {
                "type": "Property",
                "value": 5,
                "b": {"type": "Property", "value": 6},
                "c": {"type": "Relationship", "object": "urn:a:b"},
            },
        ),
        (POINT, {"type": "GeoProperty", "value": POINT}),
        ({"value": POINT}, {"type": "GeoProperty", "value": POINT}),
        ({"type": "Property", "value": POINT}, {"type": "Property", "value": POINT}),
        ({"object": "urn:a:b"}, {"type": "Relationship", "object": "urn:a:b"}),
        ({"object": ["urn:a:b"]}, {"type": "Relationship", "object": ["urn:a:b"]}),
        ({"languageMap": {"nl": "x"}}, {"type": "LanguageProperty", "languageMap": {"nl": "x"}}),
        ({"vocab": ["x", "y"]}, {"type": "VocabProperty", "vocab": ["x", "y"]}),
        ({"json": [{"a": 1}]}, {"type": "JsonProperty", "json": [{"a": 1}]}),
        ({"valueList": []}, {"type": "ListProperty", "valueList": []}),
        (
            {"objectList": ["urn:a:b", "urn:a:b"]},
            {
                "type": "ListRelationship",
                "objectList": [{"object": "urn:a:b"}, {"object": "urn:a:b"}],
            },
        ),
        (
            {"type": "https://uri.etsi.org/ngsi-ld/Property", "value": 1},
            {"type": "Property", "value": 1},
        ),
        ({"@type": "Property", "value": 1}, {"type": "Property", "value": 1}),
        ([{"value": 1}], {"type": "Property", "value": 1}),
        ({"value": 1, "datasetId": "@none"}, {"type": "Property", "value": 1}),
        (
            [{"value": 1, "datasetId": "urn:d:1"}, {"type": "Relationship", "object": "urn:a:b"}],
            [
                {"type": "Property", "value": 1, "datasetId": "urn:d:1"},
                {"type": "Relationship", "object": "urn:a:b"},
            ],
        ),
        (
            {"languageMap": {"@none": "x", "nl-NL": ["y", "z"], "zh-Hant-TW": ""}},
            {
                "type": "LanguageProperty",
                "languageMap": {"@none": "x", "nl-NL": ["y", "z"], "zh-Hant-TW": ""},
            },
        ),
        # Output only members are passed over, whatever they hold (5.2.2, 5.2.5).
        (
            {
                "value": 1,
                "createdAt": "x",
                "modifiedAt": 1,
                "deletedAt": None,
                "instanceId": "x",
                "previousValue": 3,
            },
            {"type": "Property", "value": 1},
        ),
        (
            {"object": "urn:a:b", "previousObject": "urn:a:c", "entity": {"id": "urn:a:b"}},
            {"type": "Relationship", "object": "urn:a:b"},
        ),
        # Dates with a comma are normalised (4.6.3).
        (
            {"value": 1, "observedAt": "2020-01-01T00:00:00,123456Z"},
            {"type": "Property", "value": 1, "observedAt": "2020-01-01T00:00:00.123456Z"},
        ),
    ],
    ids=str,
)
async def test_the_kind_of_a_concise_attribute_should_be_inferred(
    api: httpx.AsyncClient, sent: Any, kept: Any
) -> None:
    await create(api, a=sent)
    assert await attribute(api) == kept
    # The concise representation is lossless: what it shows makes the same entity again.
    concise = await read(api, format="concise")
    assert (await api.put(f"/entities/{ID}", json=concise)).status_code == 204
    assert await attribute(api) == kept


@pytest.mark.clause("4.7.2")
@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [1, 2.5, 100]},
        {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]},
        {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]},
        {"type": "Point", "coordinates": [1, 2], "bbox": [1, 2, 1, 2]},
    ],
    ids=lambda geometry: geometry["type"],
)
async def test_geometries_should_be_kept_also_when_they_come_as_text(
    api: httpx.AsyncClient, geometry: dict[str, Any]
) -> None:
    """Without its type, only the core GeoProperties can be told from a Property that holds text."""
    text = json.dumps(geometry)
    sent = {"location": geometry, "operationSpace": text, "observationSpace": {"value": text}}
    await create(api, **sent, a={"type": "GeoProperty", "value": text}, b=text)
    kept = {"type": "GeoProperty", "value": geometry}
    room = await read(api)
    assert all(room[name] == kept for name in (*sent, "a"))
    assert room["b"] == {"type": "Property", "value": text}


@pytest.mark.clause("C.11")
async def test_a_signed_property_should_come_back_as_it_was_sent(api: httpx.AsyncClient) -> None:
    signed = {
        "type": "Property",
        "value": {"streetAddress": ["Tiger Street 4", "al"], "postalCode": "42420"},
        "ngsildproof": {
            "type": "Property",
            "value": {
                "type": "DataIntegrityProof",
                "created": "2025-01-27T21:02:24Z",
                "verificationMethod": "https://example.edu/issuers/565049#z6MkwXG2",
                "cryptosuite": "eddsa-rdfc-2022",
                "proofPurpose": "assertionMethod",
                "proofValue": "z3XrH3diVCqpVHXkE7WbnictqyQCkJBGTx",
            },
            "entityIdSealed": "urn:ngsi-ld:Store:002",
            "entityTypeSealed": "Store",
        },
    }
    await create(api, address=signed)
    assert await attribute(api, "address") == signed


@pytest.mark.clause("C.7")
async def test_names_should_be_compacted_with_the_context_of_the_reading_request(
    api: httpx.AsyncClient,
) -> None:
    parking = "http://example.org/parking/"
    context = {
        name: parking + name for name in ("Quay", "availableSpotNumber", "totalSpotNumber", "name")
    }
    sent = {
        "id": ID,
        "type": "Quay",
        "name": {"type": "Property", "value": "Downtown One"},
        "availableSpotNumber": {"type": "Property", "value": 121, "observedAt": WHEN},
        "@context": [context, "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"],
    }
    assert (await api.post("/entities", json=sent, headers=LD_JSON)).status_code == 201
    shown = await api.get(f"/entities/{ID}", headers={"Accept": "application/ld+json"})
    assert shown.headers["content-type"] == "application/ld+json"
    assert "link" not in shown.headers
    assert shown.json() == {
        "id": ID,
        "type": parking + "Quay",
        parking + "name": sent["name"],
        parking + "availableSpotNumber": sent["availableSpotNumber"],
        "@context": "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld",
    }


@pytest.mark.clause("4.6.2")
async def test_iris_and_prefixed_names_should_name_the_same_as_terms(
    api: httpx.AsyncClient,
) -> None:
    room = a_room(**{"type": ["Room", DEFAULT + "Room", "Hall"], DEFAULT + "a": 1})
    room = {**room, "urn:x:b": 2, "x:c": 3, "@context": {"x": "https://example.org/x/"}}
    assert (await api.post("/entities", json=room, headers=LD_JSON)).status_code == 201
    assert await read(api, format="simplified") == {
        "id": ID,
        "type": ["Room", "Hall"],
        "a": 1,
        "urn:x:b": 2,
        "https://example.org/x/c": 3,
    }
    part = f"/entities/{ID}/attrs/"
    assert (await api.patch(part + "urn:x:b", json={"value": 5})).status_code == 204
    encoded = part + "https%3A%2F%2Fexample.org%2Fx%2Fc"
    assert (await api.patch(encoded, json={"value": 6})).status_code == 204
    encoded = part + "https%3A%2F%2Furi.etsi.org%2Fngsi-ld%2Fdefault-context%2Fa"
    assert (await api.delete(encoded)).status_code == 204
    simplified = await read(api, format="simplified")
    assert (simplified["urn:x:b"], simplified["https://example.org/x/c"]) == (5, 6)
    assert "a" not in simplified


@pytest.mark.clause("4.5.1")
async def test_json_ld_keywords_should_serve_as_id_and_type(api: httpx.AsyncClient) -> None:
    response = await api.post("/entities", json={"@id": ID, "@type": "Room", "a": 1})
    assert response.status_code == 201
    assert await read(api) == a_room(a={"type": "Property", "value": 1})


@pytest.mark.clause("4.5.5.1")
async def test_the_default_instance_should_never_show_its_dataset_id(
    api: httpx.AsyncClient,
) -> None:
    instances = [
        {"type": "Property", "value": 2, "datasetId": "urn:d:2"},
        {"type": "Property", "value": 1, "datasetId": "@none"},
    ]
    await create(api, a=instances)
    del instances[1]["datasetId"]
    assert await attribute(api) == instances
    assert await attribute(api, datasetId="@none") == instances[1]
    assert await attribute(api, datasetId="urn:d:2") == instances[0]
    assert await attribute(api, datasetId="urn:d:3") is None


@pytest.mark.clause("4.18")
@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        ("/Deventer", "/Deventer"),
        ("Deventer", "Deventer"),
        (["/Deventer/Worp/Kade", "/A"], ["/Deventer/Worp/Kade", "/A"]),
        (["/Deventer"], "/Deventer"),
        (["/A", "/A", "/B"], ["/A", "/B"]),
        ("/Ärlig_1/日本", "/Ärlig_1/日本"),
    ],
)
async def test_scopes_should_be_kept(api: httpx.AsyncClient, scope: Any, shown: Any) -> None:
    await create(api, scope=scope)
    assert await attribute(api, "scope") == shown


@pytest.mark.clause("4.5.20.2")
async def test_vocabularies_and_types_of_values_should_be_expanded(api: httpx.AsyncClient) -> None:
    context = {"x": "https://example.org/x#", "Male": "x:Male", "Hall": "x:Hall", "mm": "x:mm"}
    sent = {
        "id": ID,
        "type": "Hall",
        "a": {"type": "VocabProperty", "vocab": ["Male", "x:Female", "https://example.org/y"]},
        "b": {"type": "Relationship", "object": "urn:a:b", "objectType": ["Hall", "Room"]},
        "c": {"type": "Property", "value": "Male", "valueType": "mm"},
        "d": {"type": "JsonProperty", "json": {"Male": "Male", "x:mm": {"type": "Hall"}}},
        "e": {"type": "Property", "value": {"mm": {"Male": 1, "type": "Hall"}}},
        "f": {"type": "LanguageProperty", "languageMap": {"mm": "Male"}},
        "@context": context,
    }
    assert (await api.post("/entities", json=sent, headers=LD_JSON)).status_code == 201
    room = await read(api)
    namespace = "https://example.org/x#"
    assert room["type"] == namespace + "Hall"
    assert room["a"]["vocab"] == [namespace + "Male", namespace + "Female", "https://example.org/y"]
    assert room["b"]["objectType"] == [namespace + "Hall", "Room"]
    assert room["c"] == {"type": "Property", "value": "Male", "valueType": namespace + "mm"}
    assert room["d"] == sent["d"]
    assert room["e"]["value"] == {
        namespace + "mm": {namespace + "Male": 1, "type": namespace + "Hall"}
    }
    assert room["f"] == sent["f"]


@pytest.mark.clause("4.5.5.1")
async def test_sub_attributes_should_have_instances_too(api: httpx.AsyncClient) -> None:
    sub = [
        {"type": "Property", "value": 1},
        {"type": "Relationship", "object": "urn:a:b", "datasetId": "urn:d:2"},
    ]
    await create(api, a={"type": "Property", "value": 1, "q": sub})
    assert await attribute(api) == {"type": "Property", "value": 1, "q": sub}
    assert await attribute(api, datasetId="@none") is not None
