"""Retrieval and queries through HTTP (CIM 009, 5.7.1, 5.7.2, 6.3, 6.4.3.2, 6.5.3.1, 6.23)."""

from typing import Any

import httpx
import pytest

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
CORE_LINK = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'


async def store(api: httpx.AsyncClient, *entities: dict[str, Any]) -> None:
    response = await api.post("/entityOperations/create", json=list(entities))
    assert response.status_code == 201, response.text


async def ids(api: httpx.AsyncClient, **params: str) -> list[str]:
    response = await api.get("/entities", params=params)
    assert response.status_code == 200, response.text
    return [entity["id"] for entity in response.json()]


def sensor(number: int, **members: Any) -> dict[str, Any]:
    return {"id": f"urn:s:{number}", "type": "Sensor", "n": number, **members}


@pytest.fixture
async def sensors(api: httpx.AsyncClient) -> httpx.AsyncClient:
    await store(
        api,
        *(
            sensor(
                number,
                name=f"sensor {number}",
                location={"type": "Point", "coordinates": [4 + number / 10, 52]},
                scope="/North" if number < 5 else "/South/Harbour",
            )
            for number in range(10)
        ),
    )
    return api


@pytest.mark.clause("5.7.2.4")
async def test_a_query_should_be_refused_when_it_is_too_wide(sensors: httpx.AsyncClient) -> None:
    for query in ("", "?id=urn:s:1", "?scopeQ=/North", "?q=createdAt>2020-01-01T00:00:00Z"):
        response = await sensors.get(f"/entities{query}")
        assert response.status_code == 400, query
        assert response.json()["type"] == ERRORS + "BadRequestData"
    for query in ("?local=true", "?type=*", "?q=n==1", "?attrs=n"):
        assert (await sensors.get(f"/entities{query}")).status_code == 200, query


@pytest.mark.clause("5.7.2")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"type": "Sensor", "q": "n>=3;n<5"}, [3, 4]),
        ({"type": "Sensor", "q": 'name=="sensor 2"|n==9'}, [2, 9]),
        ({"type": "Sensor", "id": "urn:s:1,urn:s:7,urn:s:77"}, [1, 7]),
        ({"type": "Sensor", "idPattern": "^urn:s:[12]$"}, [1, 2]),
        ({"type": "Sensor|Other", "scopeQ": "/South/#", "q": "n<7"}, [5, 6]),
        ({"type": "Nothing"}, []),
        (
            {
                "georel": "near;maxDistance==10000",
                "geometry": "Point",
                "coordinates": "[4.1,52]",
                "type": "Sensor",
            },
            [0, 1, 2],
        ),
        (
            {
                "georel": "within",
                "geometry": "Polygon",
                "coordinates": "[[[4.25,51],[4.45,51],[4.45,53],[4.25,53],[4.25,51]]]",
            },
            [3, 4],
        ),
    ],
)
async def test_a_query_should_answer_what_matches(
    sensors: httpx.AsyncClient, params: dict[str, str], expected: list[int]
) -> None:
    assert await ids(sensors, **params) == [f"urn:s:{number}" for number in expected]


@pytest.mark.clause("6.3.10")
async def test_pages_should_link_to_those_beside_them(sensors: httpx.AsyncClient) -> None:
    response = await sensors.get("/entities?type=Sensor&limit=4&offset=4&count=true")
    assert [entity["n"]["value"] for entity in response.json()] == [4, 5, 6, 7]
    assert response.headers["ngsild-results-count"] == "10"
    links = response.headers.get_list("link")
    following = next(link for link in links if 'rel="next"' in link)
    assert 'type="application/json"' in following
    target = following[following.index("<") + 1 : following.index(">")]
    last = await sensors.get("http://localhost" + target)
    assert [entity["n"]["value"] for entity in last.json()] == [8, 9]
    assert not any('rel="next"' in link for link in last.headers.get_list("link"))
    assert any("limit=4&offset=4" in link for link in last.headers.get_list("link"))


@pytest.mark.clause("6.3.10")
async def test_an_offset_past_the_end_should_give_the_last_entity(
    sensors: httpx.AsyncClient,
) -> None:
    assert await ids(sensors, type="Sensor", offset="500") == ["urn:s:9"]


@pytest.mark.clause("6.3.13")
async def test_limit_zero_should_count_alone(sensors: httpx.AsyncClient) -> None:
    counted = await sensors.get("/entities?type=Sensor&limit=0&count=true")
    assert (counted.json(), counted.headers["ngsild-results-count"]) == ([], "10")
    assert (await sensors.get("/entities?type=Sensor&limit=0")).status_code == 400
    assert (await sensors.get("/entities?type=Sensor&limit=-1")).status_code == 400
    many = await sensors.get("/entities?type=Sensor&limit=100000")
    assert many.status_code == 403
    assert many.json()["type"] == ERRORS + "TooManyResults"


@pytest.mark.clause("4.23")
async def test_ordering_should_be_local_and_follow_its_terms(sensors: httpx.AsyncClient) -> None:
    assert (await sensors.get("/entities?type=Sensor&orderBy=n")).status_code == 400
    found = await ids(sensors, type="Sensor", local="true", orderBy="n;desc", limit="3")
    assert found == ["urn:s:9", "urn:s:8", "urn:s:7"]
    near = await ids(
        sensors,
        type="Sensor",
        local="true",
        orderBy="location;dist-asc",
        orderFrom="[4.52,52]",
        limit="2",
    )
    assert near == ["urn:s:5", "urn:s:6"]


@pytest.mark.clause("6.3.6")
async def test_answers_should_carry_the_context_as_the_media_type_wants(
    api: httpx.AsyncClient,
) -> None:
    await store(api, sensor(1))
    plain = await api.get("/entities/urn:s:1")
    assert plain.headers["content-type"] == "application/json"
    assert CORE_LINK in plain.headers["link"]
    assert "@context" not in plain.json()
    ld = await api.get("/entities?type=Sensor", headers={"Accept": "application/ld+json"})
    assert ld.headers["content-type"] == "application/ld+json"
    assert ld.json()[0]["@context"].endswith("ngsi-ld-core-context-v1.9.jsonld")
    refused = await api.get("/entities/urn:s:1", headers={"Accept": "text/html"})
    assert refused.status_code == 406
    assert "application/ld+json" in refused.json()["available"]


@pytest.mark.clause("6.3.15")
async def test_geojson_should_be_a_feature_or_a_collection(sensors: httpx.AsyncClient) -> None:
    geo = {"Accept": "application/geo+json"}
    one = (await sensors.get("/entities/urn:s:3?options=keyValues", headers=geo)).json()
    assert one["type"] == "Feature"
    assert one["geometry"] == {"type": "Point", "coordinates": [4.3, 52]}
    assert one["properties"]["n"] == 3
    assert "@context" in one
    many = await sensors.get(
        "/entities?type=Sensor&limit=2", headers={**geo, "Prefer": "body=json"}
    )
    assert many.json()["type"] == "FeatureCollection"
    assert len(many.json()["features"]) == 2
    assert "@context" not in many.json()
    assert CORE_LINK in many.headers.get_list("link")[0]
    wrong = await sensors.get("/entities/urn:s:3?geometryProperty=location")
    assert wrong.status_code == 400


@pytest.mark.clause("6.3.7")
async def test_representations_should_be_chosen_by_format_before_options(
    api: httpx.AsyncClient,
) -> None:
    await store(api, sensor(1))
    simplified = {"id": "urn:s:1", "type": "Sensor", "n": 1}
    for query in ("format=simplified", "options=keyValues", "format=keyValues&options=normalized"):
        assert (await api.get(f"/entities/urn:s:1?{query}")).json() == simplified, query
    shown = (await api.get("/entities/urn:s:1?options=sysAttrs")).json()
    assert {"createdAt", "modifiedAt"} <= shown.keys() & shown["n"].keys()


@pytest.mark.clause("4.21")
async def test_pick_and_omit_should_choose_members(api: httpx.AsyncClient) -> None:
    await store(api, sensor(1, colour="red"))
    picked = await api.get("/entities/urn:s:1?pick=id,n&options=keyValues")
    assert picked.json() == {"id": "urn:s:1", "n": 1}
    omitted = await api.get("/entities/urn:s:1?omit=n,type&options=keyValues")
    assert omitted.json() == {"id": "urn:s:1", "colour": "red"}
    attrs = await api.get("/entities/urn:s:1?attrs=n&options=keyValues")
    assert attrs.json() == {"id": "urn:s:1", "type": "Sensor", "n": 1}
    assert (await api.get("/entities/urn:s:1?attrs=none")).status_code == 404


@pytest.mark.clause("4.15")
async def test_lang_should_choose_a_language(api: httpx.AsyncClient) -> None:
    await store(api, sensor(1, name={"languageMap": {"nl": "haven", "en": "harbour"}}))
    shown = (await api.get("/entities/urn:s:1?lang=en")).json()
    assert shown["name"] == {"type": "Property", "value": "harbour", "lang": "en"}


@pytest.mark.clause("4.5.5.1")
async def test_dataset_id_should_choose_instances(api: httpx.AsyncClient) -> None:
    speeds = [{"value": 1}, {"value": 2, "datasetId": "urn:d:2"}]
    await store(api, sensor(1, speed=speeds))
    shown = (await api.get("/entities/urn:s:1?datasetId=urn:d:2&format=simplified")).json()
    assert shown == {"id": "urn:s:1", "type": "Sensor", "speed": 2}
    assert (await api.get("/entities/urn:s:1?datasetId=@none&format=simplified")).json() == {
        "id": "urn:s:1",
        "type": "Sensor",
        "n": 1,
        "speed": 1,
    }


@pytest.mark.clause("4.5.23")
async def test_join_should_show_linked_entities_inline_or_flat(api: httpx.AsyncClient) -> None:
    await store(
        api,
        sensor(1, near={"object": "urn:s:2"}),
        sensor(2, near={"object": "urn:s:3"}),
        sensor(3, near={"object": "urn:s:1"}),
    )
    inline = (await api.get("/entities/urn:s:1?join=inline&format=simplified")).json()
    assert inline["near"] == {"id": "urn:s:2", "type": "Sensor", "n": 2, "near": "urn:s:3"}
    flat = (await api.get("/entities/urn:s:1?join=flat&joinLevel=2")).json()
    assert [entity["id"] for entity in flat] == ["urn:s:1", "urn:s:2", "urn:s:3"]
    normalized = (await api.get("/entities/urn:s:1?join=inline&joinLevel=5")).json()
    second = normalized["near"]["entity"]
    assert second["near"]["entity"]["near"] == {"type": "Relationship", "object": "urn:s:1"}
    linked = {"type": "Sensor", "q": "near{n}==2"}
    assert (await api.get("/entities", params=linked)).status_code == 400
    assert await ids(api, **linked, join="flat") == ["urn:s:1", "urn:s:2"]


@pytest.mark.clause("6.23.3.1")
async def test_a_query_body_should_mean_the_same_as_parameters(
    sensors: httpx.AsyncClient,
) -> None:
    body = {
        "type": "Query",
        "entities": [
            {"type": "Sensor", "id": ["urn:s:1", "urn:s:2"]},
            {"type": "Sensor", "idPattern": "9$"},
        ],
        "q": "n>1",
        "pick": ["id"],
    }
    response = await sensors.post("/entityOperations/query?count=true", json=body)
    assert response.status_code == 200, response.text
    assert response.json() == [{"id": "urn:s:2"}, {"id": "urn:s:9"}]
    assert response.headers["ngsild-results-count"] == "2"
    near = {
        "type": "Query",
        "geoQ": {"georel": "near;maxDistance==1000", "geometry": "Point", "coordinates": [4.5, 52]},
    }
    found = await sensors.post("/entityOperations/query", json=near)
    assert [entity["id"] for entity in found.json()] == ["urn:s:5"]
    for wrong in ({}, {"type": "Query"}, {"type": "Query", "colour": 1}):
        assert (await sensors.post("/entityOperations/query", json=wrong)).status_code == 400


@pytest.mark.clause("4.3.6.8")
async def test_prefer_should_amend_to_an_earlier_version(api: httpx.AsyncClient) -> None:
    await store(api, sensor(1, scope="/a"))
    amended = await api.get("/entities/urn:s:1", headers={"Prefer": "ngsi-ld=1.3"})
    assert amended.status_code == 203
    assert amended.headers["preference-applied"] == "ngsi-ld=1.3"
    assert "scope" not in amended.json()
    newest = await api.get("/entities/urn:s:1", headers={"Prefer": "ngsi-ld=1.9"})
    assert newest.status_code == 200


@pytest.mark.clause("4.22")
async def test_what_has_expired_should_not_be_served(api: httpx.AsyncClient) -> None:
    past = "2020-01-01T00:00:00Z"
    await store(
        api,
        sensor(1, expiresAt=past),
        sensor(2, old={"value": 1, "expiresAt": past}),
    )
    assert (await api.get("/entities/urn:s:1")).status_code == 404
    assert await ids(api, type="Sensor") == ["urn:s:2"]
    assert "old" not in (await api.get("/entities/urn:s:2")).json()
    assert (await api.post("/entities", json=sensor(1))).status_code == 201


@pytest.mark.clause("5.7.5")
async def test_discovery_should_tell_types_and_attributes(api: httpx.AsyncClient) -> None:
    await store(
        api,
        sensor(1, near={"object": "urn:s:2"}),
        {"id": "urn:s:2", "type": ["Sensor", "Mast"], "n": "two"},
    )
    types = (await api.get("/types")).json()
    assert types["type"] == "EntityTypeList"
    assert types["typeList"] == ["Mast", "Sensor"]
    details = (await api.get("/types?details=true")).json()
    assert details[1]["attributeNames"] == ["n", "near"]
    info = (await api.get("/types/Sensor")).json()
    assert (info["type"], info["entityCount"]) == ("EntityTypeInfo", 2)
    assert info["attributeDetails"][1]["attributeTypes"] == ["Relationship"]
    assert (await api.get("/types/None")).status_code == 404
    assert (await api.get("/attributes/")).json()["attributeList"] == ["n", "near"]
    attribute = (await api.get("/attributes/n")).json()
    assert attribute["attributeCount"] == 2
    assert attribute["typeNames"] == ["Mast", "Sensor"]
    assert (await api.get("/attributes/none")).status_code == 404


@pytest.mark.clause("5.15.1")
async def test_the_node_should_tell_who_it_is(api: httpx.AsyncClient) -> None:
    identity = (await api.get("/info/sourceIdentity")).json()
    assert identity["type"] == "ContextSourceIdentity"
    assert identity["contextSourceUptime"].startswith("PT")


@pytest.mark.clause("5.5.6")
async def test_what_is_not_offered_should_say_so(api: httpx.AsyncClient) -> None:
    response = await api.get("/jsonldContexts", headers={"NGSILD-Snapshot": "urn:s:1"})
    assert response.status_code == 422
    assert response.json()["type"] == ERRORS + "OperationNotSupported"
    assert (await api.get("/nothing")).status_code == 404
