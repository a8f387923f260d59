"""Query temporal evolutions by POST (CIM 009, 5.2.21, 5.2.23, 5.2.44, 6.24)."""

from typing import Any

import httpx
import pytest

from tests.web.conformance.broker import check_problem
from tests.web.conformance.evolutions import ID, NOON, SPEEDS, Json, ask, at, create, observed

HERE = {"type": "Point", "coordinates": [5.38, 52.15]}


@pytest.fixture
async def broker(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A vehicle and a bin."""
    await create(
        api, speed=SPEEDS, location={"type": "GeoProperty", "value": HERE, "observedAt": at(3)}
    )
    bin_ = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "level": observed(0.5, 3)}
    assert (await api.post("/temporal/entities", json=bin_)).status_code == 201
    return api


def body(**members: Any) -> Json:
    return {"type": "Query", "entities": [{"type": "Vehicle"}], "temporalQ": NOON, **members}


@pytest.mark.clause("6.24.3.1")
@pytest.mark.parametrize(
    ("sent", "params"),
    [
        (body(), {"type": "Vehicle"}),
        (body(attrs=["speed"]), {"type": "Vehicle", "attrs": "speed"}),
        (body(pick=["id", "speed"]), {"type": "Vehicle", "pick": "id,speed"}),
        (body(omit=["speed"]), {"type": "Vehicle", "omit": "speed"}),
        (body(q="speed>100"), {"type": "Vehicle", "q": "speed>100"}),
        (body(temporalQ={**NOON, "lastN": 1}), {"type": "Vehicle", "lastN": "1"}),
        (body(datasetId=["@none"]), {"type": "Vehicle", "datasetId": "@none"}),
        (body(lang="nl", join="@none"), {"type": "Vehicle"}),
        (
            body(geoQ={"georel": "near;maxDistance==9", "geometry": "Point", "coordinates": [5.38, 52.15]}),
            {"georel": "near;maxDistance==9", "geometry": "Point", "coordinates": "[5.38,52.15]"},
        ),
        (body(entities=[{"type": "Vehicle", "id": ID}, {"type": "Bin", "idPattern": "9$"}]), {"type": "Vehicle"}),
    ],
)  # fmt: skip
async def test_a_query_by_post_should_find_the_same(
    broker: httpx.AsyncClient, sent: Json, params: dict[str, str]
) -> None:
    response = await broker.post("/temporal/entityOperations/query", json=sent)
    assert response.status_code == 200, response.text
    assert response.json() == await ask(broker, **NOON, **params)


@pytest.mark.clause("5.2.44")
async def test_a_query_by_post_should_aggregate(broker: httpx.AsyncClient) -> None:
    where = "/temporal/entityOperations/query?format=aggregatedValues"
    temporal = {**NOON, "aggrMethods": "max,avg", "aggrPeriodDuration": "PT4M"}
    by_query = await broker.post(where, json=body(attrs=["speed"], temporalQ=temporal))
    params: Json = {"aggrMethods": ["max", "avg"], "aggrPeriodDuration": "PT4M"}
    by_params = await broker.post(where, json=body(attrs=["speed"], aggrParams=params))
    assert by_query.json() == by_params.json()
    assert by_query.json()[0]["speed"]["avg"] == [[120, at(0), at(4)], [90, at(4), at(8)]]


REFUSED_BODIES: list[tuple[Any, str]] = [
    ({"type": "Query", "entities": [{"type": "Vehicle"}]}, "BadRequestData"),
    ({"type": "Query", "temporalQ": NOON}, "BadRequestData"),
    (body(type="Question"), "BadRequestData"),
    (body(entities=[]), "BadRequestData"),
    (body(temporalQ=[]), "BadRequestData"),
    (body(temporalQ={"timerel": "after"}), "BadRequestData"),
    (body(temporalQ={**NOON, "lastN": 0}), "BadRequestData"),
    (body(temporalQ={**NOON, "lastN": True}), "BadRequestData"),
    (body(temporalQ={**NOON, "when": 1}), "InvalidRequest"),
    (body(join="inline"), "BadRequestData"),
    (body(containedBy=["urn:a:1"]), "BadRequestData"),
    (body(nonsense=1), "InvalidRequest"),
    (body(ordering={"orderBy": ["id"]}), "BadRequestData"),
    ([], "BadRequestData"),
]


@pytest.mark.clause("5.2.23")
async def test_a_query_by_post_should_be_refused_when_it_is_wrong(
    broker: httpx.AsyncClient,
) -> None:
    for sent, error in REFUSED_BODIES:
        response = await broker.post("/temporal/entityOperations/query", json=sent)
        check_problem(response, 400, error)
