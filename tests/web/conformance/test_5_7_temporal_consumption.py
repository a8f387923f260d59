"""Retrieve and query temporal evolutions (CIM 009, 5.7.3, 5.7.4, 6.3.12, 6.18, 6.19, 6.24)."""

from typing import Any

import httpx
import pytest

from tests.web.conformance.broker import DEFAULT, LD_JSON, check_problem
from tests.web.conformance.evolutions import (
    EVER,
    ID,
    NOON,
    SPEEDS,
    Json,
    ask,
    at,
    create,
    observed,
    path,
    read,
    values,
    vehicle,
    without_ids,
)

OTHER = "urn:ngsi-ld:Vehicle:A8311"
HERE = {"type": "Point", "coordinates": [5.38, 52.15]}


@pytest.fixture
async def broker(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Two vehicles: one as in the standard's examples, another an hour later; and a bin."""
    places = {"type": "GeoProperty", "value": HERE, "observedAt": at(3)}
    await create(
        api,
        speed=SPEEDS,
        brand={"type": "Property", "value": "Volvo"},
        location=places,
        owner={"type": "Relationship", "object": "urn:ngsi-ld:Person:1", "observedAt": at(1)},
    )
    late = [observed(40, 5) | {"observedAt": at(5, hour=13)}]
    await create(api, OTHER, speed=late, brand={"type": "Property", "value": "Mercedes"})
    bin_ = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "level": observed(0.5, 3)}
    assert (await api.post("/temporal/entities", json=bin_)).status_code == 201
    return api


def ids(found: list[Json]) -> list[str]:
    return [one["id"] for one in found]


@pytest.mark.clause("5.7.3.4")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [120, 80, 100]),
        (NOON, [120, 80, 100]),
        ({"timerel": "before", "timeAt": at(5)}, [120]),
        ({"timerel": "after", "timeAt": at(5)}, [80, 100]),
        ({"timerel": "between", "timeAt": at(3), "endTimeAt": at(7)}, [120, 80]),
        ({"lastN": "1"}, [100]),
        ({"lastN": "2", "timerel": "before", "timeAt": at(7)}, [120, 80]),
        ({"lastN": "1000000000000"}, [120, 80, 100]),
        ({"timerel": "after", "timeAt": "2020-01-01T00:00:00Z", "timeproperty": "createdAt"}, [120, 80, 100]),
        ({"datasetId": "@none"}, [120, 80, 100]),
        ({"datasetId": "urn:d:1"}, []),
    ],
)  # fmt: skip
async def test_a_retrieval_should_be_narrowed_in_time(
    broker: httpx.AsyncClient, params: dict[str, str], expected: list[int]
) -> None:
    assert await values(broker, **params) == expected


@pytest.mark.clause("5.7.3.4")
@pytest.mark.parametrize(
    ("params", "members"),
    [
        ({}, {"id", "type", "speed", "brand", "location", "owner"}),
        ({"attrs": "speed"}, {"id", "type", "speed"}),
        ({"attrs": "speed,none"}, {"id", "type", "speed"}),
        ({"attrs": DEFAULT + "speed"}, {"id", "type", "speed"}),
        ({"pick": "speed"}, {"speed"}),
        ({"pick": "id,speed"}, {"id", "speed"}),
        ({"pick": "id"}, {"id"}),
        ({"pick": "id,none"}, {"id"}),
        ({"omit": "speed,type,brand"}, {"id", "location", "owner"}),
        ({"attrs": "speed,brand", "omit": "brand"}, {"id", "type", "speed"}),
        (NOON, {"id", "type", "speed", "location", "owner"}),
    ],
)
async def test_a_retrieval_should_show_what_is_asked_for(
    broker: httpx.AsyncClient, params: dict[str, str], members: set[str]
) -> None:
    assert (await read(broker, **params)).keys() == members


REFUSED_RETRIEVALS: list[tuple[dict[str, str], int, str]] = [
        ({"attrs": "none"}, 404, "ResourceNotFound"),
        ({"timerel": "before", "timeAt": "2000-01-01T00:00:00Z"}, 404, "ResourceNotFound"),
        ({"attrs": "brand", **NOON}, 404, "ResourceNotFound"),
        ({"pick": "brand", **NOON}, 404, "ResourceNotFound"),
        ({"attrs": "scope"}, 400, "BadRequestData"),
        ({"attrs": "id"}, 400, "BadRequestData"),
        ({"pick": "owner{name}"}, 400, "BadRequestData"),
        ({"omit": "owner{name}"}, 400, "BadRequestData"),
        ({"pick": "speed("}, 400, "BadRequestData"),
        ({"timerel": "after"}, 400, "BadRequestData"),
        ({"timeAt": at(1)}, 400, "BadRequestData"),
        ({"timerel": "during", "timeAt": at(1)}, 400, "BadRequestData"),
        ({"timerel": "between", "timeAt": at(1)}, 400, "BadRequestData"),
        ({"timerel": "after", "timeAt": "2018-08-01"}, 400, "BadRequestData"),
        ({"timeproperty": "expiresAt"}, 400, "BadRequestData"),
        ({"lastN": "0"}, 400, "BadRequestData"),
        ({"lastN": "-1"}, 400, "BadRequestData"),
        ({"lastN": "x"}, 400, "BadRequestData"),
        ({"datasetId": "no uri"}, 400, "BadRequestData"),
        ({"format": "simplified"}, 400, "InvalidRequest"),
        ({"options": "keyValues"}, 400, "InvalidRequest"),
        ({"options": "temporalValues,aggregatedValues"}, 400, "InvalidRequest"),
        ({"join": "flat"}, 400, "InvalidRequest"),
        ({"format": "aggregatedValues"}, 400, "BadRequestData"),
        ({"format": "aggregatedValues", "aggrMethods": "mean"}, 400, "BadRequestData"),
        (
            {"format": "aggregatedValues", "aggrMethods": "sum", "aggrPeriodDuration": "1h"},
            400,
            "BadRequestData",
        ),
        (
            {"format": "aggregatedValues", "aggrMethods": "avg", "attrs": "brand", "timeproperty": "createdAt"},
            400,
            "InvalidRequest",
        ),
        (
            {"format": "aggregatedValues", "aggrMethods": "max,avg", "pick": "brand", "timeproperty": "createdAt"},
            400,
            "InvalidRequest",
        ),
    ]  # fmt: skip


@pytest.mark.clause("5.7.3.4")
async def test_a_retrieval_should_be_refused_when_a_parameter_is_wrong(
    broker: httpx.AsyncClient,
) -> None:
    for params, status, error in REFUSED_RETRIEVALS:
        check_problem(await broker.get(path(), params=params), status, error)


@pytest.mark.clause("5.7.3.4")
async def test_a_retrieval_should_be_refused_when_there_is_no_such_evolution(
    broker: httpx.AsyncClient,
) -> None:
    check_problem(await broker.get(path("urn:x:9")), 404, "ResourceNotFound")
    check_problem(await broker.get(path("no uri")), 400, "BadRequestData")


@pytest.mark.clause("4.5.7")
async def test_normalized_should_show_an_array_of_instances_with_their_ids(
    broker: httpx.AsyncClient,
) -> None:
    body = await read(broker, attrs="speed,owner")
    assert without_ids(body) == vehicle(
        speed=SPEEDS,
        owner=[{"type": "Relationship", "object": "urn:ngsi-ld:Person:1", "observedAt": at(1)}],
    )
    for one in (*body["speed"], *body["owner"]):
        assert one.keys() <= {"type", "value", "object", "observedAt", "instanceId"}
    concise = without_ids(await read(broker, attrs="speed", format="concise"))
    assert concise["speed"][0] == {"value": 120, "observedAt": at(3)}


@pytest.mark.clause("6.3.11")
async def test_sys_attrs_should_be_shown_on_request(broker: httpx.AsyncClient) -> None:
    body = await read(broker, options="sysAttrs")
    for one in (body, *body["speed"]):
        assert {"createdAt", "modifiedAt"} <= one.keys()
        assert "deletedAt" not in one
    simple = await read(broker, options="sysAttrs,temporalValues")
    assert {"createdAt", "modifiedAt"} <= simple.keys()
    assert simple["speed"].keys() == {"type", "values"}
    for narrowed in ({}, {"attrs": "speed"}, {"pick": "id"}):
        aggregate = {"format": "aggregatedValues", "aggrMethods": "totalCount", **narrowed}
        reckoned = await read(broker, options="sysAttrs", **aggregate)
        for moment in ("createdAt", "modifiedAt"):
            assert reckoned[moment] == body[moment]
        assert "createdAt" not in await read(broker, **aggregate)


@pytest.mark.clause("6.3.12")
@pytest.mark.parametrize(
    "params",
    [
        {"format": "temporalValues"},
        {"options": "temporalValues"},
        {"format": "temporalValues", "options": "aggregatedValues"},
    ],
)
async def test_temporal_values_should_be_pairs_of_value_and_time(
    broker: httpx.AsyncClient, params: dict[str, str]
) -> None:
    assert await read(broker, **params) == vehicle(
        speed={"type": "Property", "values": [[120, at(3)], [80, at(5)], [100, at(7)]]},
        location={"type": "GeoProperty", "values": [[HERE, at(3)]]},
        owner={"type": "Relationship", "objects": [["urn:ngsi-ld:Person:1", at(1)]]},
    )


@pytest.mark.clause("4.5.19.0")
async def test_aggregated_values_should_be_values_with_their_periods(
    broker: httpx.AsyncClient,
) -> None:
    found = await ask(
        broker,
        type="Vehicle",
        q='brand!="Mercedes"',
        attrs="speed",
        format="aggregatedValues",
        aggrMethods="max,avg",
        aggrPeriodDuration="PT4M",
        **NOON,
    )
    periods = [[at(0), at(4)], [at(4), at(8)]]
    assert found == [
        vehicle(
            speed={
                "type": "Property",
                "max": [[120, *periods[0]], [100, *periods[1]]],
                "avg": [[120, *periods[0]], [90, *periods[1]]],
            }
        )
    ]
    for duration in ({}, {"aggrPeriodDuration": "PT0S"}, {"aggrPeriodDuration": "P0D"}):
        body = await read(
            broker, options="aggregatedValues", aggrMethods="sum,totalCount", **NOON, **duration
        )
        assert body["speed"]["sum"] == [[300, at(0), at(0, hour=13)]]
        # Attributes that nobody named are answered by what they are eligible for.
        assert body["owner"] == {"type": "Relationship", "totalCount": [[1, at(0), at(0, hour=13)]]}


@pytest.mark.clause("5.7.4.4")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"type": "Vehicle"}, [ID]),
        ({"type": "Vehicle", **EVER}, [ID, OTHER]),
        ({"type": "Vehicle,Bin"}, [ID, "urn:ngsi-ld:Bin:1"]),
        ({"type": "*"}, [ID, "urn:ngsi-ld:Bin:1"]),
        ({"local": "true"}, [ID, "urn:ngsi-ld:Bin:1"]),
        ({"attrs": "speed"}, [ID]),
        ({"attrs": "brand"}, []),
        ({"attrs": "brand", "timeproperty": "createdAt", **EVER}, [ID, OTHER]),
        ({"type": "Vehicle", "id": f"{OTHER},{ID}", **EVER}, [ID, OTHER]),
        ({"type": "Vehicle", "id": OTHER, **EVER}, [OTHER]),
        ({"type": "Vehicle", "idPattern": "B9", **EVER}, [ID]),
        ({"type": "Nothing"}, []),
        ({"q": "speed>100"}, [ID]),
        ({"q": "speed>100", "type": "Bin"}, []),
        ({"q": "speed<50", **EVER}, [OTHER]),
        ({"q": "speed<50;brand"}, []),
        ({"q": 'brand!="Mercedes"', "type": "Vehicle", **EVER}, [ID]),
        ({"q": "owner==urn:ngsi-ld:Person:1"}, [ID]),
        ({"georel": "near;maxDistance==100", "geometry": "Point", "coordinates": "[5.38,52.15]"}, [ID]),
        ({"georel": "near;maxDistance==100", "geometry": "Point", "coordinates": "[6,52]"}, []),
        ({"type": "Vehicle", "timerel": "before", "timeAt": at(5, hour=13)}, [ID]),
        ({"type": "Vehicle", "timerel": "after", "timeAt": at(5, hour=13)}, [OTHER]),
        ({"local": "true", "orderBy": "id", **EVER}, ["urn:ngsi-ld:Bin:1", OTHER, ID]),
        ({"local": "true", "orderBy": "id;desc", **EVER}, [ID, OTHER, "urn:ngsi-ld:Bin:1"]),
        ({"type": "Vehicle", "expandValues": "brand", "jsonKeys": "speed", "csf": "x==1"}, [ID]),
    ],
)  # fmt: skip
async def test_a_query_should_find_evolutions_in_its_range(
    broker: httpx.AsyncClient, params: dict[str, str], expected: list[str]
) -> None:
    asked = {**NOON, **params}
    if asked["timerel"] != "between":
        asked.pop("endTimeAt")
    assert ids(await ask(broker, **asked)) == expected


@pytest.mark.clause("5.7.4.4")
async def test_a_query_should_show_the_instances_that_meet_it(broker: httpx.AsyncClient) -> None:
    found = await ask(broker, q="speed>=100", attrs="speed", **NOON)
    assert [one["value"] for one in found[0]["speed"]] == [120, 100]
    last = await ask(broker, q="speed<110", attrs="speed", lastN="1", **NOON)
    assert [one["value"] for one in last[0]["speed"]] == [100]
    summed = await ask(
        broker, q="speed>=100", attrs="speed", options="aggregatedValues", aggrMethods="sum", **NOON
    )
    assert summed[0]["speed"]["sum"][0][0] == 220
    by_brand = await ask(broker, q='brand=="Volvo"', type="Vehicle", attrs="speed,brand", **NOON)
    assert by_brand[0].keys() == {"id", "type", "speed"}
    assert len(by_brand[0]["speed"]) == 3


@pytest.mark.clause("4.18")
async def test_a_scope_query_should_show_what_was_observed_in_the_scope(
    api: httpx.AsyncClient,
) -> None:
    def scope(value: Any, minute: int, *, hour: int = 12) -> list[Any]:
        return [value, at(minute, hour=hour)]

    earlier = {"type": "Property", "values": [scope("/Madrid/Centro", 0, hour=11)]}
    inside = {
        "type": "Property",
        "values": [scope("/Lisbon", 0), scope(["/Madrid/Centro", "/X"], 10)],
    }
    speeds = [observed(minute, minute) for minute in (5, 12, 14)]
    await create(api, speed=speeds, scope=earlier)
    await create(api, OTHER, speed=speeds, scope=inside)
    await create(api, "urn:ngsi-ld:Vehicle:3", speed=speeds)
    found = await ask(
        api,
        type="Vehicle",
        attrs="speed,scope",
        scopeQ="/Madrid/Centro",
        format="temporalValues",
        **NOON,
    )
    assert found == [
        vehicle(scope=earlier, speed={"type": "Property", "values": [[minute, at(minute)] for minute in (5, 12, 14)]}),
        vehicle(
            OTHER,
            scope={"type": "Property", "values": [scope(["/Madrid/Centro", "/X"], 10)]},
            speed={"type": "Property", "values": [[minute, at(minute)] for minute in (12, 14)]},
        ),
    ]  # fmt: skip
    assert await ask(api, type="Vehicle", scopeQ="/Rome/#", **NOON) == []
    assert len(await ask(api, local="true", scopeQ="/Madrid/#", **NOON)) == 2


REFUSED: list[tuple[dict[str, str], int, str]] = [
    ({**NOON}, 400, "BadRequestData"),
    ({"id": ID, **NOON}, 400, "BadRequestData"),
    ({"scopeQ": "/a", **NOON}, 400, "BadRequestData"),
    ({"q": "createdAt>2018-01-01T00:00:00Z", **NOON}, 400, "BadRequestData"),
    ({"type": "*", "local": "false", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle"}, 400, "BadRequestData"),
    ({"type": "Vehicle", "timeproperty": "modifiedAt"}, 400, "BadRequestData"),
    ({"type": "Vehicle", "timerel": "after"}, 400, "BadRequestData"),
    ({"type": "Vehicle", "q": "owner{name}==1", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "q": "speed==", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "csf": "==", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "id": "no uri", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "idPattern": "(", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "georel": "near", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "pick": "owner{name}", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "orderBy": "id", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "orderBy": "speed", "local": "true", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "orderBy": "id", "collation": "xx-bad", "local": "true", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "collation": "no collation", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "limit": "0", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "limit": "-1", **NOON}, 400, "BadRequestData"),
    ({"type": "Vehicle", "limit": "100000", **NOON}, 403, "TooManyResults"),
    ({"type": "Vehicle", "join": "inline", **NOON}, 400, "InvalidRequest"),
    ({"type": "Vehicle", "splitEntities": "maybe", **NOON}, 400, "BadRequestData"),
    ({"attrs": "brand", "format": "aggregatedValues", "aggrMethods": "avg", "timeproperty": "createdAt", **EVER}, 400, "InvalidRequest"),
]  # fmt: skip


@pytest.mark.clause("5.7.4.4")
async def test_a_query_should_be_refused_when_a_parameter_is_wrong(
    broker: httpx.AsyncClient,
) -> None:
    for params, status, error in REFUSED:
        check_problem(await broker.get("/temporal/entities", params=params), status, error)


@pytest.mark.clause("6.3.6")
async def test_answers_should_carry_their_context_where_the_media_type_wants_it(
    broker: httpx.AsyncClient,
) -> None:
    asked = {"type": "Vehicle", **NOON}
    plain = await broker.get("/temporal/entities", params=asked)
    assert plain.headers["content-type"] == "application/json"
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in plain.headers["link"]
    for response in (
        await broker.get(
            "/temporal/entities", params=asked, headers={"Accept": "application/ld+json"}
        ),
        await broker.get(path(), headers={"Accept": "application/ld+json"}),
    ):
        assert response.headers["content-type"] == "application/ld+json"
        assert "link" not in response.headers
        json = response.json()
        assert "@context" in (json[0] if isinstance(json, list) else json)
    own = {
        "@context": {"pace": DEFAULT + "speed"},
        "type": "Query",
        "entities": [{"type": "Vehicle"}],
        "temporalQ": NOON,
        "attrs": ["pace"],
    }
    posted = await broker.post(
        "/temporal/entityOperations/query",
        json=own,
        headers={**LD_JSON, "Accept": "application/ld+json"},
    )
    assert [one["value"] for one in posted.json()[0]["pace"]] == [120, 80, 100]


@pytest.mark.clause("4.15")
@pytest.mark.clause("4.5.5")
async def test_languages_and_datasets_should_be_chosen(api: httpx.AsyncClient) -> None:
    says = {
        "type": "LanguageProperty",
        "languageMap": {"en": "yes", "nl": "ja"},
        "observedAt": at(1),
    }
    await create(api, says=says, speed=[observed(1, 1), observed(2, 2, datasetId="urn:d:1")])
    shown = await read(api, lang="nl", format="temporalValues", datasetId="urn:d:1,@none")
    assert shown["says"] == {"type": "Property", "values": [["ja", at(1)]]}
    assert shown["speed"] == [
        {"type": "Property", "values": [[1, at(1)]]},
        {"type": "Property", "datasetId": "urn:d:1", "values": [[2, at(2)]]},
    ]
    assert (await read(api, datasetId="urn:d:1")).keys() == {"id", "type", "speed"}
    found = await ask(api, type="Vehicle", datasetId="urn:d:9", **NOON)
    assert found == [vehicle()]


@pytest.mark.clause("4.3.6.8")
async def test_an_answer_should_conform_to_an_earlier_version_on_request(
    api: httpx.AsyncClient,
) -> None:
    await create(
        api, state={"type": "VocabProperty", "vocab": "on", "observedAt": at(1)}, speed=SPEEDS
    )
    old = await api.get(path(), headers={"Prefer": "ngsi-ld=1.5"})
    assert (old.status_code, old.headers["preference-applied"]) == (203, "ngsi-ld=1.5")
    assert old.json()["state"][0]["type"] == "Property"
    same = await api.get(path(), params={"attrs": "speed"}, headers={"Prefer": "ngsi-ld=1.5"})
    assert (same.status_code, same.headers["preference-applied"]) == (200, "ngsi-ld=1.5")


@pytest.mark.clause("5.7.4.4")
async def test_a_query_that_goes_far_should_find_the_same(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanze.broker.evolutions._BLOCK", 2)
    odd: list[Any] = [{"a": 1}, "text", [1, 2], True]
    for number in range(12):
        value = odd[number - 8] if number >= 8 else number
        await create(api, f"urn:ngsi-ld:Vehicle:{number}", speed=observed(value, 1))
    for q, expected in (("speed>5", [6, 7]), ("speed<=1", [0, 1]), ("speed==true", [11])):
        found = await ask(api, q=q, **NOON)
        assert ids(found) == [f"urn:ngsi-ld:Vehicle:{number}" for number in expected]
