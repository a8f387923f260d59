"""How entities are asked for at a source."""

from collections.abc import Mapping

import pytest

from hanze.broker.distribution.asking import Question, in_chunks, query_call, retrieve_call
from hanze.broker.distribution.narrowing import Portion
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonValue
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.registration.operations import operations_of
from tests.unit.broker.distribution.registered import registered

LEVEL, NAME, SIZE = map(CORE.expand_name, ("level", "name", "size"))
ROOM = (frozenset({CORE.expand_name("Room")}),)
PAGE = {"options": "sysAttrs", "limit": "20"}


def asked(
    portion: Portion, question: Question, registration: Registration | None = None
) -> Mapping[str, str]:
    """Give the parameters of a GET."""
    call = query_call(registration or registered(), portion, question, CORE, limit=20)
    assert call.method == "GET"
    return dict(call.query(CORE))


@pytest.mark.clause("4.3.6.1", "5.7.2.4")
@pytest.mark.parametrize(
    ("names", "required", "wanted", "expected"),
    [
        ((), (), None, {}),
        ((), (), {NAME}, {"pick": "id,type,scope,name"}),
        ((), (), set(), {"pick": "id,type,scope"}),
        ((), (NAME,), {NAME}, {"attrs": "name"}),
        ((), (NAME, LEVEL), {NAME}, {"attrs": "name,level", "pick": "id,type,scope,name"}),
        ((), (NAME,), {NAME, SIZE}, {"pick": "id,type,scope,name,size", "q": "name"}),
        ((LEVEL, NAME), (), None, {"attrs": "level,name"}),
        ((LEVEL, NAME), (), {NAME, SIZE}, {"attrs": "level,name", "pick": "id,type,scope,name"}),
        ((LEVEL, NAME), (NAME, SIZE), {NAME, SIZE}, {"attrs": "name"}),
        (
            (LEVEL, NAME),
            (NAME, SIZE),
            {NAME, LEVEL},
            {"pick": "id,type,scope,level,name", "q": "name"},
        ),
    ],
)
def test_a_source_should_be_told_which_attributes_are_wanted_and_which_must_be_there(
    names: tuple[str, ...],
    required: tuple[str, ...],
    wanted: set[str] | None,
    expected: Mapping[str, str],
) -> None:
    question = Question(
        EntityQuery(attributes=required), None if wanted is None else frozenset(wanted)
    )
    portion = Portion(types=ROOM, names=frozenset(names))
    assert asked(portion, question) == {"type": "Room", **expected, **PAGE}


def test_conditions_should_be_passed_on_when_entities_are_whole() -> None:
    geo = parse_geo(
        georel="near;maxDistance==100",
        geometry="Point",
        coordinates="[5.5,52]",
        geoproperty=None,
        context=CORE,
    )
    filters = EntityQuery(
        attributes=(NAME, SIZE),
        q=parse_q("level>1|level==0", CORE),
        geo=geo,
        scope=parse_scopes("/a/#"),
    )
    portion = Portion(id_pattern="^urn:", types=ROOM)
    assert asked(portion, Question(filters, frozenset({LEVEL}))) == {
        "idPattern": "^urn:",
        "type": "Room",
        "pick": "id,type,scope,level",
        "q": "(name|size);(level>1|level==0)",
        "georel": "near;maxDistance==100",
        "geometry": "Point",
        "coordinates": "[5.5,52.0]",
        "geoproperty": "location",
        "scopeQ": "/a/#",
        **PAGE,
    }


def body_of(registration: Registration, portion: Portion, question: Question) -> JsonValue:
    call = query_call(registration, portion, question, CORE, limit=5, offset=10)
    assert (call.method, call.path) == ("POST", "entityOperations/query")
    assert dict(call.query(CORE)) == {"options": "sysAttrs", "limit": "5", "offset": "10"}
    assert call.body is not None
    return call.body(CORE)


@pytest.mark.clause("4.20", "5.2.23")
def test_a_query_should_be_a_body_when_the_source_takes_nothing_else() -> None:
    batch = registered(
        operations=operations_of(("queryBatch",)), dataset_ids=frozenset({None, "urn:gps"})
    )
    filters = EntityQuery(attributes=(NAME,), q=parse_q("level>1", CORE))
    portion = Portion(ids=("urn:1", "urn:2"), types=ROOM)
    assert body_of(batch, portion, Question(filters, frozenset({NAME}))) == {
        "type": "Query",
        "entities": [{"id": ["urn:1", "urn:2"], "type": "Room"}],
        "attrs": ["name"],
        "q": "level>1",
        "datasetId": ["@none", "urn:gps"],
    }


def test_a_query_should_be_a_body_when_it_is_too_long_for_a_url() -> None:
    ring = [[n / 1000, 0.0] for n in range(900)] + [[1.0, 1.0], [0.0, 0.0]]
    geo = parse_geo(
        georel="within", geometry="Polygon", coordinates=str([ring]), geoproperty=None, context=CORE
    )
    question = Question(EntityQuery(geo=geo))
    body = body_of(registered(), Portion(types=ROOM), question)
    assert isinstance(body, dict)
    assert isinstance(body["geoQ"], dict)
    assert body["geoQ"]["coordinates"] == [ring]
    one_way = registered(operations=operations_of(("retrieveOps",)))
    assert query_call(one_way, Portion(types=ROOM), question, CORE, limit=5).method == "GET"


def test_ids_should_fit_into_urls_when_there_are_many() -> None:
    ids = tuple(f"urn:ngsi-ld:Room:{n:040}" for n in range(500))
    parts = list(in_chunks(Portion(ids=ids, types=ROOM)))
    assert tuple(one for part in parts for one in part.ids) == ids
    assert all(sum(map(len, part.ids)) < 6000 for part in parts)
    assert list(in_chunks(Portion(types=ROOM))) == [Portion(types=ROOM)]


@pytest.mark.clause("5.7.1")
def test_a_retrieval_should_name_type_and_attributes_when_they_are_registered() -> None:
    portion = Portion(ids=("urn:a b",), types=ROOM, names=frozenset({LEVEL}))
    call = retrieve_call(registered(), "urn:a b", portion, None)
    assert (call.method, call.path) == ("GET", "entities/urn:a%20b")
    assert dict(call.query(CORE)) == {"type": "Room", "attrs": "level", "options": "sysAttrs"}
