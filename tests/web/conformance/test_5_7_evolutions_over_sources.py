"""5.7.3, 5.7.4: evolutions of Context Sources are retrieved and queried with the node's own."""

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.several import Pretender, Served, answer, register

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any
ID = "urn:ngsi-ld:Lamp:1"
SINCE = {"timerel": "after", "timeAt": "2026-01-01T00:00:00Z"}
LAMPS = [{"entities": [{"type": "Lamp"}]}]
EVER: Json = {
    "observationInterval": {"startAt": "2020-01-01T00:00:00Z"},
    "managementInterval": {"startAt": "2020-01-01T00:00:00Z"},
    "operations": ["retrieveTemporal", "queryTemporal"],
}


def at(hour: int) -> str:
    return f"2026-01-01T{hour:02}:00:00Z"


def seen(*pairs: tuple[int, Json]) -> Json:
    return [{"type": "Property", "value": value, "observedAt": at(hour)} for hour, value in pairs]


async def hold(node: Served, number: int = 1, kind: str = "Lamp", **members: Json) -> None:
    body = {"id": f"urn:ngsi-ld:{kind}:{number}", "type": kind, **members}
    response = await node.api.post("/temporal/entities", json=body, params={"local": "true"})
    if response.status_code == 400:
        response = await node.api.post("/temporal/entities", json=body)
    assert response.status_code in (201, 204), response.text


async def get(node: Served, path: str = "", **params: str) -> Json:
    response = await node.api.get(f"/temporal/entities{path}", params=params)
    assert response.status_code == 200, response.text
    assert "ngsild-warning" not in response.headers, response.headers
    return response.json()


def pairs(entity: Json, name: str = "level") -> list[tuple[str, Json]]:
    return [(one["observedAt"][11:13], one["value"]) for one in entity.get(name, [])]


@pytest.mark.clause("5.7.3")
async def test_retrieval_should_join_the_instances_of_all(hub: Served, other: Served) -> None:
    await hold(hub, level=seen((1, 10), (5, 50)))
    await hold(other, level=seen((3, 30), (5, 50)), colour=seen((2, "red")))
    await register(hub, other.url, LAMPS, **EVER)
    found = await get(hub, f"/{ID}")
    assert pairs(found) == [("01", 10), ("03", 30), ("05", 50)]
    assert pairs(found, "colour") == [("02", "red")]
    assert pairs(await get(hub, f"/{ID}", lastN="2")) == [("03", 30), ("05", 50)]
    assert pairs(await get(hub, f"/{ID}", local="true")) == [("01", 10), ("05", 50)]
    only = await get(hub, f"/{ID}", **SINCE, attrs="colour")
    assert only.keys() == {"id", "type", "colour"}


@pytest.mark.clause("5.7.3")
async def test_retrieval_should_find_what_only_a_source_has(hub: Served, other: Served) -> None:
    await hold(other, level=seen((3, 30)))
    await register(hub, other.url, LAMPS, **EVER)
    assert pairs(await get(hub, f"/{ID}")) == [("03", 30)]
    missing = await hub.api.get("/temporal/entities/urn:ngsi-ld:Lamp:2")
    assert missing.status_code == 404


@pytest.mark.clause("5.9.1")
async def test_registrations_of_the_present_should_not_be_asked(
    hub: Served, liar: Pretender
) -> None:
    await hold(hub, level=seen((1, 10)))
    await register(hub, liar.url, LAMPS)
    await get(hub, f"/{ID}")
    await get(hub, type="Lamp", **SINCE)
    assert not liar.got


@pytest.mark.clause("5.10.2.4")
async def test_source_of_another_time_should_not_be_asked(hub: Served, liar: Pretender) -> None:
    interval = {"startAt": "2020-01-01T00:00:00Z", "endAt": "2021-01-01T00:00:00Z"}
    operations = ["queryTemporal"]
    await register(hub, liar.url, LAMPS, observationInterval=interval, operations=operations)
    assert await get(hub, type="Lamp", **SINCE) == []
    assert not liar.got
    liar.answer = answer([])
    assert await get(hub, type="Lamp", timerel="before", timeAt="2020-06-01T00:00:00Z") == []
    assert len(liar.got) == 1


@pytest.mark.clause("5.7.4")
async def test_query_should_join_entities_of_all(hub: Served, other: Served) -> None:
    await hold(hub, 1, level=seen((1, 10)))
    await hold(other, 1, level=seen((2, 20)))
    await hold(other, 2, level=seen((3, 30)))
    await hold(other, 1, "Secret", level=seen((3, 30)))
    await register(hub, other.url, LAMPS, **EVER)
    response = await hub.api.get(
        "/temporal/entities", params={"type": "Lamp", "count": "true", **SINCE}
    )
    assert response.headers["ngsild-results-count"] == "2"
    first, second = response.json()
    assert pairs(first) == [("01", 10), ("02", 20)]
    assert pairs(second) == [("03", 30)]
    body = {
        "type": "Query",
        "entities": [{"type": "Lamp"}],
        "temporalQ": SINCE,
        "attrs": ["level"],
    }
    posted = await hub.api.post("/temporal/entityOperations/query", json=body)
    assert posted.json() == response.json()


@pytest.mark.clause("5.7.4")
@pytest.mark.clause("6.3.10")
async def test_pages_should_be_those_of_one_result(hub: Served, other: Served) -> None:
    for number in range(5):
        await hold(hub if number % 2 else other, number, level=seen((number, number)))
        await hold(other, number, extra=seen((number, number)))
    await register(hub, other.url, LAMPS, **EVER)
    found: list[str] = []
    for offset in range(0, 6, 2):
        page = await hub.api.get(
            "/temporal/entities",
            params={"type": "Lamp", **SINCE, "limit": "2", "offset": str(offset)},
        )
        assert page.status_code == 200, page.text
        assert ('rel="next"' in page.headers.get("link", "")) == (offset < 4)
        for entity in page.json():
            assert pairs(entity) == [
                (entity["level"][0]["observedAt"][11:13], int(entity["id"][-1]))
            ]
            assert "extra" in entity
        found += [entity["id"] for entity in page.json()]
    assert sorted(found) == [f"urn:ngsi-ld:Lamp:{number}" for number in range(5)]
    counted = await hub.api.get(
        "/temporal/entities", params={"type": "Lamp", **SINCE, "limit": "0", "count": "true"}
    )
    assert counted.headers["ngsild-results-count"] == "5"
    last = await get(hub, type="Lamp", **SINCE, limit="2", offset="99")
    assert [entity["id"] for entity in last] == found[-1:]


@pytest.mark.clause("5.7.4")
async def test_filters_should_go_along_and_restrict_instances(hub: Served, other: Served) -> None:
    await hold(hub, 1, level=seen((1, 10), (2, 90)))
    await hold(other, 2, level=seen((3, 30), (4, 80)))
    await hold(other, 3, level=seen((3, 30)))
    await register(hub, other.url, LAMPS, **EVER)
    found = await get(hub, type="Lamp", q="level>50", **SINCE)
    assert [pairs(one) for one in found] == [[("02", 90)], [("04", 80)]]


@pytest.mark.clause("5.7.4")
async def test_split_entities_should_be_filtered_whole(hub: Served, other: Served) -> None:
    await hold(hub, 1, level=seen((1, 10)))
    await hold(other, 1, colour=seen((2, "red")))
    await hold(other, 2, colour=seen((2, "red")), level=seen((2, 20)))
    await hold(hub, 3, level=seen((1, 10)))
    await register(hub, other.url, LAMPS, **EVER)
    query = {"type": "Lamp", "q": 'level==10;colour=="red"', **SINCE}
    assert await get(hub, **query) == []
    (found,) = await get(hub, **query, splitEntities="true")
    assert found["id"] == ID
    assert (pairs(found), pairs(found, "colour")) == ([("01", 10)], [("02", "red")])
    response = await hub.api.get(
        "/temporal/entities",
        params={**query, "splitEntities": "true", "count": "true", "limit": "1"},
    )
    assert response.headers["ngsild-results-count"] == "1"


@pytest.mark.clause("5.7.4")
async def test_scopes_of_split_entities_should_count_from_when_they_were_set(
    hub: Served, other: Served
) -> None:
    scope = [{"type": "Property", "value": "/A", "observedAt": "2025-06-01T00:00:00Z"}]
    await hold(hub, 1, level=seen((1, 10)))
    await hold(other, 1, colour=seen((2, "red")), scope=scope)
    await register(hub, other.url, LAMPS, **EVER)
    query = {"type": "Lamp", "scopeQ": "/A", "splitEntities": "true", **SINCE}
    (found,) = await get(hub, **query)
    assert pairs(found) == [("01", 10)]
    assert await get(hub, **{**query, "scopeQ": "/B"}) == []


@pytest.mark.clause("4.3.6.1")
async def test_only_registered_attributes_should_be_asked_for(
    hub: Served, other: Served, liar: Pretender
) -> None:
    info = [{"entities": [{"type": "Lamp"}], "propertyNames": ["level"]}]
    await hold(other, 1, level=seen((1, 10)), hidden=seen((1, 1)))
    await register(hub, other.url, info, **EVER)
    (found,) = await get(hub, type="Lamp", **SINCE)
    assert found.keys() == {"id", "type", "level"}
    liar.answer = answer([])
    await register(hub, liar.url, info, **EVER)
    await get(hub, type="Lamp", q="hidden==1", **SINCE)
    await get(hub, type="Lamp", q="hidden==1;level==10", **SINCE)
    assert all("hidden" not in path for _, path, _ in liar.got)
    assert len(liar.got) > 0


@pytest.mark.clause("4.5.19")
async def test_aggregates_should_be_those_of_all_instances(hub: Served, other: Served) -> None:
    await hold(hub, 1, level=seen((1, 10), (2, 20)))
    await hold(other, 1, level=seen((3, 30), (4, 40)))
    await hold(other, 2, level=seen((3, 7)))
    await register(hub, other.url, LAMPS, **EVER)
    params = {
        **SINCE,
        "format": "aggregatedValues",
        "aggrMethods": "sum,stddev,totalCount",
        "aggrPeriodDuration": "P1D",
    }
    first, second = await get(hub, type="Lamp", **params)
    assert first["level"]["sum"] == [[100, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]]
    assert first["level"]["totalCount"][0][0] == 4
    assert first["level"]["stddev"][0][0] == pytest.approx(11.18, abs=0.01)
    assert second["level"]["sum"][0][0] == 7
    assert (await get(hub, f"/{ID}", **params)) == first
    assert (await get(hub, "/urn:ngsi-ld:Lamp:2", **params)) == second


@pytest.mark.clause("6.3.10")
async def test_part_should_be_what_all_have_answered(hub: Served, liar: Pretender) -> None:
    await hold(hub, 1, level=seen((1, 10), (5, 50)))
    await register(hub, liar.url, LAMPS, **EVER)
    part = f"DateTime {at(0)}-{at(3)}/*"
    body = {"id": ID, "type": "Lamp", "level": seen((2, 20), (3, 30))}
    liar.answer = answer(body, 206, content_range=part)
    response = await hub.api.get(f"/temporal/entities/{ID}", params=SINCE)
    assert response.status_code == 206
    assert pairs(response.json()) == [("01", 10), ("02", 20), ("03", 30)]
    assert response.headers["content-range"] == part


@pytest.mark.clause("6.3.10")
async def test_part_should_end_with_the_latest_when_the_last_are_asked_for(
    hub: Served, liar: Pretender
) -> None:
    await hold(hub, 1, level=seen((1, 10), (5, 50)))
    await register(hub, liar.url, LAMPS, **EVER)
    body = {"id": ID, "type": "Lamp", "level": seen((2, 20), (3, 30))}
    liar.answer = answer(body, 206)
    response = await hub.api.get(f"/temporal/entities/{ID}", params={**SINCE, "lastN": "9"})
    assert response.status_code == 206
    assert pairs(response.json()) == [("02", 20), ("03", 30), ("05", 50)]
    assert response.headers["content-range"] == f"DateTime {at(5)}-{at(2)}/9"


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    "body",
    [
        [{"id": "urn:ngsi-ld:Lamp:9", "type": "Secret", "level": seen((1, 1))}],
        [{"id": "urn:ngsi-ld:Lamp:9", "type": "Lamp", "level": [{"value": {"@context": 1}}]}],
        [{"id": "urn:ngsi-ld:Lamp:9", "type": "Lamp", "level": [{"type": "Property"}]}],
        [{"id": "not a uri", "type": "Lamp"}],
        [[[]]],
        ["x", 1, None],
        {"title": "what"},
        b"{",
    ],
)
async def test_garbage_should_be_warned_of_and_left_out(
    hub: Served, liar: Pretender, body: Json
) -> None:
    await hold(hub, 1, level=seen((1, 10)))
    await register(hub, liar.url, LAMPS, **EVER)
    liar.answer = answer(body)
    response = await hub.api.get("/temporal/entities", params={"type": "Lamp", **SINCE})
    assert response.status_code == 200, response.text
    assert [entity["id"] for entity in response.json()] == [ID]
    assert response.headers["ngsild-warning"].startswith("111 ")


@pytest.mark.clause("6.3.17")
async def test_other_entities_and_times_than_asked_for_should_be_left_out(
    hub: Served, liar: Pretender
) -> None:
    await register(hub, liar.url, LAMPS, **EVER)
    liar.answer = answer(
        {"id": ID, "type": "Lamp", "level": [*seen((1, 1)), {"type": "Property", "value": 3}]}
    )
    assert pairs(await get(hub, f"/{ID}", **SINCE)) == [("01", 1)]
    other = await hub.api.get("/temporal/entities/urn:ngsi-ld:Lamp:2", params=SINCE)
    assert other.status_code == 404


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(("status", "expected"), [(403, 502), (508, 508)])
async def test_failure_of_the_only_redirect_source_should_be_the_answer(
    hub: Served, liar: Pretender, status: int, expected: int
) -> None:
    await register(hub, liar.url, LAMPS, mode="redirect", **EVER)
    liar.answer = answer({"title": "No"}, status)
    assert (await hub.api.get(f"/temporal/entities/{ID}")).status_code == expected
    params = {"type": "Lamp", **SINCE}
    assert (await hub.api.get("/temporal/entities", params=params)).status_code == expected


@pytest.mark.clause("6.3.17")
async def test_source_that_pages_for_ever_should_be_left(hub: Served, liar: Pretender) -> None:
    await register(hub, liar.url, LAMPS, **EVER)
    link = '<http://x/>; rel="next"; type="application/json"'
    liar.answer = answer([{"id": ID, "type": "Lamp", "level": seen((1, 1))}], link=link)
    params = {"type": "Lamp", **SINCE, "count": "true"}
    response = await hub.api.get("/temporal/entities", params=params)
    assert response.headers["ngsild-results-count"] == "1"
    assert len(liar.got) < 6


@pytest.mark.clause("6.3.17")
async def test_source_that_is_gone_should_cost_no_more_than_a_warning(
    hub: Served, other: Served
) -> None:
    await hold(hub, 1, level=seen((1, 10)))
    await hold(other, 2, level=seen((2, 20)))
    await register(hub, other.url, LAMPS, **EVER)
    await register(hub, "http://127.0.0.1:9", LAMPS, **EVER)
    for path, params in (("", {"type": "Lamp", "count": "true"}), (f"/{ID}", {})):
        response = await hub.api.get(f"/temporal/entities{path}", params={**SINCE, **params})
        assert response.status_code == 200, response.text
        assert response.headers["ngsild-warning"].startswith("199 ")
    response = await hub.api.get("/temporal/entities", params={"type": "Lamp", **SINCE})
    assert [entity["id"][-1] for entity in response.json()] == ["1", "2"]


@pytest.mark.clause("4.5.19")
async def test_aggregates_of_split_entities_should_be_of_what_meets_the_filters(
    hub: Served, other: Served
) -> None:
    await hold(hub, 1, level=seen((1, 10), (2, 60)))
    await hold(other, 1, level=seen((3, 70)), colour=seen((2, "red")))
    await register(hub, other.url, LAMPS, **EVER)
    params = {
        **SINCE,
        "type": "Lamp",
        "attrs": "level",
        "q": 'level>50;colour=="red"',
        "splitEntities": "true",
        "format": "aggregatedValues",
        "aggrMethods": "sum",
    }
    (found,) = await get(hub, **params)
    assert found["level"]["sum"][0][0] == 130
    assert "colour" not in found


@pytest.mark.clause("4.5.19")
async def test_aggregates_of_parts_should_be_refused(hub: Served, liar: Pretender) -> None:
    await hold(hub, 1, level=seen((1, 10)))
    await register(hub, liar.url, LAMPS, **EVER)
    aggregated = {
        "id": ID,
        "type": "Lamp",
        "level": {"type": "Property", "sum": [[1, at(0), at(5)]]},
    }
    whole = {"id": ID, "type": "Lamp", "level": seen((2, 20), (3, 30))}

    def make(request: Request) -> Response:
        if "aggregatedValues" in request.query_params["options"]:
            return answer(aggregated)(request)
        return answer(whole, 206)(request)

    liar.answer = make
    params = {**SINCE, "format": "aggregatedValues", "aggrMethods": "sum"}
    response = await hub.api.get(f"/temporal/entities/{ID}", params=params)
    assert response.status_code == 403, response.text


@pytest.mark.clause("5.7.4")
async def test_datasets_and_languages_should_be_chosen_over_sources(
    hub: Served, other: Served
) -> None:
    second = [{**one, "datasetId": "urn:d:2"} for one in seen((2, 20))]
    name = [
        {
            "type": "LanguageProperty",
            "languageMap": {"nl": "Lamp", "en": "Light"},
            "observedAt": at(1),
        }
    ]
    await hold(hub, 1, level=seen((1, 10)))
    await hold(other, 1, level=[*seen((3, 30)), *second], name=name)
    await register(hub, other.url, LAMPS, **EVER)
    for split in ("false", "true"):
        query = {"type": "Lamp", **SINCE, "splitEntities": split}
        (found,) = await get(hub, **query, datasetId="urn:d:2")
        assert found.keys() == {"id", "type", "level"}
        assert pairs(found) == [("02", 20)]
        (found,) = await get(hub, **query, lang="en", attrs="name")
        assert found["name"][0]["value"] == "Light"
