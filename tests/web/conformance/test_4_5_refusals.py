"""What is no entity or attribute is refused with BadRequestData (CIM 009, 4.5 to 4.7, 5.2, 5.5.4)."""

from typing import Any

import httpx
import pytest

from tests.web.conformance.broker import ID, NULL, a_room, check_problem, create

POINT = {"type": "Point", "coordinates": [6.1605, 52.2519]}
RING = [[0, 0], [1, 0], [1, 1], [0, 0]]


NO_ENTITIES: list[Any] = [
    *({"id": ID, "@id": ID, "type": "Room"}, {"id": ID, "type": "Room", "@type": "Hall"}),
    *(a_room(location='{"type": "Point"}'), a_room(location={"value": "Point"})),
    *({"type": "Room"}, {"id": ID}, {"id": ID, "type": ""}, {"id": ID, "type": []}),
    *({"id": ID, "type": 1}, {"id": ID, "type": ["Room", 1]}, {"id": ID, "type": {}}),
    *({"id": ID, "type": None}, {"id": ID, "type": "Ro om"}, {"id": ID, "type": "Room-1"}),
    *({"id": ID, "type": NULL}, {"id": NULL, "type": "Room"}, {"id": None, "type": "Room"}),
    *({"id": 1, "type": "Room"}, {"id": [ID], "type": "Room"}, {"id": "", "type": "Room"}),
    *({"id": "Room1", "type": "Room"}, {"id": "urn:a b", "type": "Room"}),
    *(a_room(scope=[]), a_room(scope=1), a_room(scope="/a//b"), a_room(scope="/1")),
    *(a_room(scope=NULL), a_room(scope=["/a", 1]), a_room(scope=None), a_room(scope="a-b")),
    *(a_room(expiresAt=1), a_room(expiresAt="soon"), a_room(expiresAt=NULL)),
    *(a_room(expiresAt="2030-01-01"), a_room(expiresAt="2030-01-01T00:00:00+01:00")),
    *(a_room(scope={"type": "Property", "value": "/a"}), a_room(expiresAt=None)),
    # Names (4.6.2), also those of non-reified terms (4.5.1).
    *(a_room(**{"a b": 1}), a_room(**{"a-b": 1}), a_room(**{"_a": 1}), a_room(**{"1a": 1})),
    *(a_room(**{"": 1}), a_room(**{"a.b": 1}), a_room(**{"a<b": 1}), a_room(**{"@a": 1})),
    *(a_room(observedAt="2020-01-01T00:00:00Z"), a_room(datasetId="urn:d:1")),
    *(a_room(unitCode="CEL"), a_room(value=1), a_room(object="urn:a:b"), a_room(json={})),
    *(a_room(languageMap={"nl": "x"}), a_room(vocab="x"), a_room(objectType="T")),
    a_room(**{"https://uri.etsi.org/ngsi-ld/observedAt": 1}),
    # One name twice, as a term and as an IRI.
    a_room(**{"a": 1, "https://uri.etsi.org/ngsi-ld/default-context/a": 2}),
    # The core GeoProperties are GeoProperties (Table 5.2.4-1).
    *(a_room(location="here"), a_room(location={"type": "Property", "value": POINT})),
    a_room(observationSpace={"type": "Relationship", "object": "urn:a:b"}),
    a_room(operationSpace=[{"value": POINT}, {"value": 1, "datasetId": "urn:d:1"}]),
]
NO_PROPERTIES: list[Any] = [
    *(None, NULL, {"type": "Property"}, {"type": "Property", "value": None}),
    *({"type": "Property", "value": NULL}, {"value": {"x": NULL}}, {"value": [NULL]}),
    *({"value": {"x": None}}, {"value": [None]}, {"value": {"x": [{"y": NULL}]}}, {"x": NULL}),
    *({"type": "property", "value": 1}, {"type": "Proper", "value": 1}, {"type": 1}),
    *({"type": None, "value": 1}, {"type": ["Property"], "value": 1}, {"type": "Thing"}),
    *({"type": "TemporalProperty", "value": 1}, {"type": "Property", "object": "urn:a:b"}),
    *({"value": 1, "observedAt": "2020-01-01"}, {"value": 1, "observedAt": 5}),
    *({"value": 1, "observedAt": "2020-01-01T00:00:00"}, {"value": 1, "observedAt": None}),
    *({"value": 1, "observedAt": "2020-01-01T00:00:00+00:00"}, {"value": 1, "observedAt": ""}),
    *({"value": 1, "observedAt": "2020-13-01T00:00:00Z"}, {"value": 1, "observedAt": NULL}),
    *({"value": 1, "observedAt": "2020-01-01T00:00:00.1234567Z"},),
    *({"value": 1, "observedAt": "2020-01-01T24:00:00Z"}, {"value": 1, "unitCode": 5}),
    *(
        {"value": 1, "unitCode": None},
        {"value": 1, "unitCode": NULL},
        {"value": 1, "unitCode": {}},
    ),
    *(
        {"value": 1, "datasetId": "nouri"},
        {"value": 1, "datasetId": 5},
        {"value": 1, "datasetId": NULL},
    ),
    *({"value": 1, "datasetId": None}, {"value": 1, "datasetId": ""}),
    *(
        {"value": 1, "expiresAt": "soon"},
        {"value": 1, "expiresAt": NULL},
        {"value": 1, "expiresAt": 5},
    ),
    *(
        {"value": 1, "valueType": 5},
        {"value": 1, "valueType": NULL},
        {"value": 1, "valueType": None},
    ),
    *({"value": 1, "sub": None}, {"value": 1, "sub": NULL}, {"value": 1, "s b": 1}),
    *(
        {"value": 1, "sub": {"type": "Property"}},
        {"value": 1, "sub": {"type": "X", "value": 1}},
    ),
    *(
        {"value": 1, "objectType": "T"},
        {"value": 1, "@context": {}},
        {"value": {"@context": {}}},
    ),
    *({"value": 1, "id": "urn:a:b"},),
    # Members of other kinds (4.5.2.2, prohibited).
    *({"value": 1, "object": "urn:a:b"}, {"type": "Property", "value": 1, "object": "urn:a:b"}),
    *({"type": "Property", "value": 1, "languageMap": {"nl": "x"}}, {"value": 1, "json": {}}),
    *(
        {"type": "Property", "value": 1, "json": {}},
        {"type": "Property", "value": 1, "vocab": "x"},
    ),
    *({"type": "Property", "value": 1, "valueList": []}, {"value": 1, "entity": {}}),
    *({"type": "Property", "value": 1, "objectList": []}, {"value": 1, "entityList": []}),
    *({"value": 1, "entityIdSealed": "urn:a:b"}, {"value": 1, "entityTypeSealed": "T"}),
    # Members without a value (4.5.2.3).
    *({"unitCode": "CEL"}, {"observedAt": "2020-01-01T00:00:00Z"}, {"datasetId": "urn:d:1"}),
    # Instances (4.5.5.1).
    [{"value": 1}, {"value": 2}],
    [{"value": 1}, {"value": 2, "datasetId": "@none"}],
    [{"value": 1, "datasetId": "urn:d:1"}, {"value": 2, "datasetId": "urn:d:1"}],
    [{"type": "Property", "value": 1}, 5],
    [{"type": "Property", "value": 1}, None],
    [{"type": "Property", "value": 1}, {"type": "X", "value": 1, "datasetId": "urn:d:1"}],
]
NO_RELATIONSHIPS: list[dict[str, Any]] = [
    *({}, {"object": None}, {"object": NULL}, {"object": [NULL]}, {"object": 5}),
    *({"object": "nouri"}, {"object": []}, {"object": ["urn:a:b", "nouri"]}, {"object": {}}),
    *({"object": ["urn:a:b", None]}, {"object": ["urn:a:b", NULL]}, {"value": "urn:a:b"}),
    *({"object": "urn:a:b", "unitCode": "CEL"}, {"object": "urn:a:b", "value": 1}),
    *({"object": "urn:a:b", "objectType": 5}, {"object": "urn:a:b", "valueType": "T"}),
    *({"object": "urn:a:b", "objectType": []}, {"object": "urn:a:b", "entityList": []}),
    *({"object": "urn:a:b", "objectList": []}, {"object": "urn:a:b", "languageMap": {}}),
    *({"object": "urn:a:b", "observedAt": "x"}, {"object": "urn:a:b", "json": {}}),
]
NO_OTHER_KINDS: list[Any] = [
    *({"type": "LanguageProperty"}, {"languageMap": {}}, {"languageMap": "x"}),
    *({"languageMap": {"nl": 1}}, {"languageMap": {"nl": None}}, {"languageMap": ["x"]}),
    *({"languageMap": {"nl": ["x", 1]}}, {"languageMap": {"nl": {}}}, {"languageMap": None}),
    *({"languageMap": {"": "x"}}, {"languageMap": {"n l": "x"}}, {"languageMap": NULL}),
    *({"languageMap": {"nl": NULL}}, {"languageMap": {"@none": NULL}}),
    *({"languageMap": {"nl": "x"}, "unitCode": "CEL"}, {"languageMap": {"@value": "x"}}),
    {"type": "LanguageProperty", "languageMap": {"nl": "x"}, "value": "x"},
    # VocabProperty (4.5.20.2).
    *({"type": "VocabProperty"}, {"vocab": 5}, {"vocab": []}, {"vocab": {}}, {"vocab": None}),
    *({"vocab": ["x", 5]}, {"vocab": NULL}, {"vocab": "x", "unitCode": "CEL"}),
    {"type": "VocabProperty", "vocab": "x", "value": "x"},
    # JsonProperty (4.5.24.2).
    *({"type": "JsonProperty"}, {"json": None}, {"json": NULL}),
    *({"json": {}, "unitCode": "CEL"}, {"type": "JsonProperty", "json": {}, "value": 1}),
    # ListProperty (4.5.21.2).
    *({"type": "ListProperty"}, {"valueList": 5}, {"valueList": {}}, {"valueList": None}),
    *({"valueList": [NULL]}, {"valueList": [None]}, {"valueList": "x"}, {"valueList": NULL}),
    {"type": "ListProperty", "valueList": [], "value": 1},
    # ListRelationship (4.5.22.2).
    *({"type": "ListRelationship"}, {"objectList": "urn:a:b"}, {"objectList": [5]}),
    *({"objectList": ["nouri"]}, {"objectList": [{"object": "nouri"}]}, {"objectList": [NULL]}),
    *({"objectList": [{"object": ["urn:a:b"]}]}, {"objectList": [{"entity": "urn:a:b"}]}),
    *({"objectList": [{"object": NULL}]}, {"objectList": None}, {"objectList": [None]}),
    *(
        {"objectList": ["urn:a:b"], "unitCode": "CEL"},
        {"objectList": ["urn:a:b"], "entity": {}},
    ),
    {"type": "ListRelationship", "objectList": ["urn:a:b"], "object": "urn:a:b"},
]
NO_GEOMETRIES: list[Any] = [
    *(None, 5, "x", "[]", [], {}, {"coordinates": [1, 2]}, {"type": "Point"}),
    *({"type": "point", "coordinates": [1, 2]}, {"type": "Point", "coordinates": []}),
    *({"type": "Point", "coordinates": [1]}, {"type": "Point", "coordinates": ["1", "2"]}),
    *({"type": "Point", "coordinates": [[1, 2]]}, {"type": "Point", "coordinates": [1, None]}),
    *({"type": "Point", "coordinates": "1,2"}, {"type": "Point", "coordinates": None}),
    *({"type": "Point", "coordinates": [True, 2]}, {"type": "Point", "coordinates": [181, 2]}),
    *(
        {"type": "LineString", "coordinates": [[1, 2]]},
        {"type": "Point", "coordinates": [1, 91]},
    ),
    *(
        {"type": "LineString", "coordinates": [1, 2]},
        {"type": "MultiPoint", "coordinates": [1, 2]},
    ),
    {"type": "Polygon", "coordinates": [RING[:-1]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]},
    {"type": "Polygon", "coordinates": RING},
    {"type": "MultiPolygon", "coordinates": [RING]},
    {"type": "GeometryCollection", "geometries": [POINT]},
    {"type": "Feature", "geometry": POINT},
    '{"type": "Point", "coordinates": [1]}',
    '{"type": "Point", "coordinates": [1, 2]',
    NULL,
]


async def check_refused(api: httpx.AsyncClient, entities: list[Any]) -> None:
    """Check each entity; one test for many, because starting a node takes longer than a request."""
    for entity in entities:
        response = await api.post("/entities", json=entity)
        assert response.status_code == 400, f"{entity}: {response.text}"
        check_problem(response, 400, "BadRequestData")


@pytest.mark.clause("4.5.1")
@pytest.mark.clause("4.6.2")
async def test_what_is_no_entity_should_be_refused(api: httpx.AsyncClient) -> None:
    await check_refused(api, NO_ENTITIES)


@pytest.mark.clause("4.5.2.2")
@pytest.mark.clause("4.5.2.3")
@pytest.mark.clause("4.5.5.1")
async def test_what_is_no_property_should_be_refused(api: httpx.AsyncClient) -> None:
    await check_refused(api, [a_room(a=attribute) for attribute in NO_PROPERTIES])


@pytest.mark.clause("4.5.3.2")
async def test_what_is_no_relationship_should_be_refused(api: httpx.AsyncClient) -> None:
    await check_refused(
        api, [a_room(a={"type": "Relationship", **members}) for members in NO_RELATIONSHIPS]
    )


@pytest.mark.clause("4.5.18.2")
@pytest.mark.clause("4.5.20.2")
@pytest.mark.clause("4.5.21.2")
@pytest.mark.clause("4.5.22.2")
@pytest.mark.clause("4.5.24.2")
async def test_what_is_no_attribute_of_a_later_kind_should_be_refused(
    api: httpx.AsyncClient,
) -> None:
    await check_refused(api, [a_room(a=attribute) for attribute in NO_OTHER_KINDS])


@pytest.mark.clause("4.7.1")
async def test_what_is_no_geometry_should_be_refused(api: httpx.AsyncClient) -> None:
    await check_refused(
        api, [a_room(a={"type": "GeoProperty", "value": geometry}) for geometry in NO_GEOMETRIES]
    )


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        *((b"", "InvalidRequest"), (b"{", "InvalidRequest"), (b'{"id": NaN}', "InvalidRequest")),
        *(
            (b"\xff", "InvalidRequest"),
            (b"{'id': 1}", "InvalidRequest"),
            (b"{},", "InvalidRequest"),
        ),
        *((b"[]", "BadRequestData"), (b'"x"', "BadRequestData"), (b"null", "BadRequestData")),
        *((b"5", "BadRequestData"), (b"{}", "BadRequestData")),
        (
            b'{"id": "urn:a:b", "type": "T", "a": ' + b"[" * 500 + b"]" * 500 + b"}",
            "BadRequestData",
        ),
        (b'{"id":"urn:a:b","type":"T","a":' + b'{"b":' * 500 + b"1" + b"}" * 501, "BadRequestData"),
        (
            b'{"id":"urn:a:b","type":"T","a":' + b'{"value":1,"b":' * 500 + b"1" + b"}" * 501,
            "BadRequestData",
        ),
    ],
    ids=lambda part: str(part)[:40],
)
async def test_a_body_should_be_json_and_an_object_that_is_not_too_deep(
    api: httpx.AsyncClient, body: bytes, error: str
) -> None:
    headers = {"Content-Type": "application/json"}
    await create(api)
    targets = [
        *(("POST", "/entities"), ("PUT", f"/entities/{ID}"), ("PATCH", f"/entities/{ID}")),
        *(("POST", f"/entities/{ID}/attrs"), ("PATCH", f"/entities/{ID}/attrs")),
    ]
    for method, path in targets:
        response = await api.request(method, path, content=body, headers=headers)
        check_problem(response, 400, error)
