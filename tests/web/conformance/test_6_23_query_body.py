"""Queries by POST: every member of a Query, right and wrong (CIM 009, 5.2.13, 5.2.23, 5.2.33, 6.23)."""

from typing import Any

import httpx
import pytest

URN = "urn:ngsi-ld:"
QUERY = "/entityOperations/query"

ENTITIES: list[dict[str, Any]] = [
    {
        "id": URN + "V:1",
        "type": "Vehicle",
        "scope": "/a/b",
        "brand": {"type": "Property", "value": "M"},
        "gender": {"type": "VocabProperty", "vocab": "Male"},
        "speed": [
            {"type": "Property", "value": 1, "datasetId": "urn:d:1"},
            {"type": "Property", "value": 2},
        ],
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1, 2]}},
    },
    {
        "id": URN + "P:1",
        "type": ["Parking", "Vehicle"],
        "brand": {"type": "Relationship", "object": URN + "V:1"},
        "status": {"type": "Property", "value": 1},
    },
    {"id": URN + "B:1", "type": "Boat", "name": {"languageMap": {"en": "a", "nl": "b"}}},
]


@pytest.fixture
async def broker(api: httpx.AsyncClient) -> httpx.AsyncClient:
    assert (await api.post("/entityOperations/create", json=ENTITIES)).status_code == 201
    return api


async def asked(api: httpx.AsyncClient, members: dict[str, Any], url: str = "") -> httpx.Response:
    return await api.post(QUERY + url, json={"type": "Query", **members})


NEAR = {"georel": "near;maxDistance==10", "geometry": "Point", "coordinates": [1, 2]}
SQUARE = [[[0, 0], [5, 0], [5, 5], [0, 5], [0, 0]]]


@pytest.mark.clause("5.2.23")
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"entities": [{"type": "Vehicle"}]}, "V P"),
        ({"entities": [{"type": "Vehicle", "id": URN + "P:1"}]}, "P"),
        ({"entities": [{"type": "Vehicle", "id": [URN + "P:1", URN + "V:1"]}]}, "V P"),
        ({"entities": [{"type": "Vehicle", "idPattern": "V:1$"}]}, "V"),
        # id takes precedence over idPattern.
        ({"entities": [{"type": "Vehicle", "id": URN + "P:1", "idPattern": "V:1$"}]}, "P"),
        ({"entities": [{"type": "Boat", "id": URN + "P:1"}]}, ""),
        ({"entities": [{"type": "(Vehicle;Parking)"}]}, "P"),
        ({"entities": [{"type": "Parking|Boat"}]}, "P B"),
        ({"entities": [{"type": "*"}]}, "V P B"),
        ({"entities": [{"type": "*", "idPattern": "B"}]}, "B"),
        ({"entities": [{"type": "Boat"}, {"type": "Vehicle", "idPattern": "V:"}]}, "V B"),
        ({"entities": [{"type": "Boat"}, {"type": "Vehicle", "id": URN + "V:1"}]}, "V B"),
        ({"entities": [{"type": "Boat", "id": URN + "V:1"}, {"type": "Parking"}]}, "P"),
        ({"entities": [{"type": "Vehicle"}, {"type": "Vehicle", "idPattern": "V"}]}, "V P"),
        ({"entities": [{"type": "Vehicle", "id": URN + "V:1"}], "q": "status"}, ""),
        ({"attrs": ["brand"]}, "V P"),
        ({"attrs": ["status", "name"]}, "P B"),
        ({"q": "speed==2"}, "V"),
        ({"q": "gender==Male", "expandValues": "gender"}, "V"),
        ({"q": "speed==1", "jsonKeys": "speed"}, "V"),
        ({"q": "brand{speed}==1", "join": "inline", "joinLevel": 1}, "P"),
        ({"geoQ": NEAR}, "V"),
        ({"geoQ": {**NEAR, "coordinates": "[1,2]", "geoproperty": "location"}}, "V"),
        ({"geoQ": {"georel": "within", "geometry": "Polygon", "coordinates": SQUARE}}, "V"),
        ({"geoQ": {**NEAR, "geoproperty": "other"}}, ""),
        ({"entities": [{"type": "Vehicle"}], "scopeQ": "/a/#"}, "V"),
        ({"q": "speed", "csf": "endpoint==1"}, "V"),
        ({"q": "speed", "splitEntities": False}, "V"),
        ({"q": "speed", "id": "urn:q:1"}, "V"),
    ],
)
async def test_members_should_select(
    broker: httpx.AsyncClient, members: dict[str, Any], expected: str
) -> None:
    response = await asked(broker, members)
    assert response.status_code == 200, response.text
    found = [entity["id"].removeprefix(URN)[0] for entity in response.json()]
    assert found == expected.split()
    counted = await asked(broker, members, "?count=true&limit=0")
    assert counted.headers["ngsild-results-count"] == str(len(found))


@pytest.mark.clause("5.2.23")
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"attrs": ["brand"]},
            {"id": URN + "V:1", "type": "Vehicle", "scope": "/a/b", "brand": "M"},
        ),
        ({"q": "speed", "pick": ["id", "brand"]}, {"id": URN + "V:1", "brand": "M"}),
        (
            {"q": "speed", "omit": ["location", "type", "gender", "speed", "scope"]},
            {"id": URN + "V:1", "brand": "M"},
        ),
        ({"q": "speed", "pick": ["speed"], "datasetId": ["urn:d:1"]}, {"speed": 1}),
        ({"q": "speed", "pick": ["speed"], "datasetId": ["@none"]}, {"speed": 2}),
        ({"q": "name", "pick": ["name"], "lang": "nl"}, {"name": "b"}),
    ],
)
async def test_members_should_choose_what_is_shown(
    broker: httpx.AsyncClient, members: dict[str, Any], expected: dict[str, Any]
) -> None:
    response = await asked(broker, members, "?format=simplified")
    assert response.json()[0] == expected


#: Members with values that they cannot have; each goes with a query that is wide enough.
WRONG: dict[str, list[Any]] = {
    "type": ["query", "Subscription"],
    "entities": [
        *([], {}, "Vehicle", [1], [{}], [{"id": URN + "V:1"}]),
        *([{"type": value}] for value in ("", ["Vehicle"], 1, "a b", "(a;b")),
        *([{"type": "V", "id": value}] for value in ("no uri", 1, [1], ["x"])),
        *([{"type": "V", "idPattern": value}] for value in ("[", 1)),
        [{"type": "V", "name": "x"}],
    ],
    "attrs": [[], "brand", [1], ["a b"], ["id"], None],
    "q": ["", 5, True, None, ["speed"], "speed=="],
    "geoQ": [
        *([], {}, {**NEAR, "x": 1}, {"georel": "within"}, {**NEAR, "coordinates": [1]}),
        *({**NEAR, "geometry": "GeometryCollection"}, {"geoproperty": "location"}),
    ],
    "pick": [[], "brand", [""], ["a{b}"], ["a b"]],
    "omit": [[], "brand", ["a{b}"]],
    "datasetId": ["urn:d:1", ["none"], []],
    "join": ["INLINE", True],
    "containedBy": [[], "urn:a:b", ["x"]],
    "lang": ["", "!!", 5],
    "entityMap": ["true"],
    "splitEntities": ["true", 1],
    "scopeQ": ["a b", 1],
    "csf": ["==", 1],
    "temporalQ": [{}],
    "aggrParams": [{}],
    "ordering": [{"orderBy": ["speed"]}, {}, {"collation": "de"}],
    "expandValues": [[], 1],
    **{name: [True] for name in ("colour", "local", "limit", "options")},
}
TOO_WIDE: list[dict[str, Any]] = [
    {},
    {"scopeQ": "/a"},
    {"attrs": ["createdAt"]},
    {"q": "createdAt"},
]
DEPTHS: list[Any] = [0, -1, 1.5, "1", True]


@pytest.mark.clause("5.2.23")
@pytest.mark.parametrize(
    "members",
    [
        *({"q": "speed", name: value} for name, values in WRONG.items() for value in values),
        *({"q": "speed", "join": "flat", "joinLevel": depth} for depth in DEPTHS),
        *TOO_WIDE,
    ],
)
async def test_wrong_members_should_be_refused(
    broker: httpx.AsyncClient, members: dict[str, Any]
) -> None:
    response = await asked(broker, members)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/json"
    assert {"type", "title", "detail", "status"} <= response.json().keys()


@pytest.mark.clause("5.2.43")
@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ({"orderBy": ["id"]}, "B P V"),
        ({"orderBy": ["id;desc"], "collation": "de"}, "V P B"),
        ({"orderBy": ["status", "id"]}, "P B V"),
        ({"orderBy": ["location;dist-asc", "id;desc"], "coordinates": [1, 1]}, "V P B"),
        (
            {
                "orderBy": ["location;dist-desc", "id"],
                "coordinates": [[0, 0], [1, 1]],
                "geometry": "LineString",
            },
            "V B P",
        ),
        ({"orderBy": []}, None),
        ({"orderBy": "id"}, None),
        ({"orderBy": ["id;up"]}, None),
        ({"orderBy": ["location;dist-asc"]}, None),
        ({"orderBy": ["id"], "collation": "no collation"}, None),
        ({"orderBy": ["id"], "colour": 1}, None),
        ([], None),
    ],
)
async def test_ordering_should_order(
    broker: httpx.AsyncClient, ordering: object, expected: str | None
) -> None:
    body = {"entities": [{"type": "*"}], "ordering": ordering}
    response = await asked(broker, body, "?local=true")
    if expected is None:
        assert response.status_code == 400, response.text
    else:
        assert response.status_code == 200, response.text
        assert [one["id"].removeprefix(URN)[0] for one in response.json()] == expected.split()


@pytest.mark.clause("5.2.33")
async def test_any_type_should_be_local(broker: httpx.AsyncClient) -> None:
    assert (await asked(broker, {"entities": [{"type": "*"}]}, "?local=true")).status_code == 200
    assert (await asked(broker, {"entities": [{"type": "*"}]}, "?local=false")).status_code == 400
    assert (await asked(broker, {}, "?local=true")).status_code == 200


@pytest.mark.clause("6.23.3.1")
async def test_the_url_should_carry_paging_and_format(broker: httpx.AsyncClient) -> None:
    body = {"entities": [{"type": "*"}]}
    page = await asked(broker, body, "?limit=1&offset=1&count=true&options=sysAttrs,concise")
    assert page.headers["ngsild-results-count"] == "3"
    assert [one["id"] for one in page.json()] == [URN + "P:1"]
    assert "createdAt" in page.json()[0]
    links = [link for link in page.headers.get_list("link") if "json-ld" not in link]
    for link, rel, offset in zip(links, ("next", "prev"), (2, 0), strict=True):
        target = link[1 : link.index(">")]
        assert f'rel="{rel}"; type="application/json"' in link
        assert f"limit=1&offset={offset}" in target
        assert "count=true&options=sysAttrs,concise" in target
        other = await broker.post(
            "http://localhost" + target, json={"type": "Query", "entities": [{"type": "*"}]}
        )
        assert other.json()[0]["id"] == ENTITIES[offset]["id"]
    assert (await asked(broker, body, "?type=Vehicle")).status_code == 400
    geo = await broker.post(
        QUERY, json={"type": "Query", "q": "speed"}, headers={"Accept": "application/geo+json"}
    )
    assert geo.json()["features"][0]["geometry"] == {"type": "Point", "coordinates": [1, 2]}


@pytest.mark.clause("6.3.5")
async def test_a_query_body_should_have_its_context_one_way(broker: httpx.AsyncClient) -> None:
    context = {"Car": "https://uri.etsi.org/ngsi-ld/default-context/Vehicle"}
    ld = {"Content-Type": "application/ld+json"}
    body = {"type": "Query", "entities": [{"type": "Car"}], "@context": context}
    response = await broker.post(QUERY, json=body, headers=ld)
    assert [one["type"] for one in response.json()] == ["Car", ["Parking", "Car"]]
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in response.headers["link"]
    accepted = await broker.post(QUERY, json=body, headers={**ld, "Accept": "application/ld+json"})
    assert accepted.json()[0]["@context"][0] == context
    assert "link" not in accepted.headers
    assert (await broker.post(QUERY, json=body)).status_code == 400
    assert (await asked(broker, {"q": "speed"})).status_code == 200
    bare = {"type": "Query", "q": "speed"}
    assert (await broker.post(QUERY, json=bare, headers=ld)).status_code == 400
    plain = await broker.post(QUERY, content="x", headers={"Content-Type": "text/plain"})
    assert (plain.status_code, plain.content) == (415, b"")
    for wrong in ("{", "[]", '"x"', "null", ""):
        refused = await broker.post(
            QUERY, content=wrong, headers={"Content-Type": "application/json"}
        )
        assert refused.status_code == 400, wrong
