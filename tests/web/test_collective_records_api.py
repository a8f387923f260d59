"""Records through `/api/v1`: pages, single ones, downloads, schemas, and connections."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import jsonschema_rs
import pytest

from hanze.broker.batch import create_entities
from hanze.collaboration.exports import ENDINGS
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.web.api.openapi import openapi_document
from tests.in_process import client_of

_NOW = "2026-11-22T10:00:00Z"
UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"
BIKES = "urn:ngsi-ld:Demand:utrecht:bikes"
SHED = "urn:ngsi-ld:Project:busan:shed"
LAMPS = "urn:ngsi-ld:Project:utrecht:lamps"
_SUPPLIER = "urn:ngsi-ld:Organization:x:acme"

WORLD: tuple[Record, ...] = (
    Municipality(id=UTRECHT, title={"nl": "Utrecht"}, country="urn:ngsi-ld:Country:NL"),
    Municipality(id=BUSAN, title={"ko": "부산", "en": "Busan"}, country="urn:ngsi-ld:Country:KR"),
    Demand(
        id=BIKES,
        title={"nl": "=Fietsenstalling", "en": "Bicycle parking"},
        problem={"nl": "Te weinig plek."},
        source_city=UTRECHT,
        source_date=date(2026, 3, 1),
        themes=("urn:ngsi-ld:Theme:hanze:mobility",),
        source="https://example.org/source",
        license="https://creativecommons.org/licenses/by/4.0/",
        location={"type": "Point", "coordinates": [5.1, 52.1]},
    ),
    Project(
        id=SHED,
        title={"ko": "자전거 보관소"},
        stage="stopped",
        source_city=BUSAN,
        demand=BIKES,
        suppliers=(_SUPPLIER,),
    ),
    Project(
        id=LAMPS,
        title={"en": "Lamps"},
        stage="pilot",
        source_city=UTRECHT,
        suppliers=(_SUPPLIER,),
    ),
)


@pytest.fixture
async def v1(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    pairs = [(write_record(record), HANZE) for record in WORLD]
    result = await create_entities(node.store, caller, pairs, now=_NOW)
    assert result.errors == []
    async with client_of(node, "/api/v1") as client:
        yield client


async def _read(v1: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    while True:
        answer = await v1.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        if not answer.json().get("pending"):
            return answer.json()


async def test_records_should_come_with_whose_they_are_and_counts(v1: httpx.AsyncClient) -> None:
    page = await _read(v1, "/records", type="Demand")
    (record,) = page["records"]
    assert record["sourceCity"] == {
        "id": UTRECHT,
        "type": "Municipality",
        "title": {"nl": "Utrecht"},
    }
    assert (record["date"], record["provenance"]) == ("2026-03-01", "unknown")
    counts = {one["value"]: one["count"] for one in page["facets"]["type"]}
    assert counts == {"Demand": 1, "Municipality": 2, "Project": 2}
    assert page["facets"]["country"] == [
        {
            "value": "urn:ngsi-ld:Country:NL",
            "label": "urn:ngsi-ld:Country:NL",
            "count": 1,
        }
    ]


async def test_text_should_find_records_of_other_languages_and_say_why(
    v1: httpx.AsyncClient,
) -> None:
    page = await _read(v1, "/records", q="bicycle parking", language="en")
    found = {one["id"]: one for one in page["records"]}
    assert found.keys() == {BIKES, SHED}
    (reason, *_) = found[SHED]["matches"]
    assert (reason["label"], reason["found"]) == ("bicycle parking", "자전거 보관소")


async def test_pages_should_follow_each_other(v1: httpx.AsyncClient) -> None:
    titles = [
        (await _read(v1, "/records", sort="title", limit=1, offset=offset))["records"][0]["id"]
        for offset in range(len(WORLD))
    ]
    assert sorted(titles) == sorted(record.id for record in WORLD)


async def test_a_record_should_be_shown_with_what_names_it(v1: httpx.AsyncClient) -> None:
    record = await _read(v1, f"/records/{BIKES}")
    assert record["entity"]["problem"] == {"languageMap": {"nl": "Te weinig plek."}}
    assert record["sourceCity"]["id"] == UTRECHT
    assert record["referring"] == [
        {"id": SHED, "type": "Project", "title": {"ko": "자전거 보관소"}, "attribute": "demand"}
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/records/urn:ngsi-ld:Demand:x:none", 404),
        ("/records?type=Tree", 400),
        ("/records?since=now", 400),
        ("/records?limit=1001", 400),
        ("/records?colour=red", 400),
        ("/records.xlsx", 404),
        ("/schemas/Tree", 404),
        ("/connections?record=urn:ngsi-ld:Demand:x:none", 404),
    ],
)
async def test_what_is_wrong_should_be_a_problem(
    v1: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await v1.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


async def test_methods_that_are_not_there_should_be_problems_as_well(
    v1: httpx.AsyncClient,
) -> None:
    for method in ("POST", "TRACE", "QUERY"):
        answer = await v1.request(method, "/records")
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]


async def test_csv_should_have_source_licence_and_day_and_no_formula(
    v1: httpx.AsyncClient,
) -> None:
    answer = await v1.get("/records.csv", params={"type": "Demand"})
    assert answer.headers["content-disposition"] == 'attachment; filename="Demand.csv"'
    text = answer.content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["title.nl"] == "'=Fietsenstalling"
    assert (row["sourceCityName"], row["date"]) == ("Utrecht", "2026-03-01")
    assert row["source"] == "https://example.org/source"
    assert row["license"].endswith("/by/4.0/")
    assert (row["latitude"], row["longitude"]) == ("52.1", "5.1")
    assert row["problem.nl"] == "Te weinig plek."


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_file_should_hold_the_whole_selection(v1: httpx.AsyncClient, ending: str) -> None:
    answer = await v1.get(f"/records.{ending}", params={"country": "urn:ngsi-ld:Country:KR"})
    assert answer.status_code == 200
    assert SHED in answer.text
    assert LAMPS not in answer.text
    if ending != "csv":
        found = answer.json()
        several = found if isinstance(found, list) else found.get("records", found.get("features"))
        assert len(several) == 2
    empty = await v1.get(f"/records.{ending}", params={"q": "zzzz"})
    assert SHED not in empty.text
    assert ending == "csv" or empty.json() is not None


async def test_geojson_should_have_places_and_json_ld_its_context(v1: httpx.AsyncClient) -> None:
    features = (await v1.get("/records.geojson?type=Demand&type=Project")).json()["features"]
    geometries = {one["id"]: one["geometry"] for one in features}
    assert geometries[BIKES] == {"type": "Point", "coordinates": [5.1, 52.1]}
    assert geometries[SHED] is None
    (record,) = (await v1.get("/records.jsonld?type=Demand")).json()
    assert record["@context"][0] == "https://w3id.org/hanze/v1.jsonld"
    assert record["modifiedAt"] == _NOW


async def test_schemas_should_hold_for_what_is_answered(v1: httpx.AsyncClient) -> None:
    listed = (await v1.get("/schemas")).json()["schemas"]
    assert [one["type"] for one in listed] == list(RECORD_TYPES)
    schema = (await v1.get("/schemas/Demand.json")).json()
    entity = (await v1.get(f"/records/{BIKES}")).json()["entity"]
    jsonschema_rs.validator_for(schema).validate(entity)
    context = (await v1.get("/context")).json()["@context"]
    assert context["Demand"] == "https://w3id.org/hanze/ns#Demand"


async def test_connections_should_come_with_evidence(v1: httpx.AsyncClient) -> None:
    found = (await v1.get("/connections", params={"record": SHED})).json()["connections"]
    (one,) = found
    assert one["kind"] == "same-supplier"
    assert {one["one"]["record"]["id"], one["other"]["record"]["id"]} == {
        SHED,
        LAMPS,
    }
    assert [(step["attribute"], step["value"]) for step in one["path"]] == [
        ("suppliers", _SUPPLIER)
    ] * 2


async def test_types_should_be_counted(v1: httpx.AsyncClient) -> None:
    counts = {one["name"]: one["count"] for one in (await v1.get("/types")).json()["types"]}
    assert (counts["Project"], counts["Demand"], counts["Match"]) == (2, 1, 0)


def test_the_description_should_have_schemas_of_every_answer() -> None:
    document: Any = openapi_document()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/api/v1/"):
                assert operation["summary"], (path, method)
    page = document["components"]["schemas"]["v1.PageOfRecords"]
    assert page["properties"]["records"]["items"]["$ref"].endswith("/v1.RecordOfPage")
