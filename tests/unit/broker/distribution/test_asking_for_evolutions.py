"""How evolutions are asked for at a source: what is registered, and no more (4.3.6.1)."""

from typing import Any

import pytest

from hanze.broker.distribution.evolutions.asking import (
    TemporalQuestion,
    query_call,
    retrieve_call,
)
from hanze.broker.distribution.narrowing import Portion
from hanze.broker.distribution.requests import Call
from hanze.broker.evolution_reading import Asked
from hanze.ngsild.context import CORE
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.temporal.model import (
    Aggregation,
    Method,
    TemporalQuery,
    TimeProperty,
    Timerel,
)

TYPES = (frozenset({CORE.expand_name("T")}),)
A, B = (CORE.expand_name(name) for name in "ab")
START = parse_datetime("2026-01-01T00:00:00Z")
END = parse_datetime("2026-01-02T00:00:00Z")
BETWEEN = TemporalQuery(Timerel.BETWEEN, START, END, TimeProperty.MODIFIED_AT)
Json = Any


def a_source(**members: Json) -> Registration:
    return Registration(
        id="urn:r:1",
        registered_in="",
        endpoint="http://source.example",
        information=(),
        operations=frozenset(),
        context=CORE,
        document={},
        created_at="2026-01-01T00:00:00Z",
        modified_at="2026-01-01T00:00:00Z",
        **members,
    )


def parameters(call: Call) -> dict[str, str]:
    return dict(call.query(CORE))


def asking(asked: Asked, portion: Portion, query: EntityQuery | None = None) -> Call:
    question = TemporalQuestion(asked, query or EntityQuery())
    return query_call(a_source(), portion, question, CORE, limit=7, offset=14)


@pytest.mark.clause("6.18.3.2")
def test_a_query_should_say_range_and_page() -> None:
    asked = Asked(most=9, temporal=BETWEEN, last_n=3, datasets=frozenset({None, "urn:d:1"}))
    call = asking(asked, Portion(types=TYPES, id_pattern="^urn"))
    assert (call.method, call.path) == ("GET", "temporal/entities")
    assert parameters(call) == {
        "type": "T",
        "idPattern": "^urn",
        "timerel": "between",
        "timeAt": "2026-01-01T00:00:00Z",
        "endTimeAt": "2026-01-02T00:00:00Z",
        "timeproperty": "modifiedAt",
        "lastN": "3",
        "datasetId": "@none,urn:d:1",
        "options": "sysAttrs",
        "limit": "7",
        "offset": "14",
    }


def test_filters_should_go_along() -> None:
    query = EntityQuery(
        q=parse_q("a>3", CORE),
        geo=parse_geo(
            georel="within",
            geometry="Polygon",
            coordinates="[[[0,0],[1,0],[1,1],[0,0]]]",
            geoproperty=None,
            context=CORE,
        ),
        scope=parse_scopes("/A/#"),
    )
    found = parameters(asking(Asked(most=9, temporal=BETWEEN), Portion(types=TYPES), query))
    assert found["q"] == "a>3"
    assert found["scopeQ"] == "/A/#"
    assert found["georel"] == "within"


@pytest.mark.parametrize(
    ("required", "names", "registered", "expected"),
    [
        (None, None, frozenset(), {}),
        (None, None, {A}, {"attrs": "a"}),
        ({A, B}, {A, B}, frozenset(), {"attrs": "a,b"}),
        ({A, B}, {A, B}, {A}, {"attrs": "a"}),
        ({A, B}, {A}, frozenset(), {"attrs": "a,b", "pick": "id,type,a"}),
        (None, frozenset(), frozenset(), {"pick": "id,type"}),
        (None, frozenset(), {A}, {"attrs": "a", "pick": "id,type"}),
        ({A, SCOPE}, {A, SCOPE}, frozenset(), {"attrs": "a", "pick": "id,type,scope,a"}),
    ],
)
def test_attributes_should_be_those_that_are_wanted_and_registered(
    required: set[str] | None, names: set[str] | None, registered: set[str], expected: Json
) -> None:
    asked = Asked(
        most=9,
        temporal=BETWEEN,
        required=None if required is None else frozenset(required),
        names=None if names is None else frozenset(names),
    )
    found = parameters(asking(asked, Portion(types=TYPES, names=frozenset(registered))))
    assert {key: found[key] for key in ("attrs", "pick") if key in found} == expected


def test_datasets_should_be_those_that_are_wanted_and_registered() -> None:
    asked = Asked(most=9, temporal=BETWEEN, datasets=frozenset({None, "urn:d:1"}))
    source = a_source(dataset_ids=frozenset({"urn:d:1", "urn:d:2"}))
    question = TemporalQuestion(asked, EntityQuery())
    call = query_call(source, Portion(types=TYPES), question, CORE, limit=1)
    assert parameters(call)["datasetId"] == "urn:d:1"


@pytest.mark.clause("6.24.3.1")
def test_a_long_query_should_go_into_a_body() -> None:
    ids = tuple(f"urn:ngsi-ld:Thing:{number:09}" for number in range(400))
    geo = parse_geo(
        georel="near;maxDistance==5",
        geometry="Point",
        coordinates="[1,2]",
        geoproperty=None,
        context=CORE,
    )
    asked = Asked(
        most=9,
        temporal=BETWEEN,
        last_n=3,
        required=frozenset({A}),
        names=frozenset({A}),
        aggregation=Aggregation((Method.SUM, Method.AVG), months=1, microseconds=500_000),
    )
    call = asking(asked, Portion(ids=ids, types=TYPES), EntityQuery(geo=geo))
    assert (call.method, call.path) == ("POST", "temporal/entityOperations/query")
    assert parameters(call) == {
        "options": "aggregatedValues,sysAttrs",
        "limit": "7",
        "offset": "14",
    }
    assert call.body is not None
    body: Json = call.body(CORE)
    assert body["entities"] == [{"id": list(ids), "type": "T"}]
    assert body["attrs"] == ["a"]
    assert body["geoQ"]["coordinates"] == [1.0, 2.0]
    assert body["temporalQ"]["lastN"] == 3
    assert body["temporalQ"]["aggrMethods"] == ["sum", "avg"]
    assert body["temporalQ"]["aggrPeriodDuration"] == "P1MT0.5S"


@pytest.mark.clause("6.19.3.1")
def test_a_retrieval_should_not_say_which_entity_twice() -> None:
    question = TemporalQuestion(Asked(most=9), EntityQuery(), used_map="urn:m:1")
    portion = Portion(ids=("urn:a:1",), types=TYPES)
    call = retrieve_call(a_source(), "urn:a:1", portion, question)
    assert call.path == "temporal/entities/urn:a:1"
    assert parameters(call) == {"options": "sysAttrs"}
    assert call.headers == (("ngsild-entitymap", "urn:m:1"),)
