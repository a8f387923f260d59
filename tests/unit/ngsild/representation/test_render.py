from typing import Any

import pytest

from hanze.ngsild import patch
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Entity
from hanze.ngsild.query.language import parse_languages
from hanze.ngsild.query.projection import parse_projection
from hanze.ngsild.representation import render
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.representation.render import (
    InlineTooLarge,
    Linked,
    View,
    concise,
    feature,
    normalized,
    simplified,
)

BORN = "2026-01-01T00:00:00Z"
LOCATION = "https://uri.etsi.org/ngsi-ld/location"
POINT = {"type": "Point", "coordinates": [6.5, 53.2]}


def an_entity(key: str = "1", **members: Any) -> Entity:
    json = {"id": f"urn:ngsi-ld:Bin:{key}", "type": "Bin", **members}
    return patch.stamp(parse_entity(json, CORE), BORN)


SHIP = an_entity(
    builder="Mercurius",
    street={"languageMap": {"fr": "Place du Port", "nl": "Havenplein"}},
    isMoored={
        "object": "urn:ngsi-ld:Bin:2",
        "objectType": "Quay",
        "observedAt": BORN,
        "providedBy": {"object": "urn:ngsi-ld:Person:Aleid"},
    },
    category={"vocab": "inland"},
    tyres={"valueList": [300, 6], "valueType": "Integer", "unitCode": "MMT"},
    route={"objectList": ["urn:ngsi-ld:City:A", "urn:ngsi-ld:City:B"]},
    ticket={"json": {"id": "t-12"}},
    location=POINT,
    speed=[{"value": 54.5, "unitCode": "KMH"}, {"value": 55, "datasetId": "urn:x:gps"}],
    address={"value": {"type": "PostalAddress", "city": "Groningen"}},
    shape={"type": "Property", "value": POINT},
)


@pytest.mark.clause("4.5.2.2")
def test_normalized_should_name_every_kind() -> None:
    json: Any = normalized(SHIP, CORE)
    assert json["id"] == "urn:ngsi-ld:Bin:1"
    assert json["type"] == "Bin"
    assert json["isMoored"] == {
        "type": "Relationship",
        "object": "urn:ngsi-ld:Bin:2",
        "objectType": "Quay",
        "observedAt": BORN,
        "providedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Person:Aleid"},
    }
    assert json["category"] == {"type": "VocabProperty", "vocab": "inland"}
    assert json["route"]["objectList"] == [
        {"object": "urn:ngsi-ld:City:A"},
        {"object": "urn:ngsi-ld:City:B"},
    ]
    assert json["speed"] == [
        {"type": "Property", "value": 54.5, "unitCode": "KMH"},
        {"type": "Property", "value": 55, "datasetId": "urn:x:gps"},
    ]
    assert "createdAt" not in json and "createdAt" not in json["category"]


@pytest.mark.clause("4.5.2.3")
def test_concise_should_leave_out_what_can_be_inferred() -> None:
    assert concise(SHIP, CORE) == {
        "id": "urn:ngsi-ld:Bin:1",
        "type": "Bin",
        "builder": "Mercurius",
        "street": {"languageMap": {"fr": "Place du Port", "nl": "Havenplein"}},
        "isMoored": {
            "object": "urn:ngsi-ld:Bin:2",
            "observedAt": BORN,
            "objectType": "Quay",
            "providedBy": {"object": "urn:ngsi-ld:Person:Aleid"},
        },
        "category": {"vocab": "inland"},
        "tyres": {"valueList": [300, 6], "unitCode": "MMT", "valueType": "Integer"},
        "route": {"objectList": ["urn:ngsi-ld:City:A", "urn:ngsi-ld:City:B"]},
        "ticket": {"json": {"id": "t-12"}},
        "location": POINT,
        "speed": [{"value": 54.5, "unitCode": "KMH"}, {"value": 55, "datasetId": "urn:x:gps"}],
        "address": {"value": {"type": "PostalAddress", "city": "Groningen"}},
        "shape": {"type": "Property", "value": POINT},
    }


@pytest.mark.clause("4.5.4")
def test_simplified_should_show_values() -> None:
    assert simplified(SHIP, CORE) == {
        "id": "urn:ngsi-ld:Bin:1",
        "type": "Bin",
        "builder": "Mercurius",
        "street": {"languageMap": {"fr": "Place du Port", "nl": "Havenplein"}},
        "isMoored": "urn:ngsi-ld:Bin:2",
        "category": {"vocab": "inland"},
        "tyres": [300, 6],
        "route": ["urn:ngsi-ld:City:A", "urn:ngsi-ld:City:B"],
        "ticket": {"json": {"id": "t-12"}},
        "location": POINT,
        "speed": {"dataset": {"@none": 54.5, "urn:x:gps": 55}},
        "address": {"type": "PostalAddress", "city": "Groningen"},
        "shape": POINT,
    }


@pytest.mark.clause("6.3.11")
def test_system_attributes_should_be_shown_on_request() -> None:
    entity = an_entity(expiresAt="2030-01-01T00:00:00Z", a={"value": 1, "expiresAt": BORN})
    system = {"createdAt": BORN, "modifiedAt": BORN}
    head = {"id": entity.id, "type": "Bin", "expiresAt": "2030-01-01T00:00:00Z"}
    view = View(sys_attrs=True)
    assert normalized(entity, CORE, view) == {
        **head,
        **system,
        "a": {"type": "Property", "value": 1, "expiresAt": BORN, **system},
    }
    assert concise(entity, CORE, view) == {
        **head,
        **system,
        "a": {"value": 1, "expiresAt": BORN, **system},
    }
    assert simplified(entity, CORE, view) == {**head, **system, "a": 1}
    assert normalized(entity, CORE) == {
        "id": entity.id,
        "type": "Bin",
        "a": {"type": "Property", "value": 1},
    }


@pytest.mark.clause("4.5.5.1")
def test_view_should_leave_out_other_instances() -> None:
    view = View(dataset_ids=frozenset({"urn:x:gps"}))
    shown = normalized(SHIP, CORE, view)
    assert shown == {
        "id": SHIP.id,
        "type": "Bin",
        "speed": {"type": "Property", "value": 55, "datasetId": "urn:x:gps"},
    }
    default: Any = simplified(SHIP, CORE, View(dataset_ids=frozenset({None})))
    assert default["speed"] == 54.5


@pytest.mark.clause("4.15")
def test_view_should_choose_a_language() -> None:
    entity = an_entity(
        name={"languageMap": {"nl": "ja", "en": "yes"}, "sub": {"languageMap": {"en": "sub"}}}
    )
    view = View(languages=parse_languages("en"))
    assert normalized(entity, CORE, view)["name"] == {
        "type": "Property",
        "value": "yes",
        "lang": "en",
        "sub": {"type": "Property", "value": "sub", "lang": "en"},
    }
    assert concise(entity, CORE, view)["name"] == {
        "value": "yes",
        "lang": "en",
        "sub": {"value": "sub", "lang": "en"},
    }
    assert simplified(entity, CORE, view)["name"] == "yes"


@pytest.mark.clause("4.5.16.2")
def test_feature_should_have_the_geometry_apart() -> None:
    entity = an_entity(scope="/a", location=POINT, fill={"value": 1, "unitCode": "P1"})
    assert feature(entity, CORE, geometry_property=LOCATION, simplified=False) == {
        "id": entity.id,
        "type": "Feature",
        "geometry": POINT,
        "properties": {
            "type": "Bin",
            "scope": "/a",
            "location": {"type": "GeoProperty", "value": POINT},
            "fill": {"type": "Property", "value": 1, "unitCode": "P1"},
        },
    }
    short: Any = feature(entity, CORE, geometry_property=LOCATION, simplified=True)
    assert short["properties"] == {"type": "Bin", "scope": "/a", "location": POINT, "fill": 1}
    terse: Any = feature(entity, CORE, geometry_property=LOCATION, simplified=False, concise=True)
    assert terse["properties"]["fill"] == {"value": 1, "unitCode": "P1"}


@pytest.mark.clause("4.5.16.1")
def test_feature_should_choose_its_geometry() -> None:
    other = {"type": "Point", "coordinates": [5.0, 52.0]}
    entity = an_entity(
        location=[{"value": POINT}, {"value": other, "datasetId": "urn:x:gps"}], a="text"
    )

    def geometry(view: View = render.PLAIN, name: str = LOCATION, **options: Any) -> Any:
        made = feature(entity, CORE, view, geometry_property=name, simplified=True, **options)
        return made["geometry"]

    assert geometry() == POINT
    assert geometry(View(dataset_ids=frozenset({"urn:x:gps"}))) == other
    assert geometry(name=CORE.expand_name("a")) is None
    assert geometry(name=CORE.expand_name("absent")) is None
    assert geometry(projection=parse_projection("a", None, CORE)) == POINT


@pytest.mark.clause("4.21")
@pytest.mark.parametrize(
    ("pick", "omit", "members"),
    [
        ("id,a", None, {"id", "a"}),
        ("a", None, {"a"}),
        ("type,scope", None, {"type", "scope"}),
        (None, "a,scope", {"id", "type", "b"}),
        (None, "id,type", {"scope", "a", "b"}),
        ("id,a,b", "b", {"id", "a"}),
        ("absent", None, set()),
    ],
)
def test_projection_should_reduce_members(
    pick: str | None, omit: str | None, members: set[str]
) -> None:
    entity = an_entity(a=1, b=2, scope="/a")
    projection = parse_projection(pick, omit, CORE)
    assert normalized(entity, CORE, projection=projection).keys() == members


def graph() -> dict[str, Entity]:
    entities = [
        an_entity("1", next={"object": "urn:ngsi-ld:Bin:2"}, all={"objectList": ["urn:ngsi-ld:Bin:2", "urn:x:9"]}, some={"object": ["urn:ngsi-ld:Bin:3", "urn:x:9"]}),
        an_entity("2", next={"object": "urn:ngsi-ld:Bin:3"}, a=2, b=2),
        an_entity("3", next={"object": "urn:ngsi-ld:Bin:1"}, a=3),
    ]  # fmt: skip
    return {entity.id: entity for entity in entities}


@pytest.mark.clause("4.5.23.2")
def test_linked_entities_should_stand_inside() -> None:
    entities = graph()
    first = entities["urn:ngsi-ld:Bin:1"]
    json: Any = normalized(first, CORE, linked=Linked(entities, 1))
    assert json["next"]["entity"]["a"] == {"type": "Property", "value": 2}
    assert "entity" not in json["next"]["entity"]["next"]
    assert [one["id"] for one in json["all"]["entityList"]] == ["urn:ngsi-ld:Bin:2"]
    assert [one["id"] for one in json["some"]["entity"]] == ["urn:ngsi-ld:Bin:3"]
    short: Any = simplified(first, CORE, linked=Linked(entities, 1))
    assert short["next"] == {
        "id": "urn:ngsi-ld:Bin:2",
        "type": "Bin",
        "next": "urn:ngsi-ld:Bin:3",
        "a": 2,
        "b": 2,
    }
    assert short["all"][1] == "urn:x:9"
    terse: Any = concise(first, CORE, linked=Linked(entities, 1))
    assert terse["next"]["entity"]["a"] == 2


@pytest.mark.clause("4.5.23.1")
def test_linked_entities_should_not_go_round_in_circles() -> None:
    entities = graph()
    json: Any = simplified(entities["urn:ngsi-ld:Bin:1"], CORE, linked=Linked(entities, 9))
    assert json["next"]["next"]["next"] == "urn:ngsi-ld:Bin:1"
    passed: Any = simplified(
        entities["urn:ngsi-ld:Bin:1"],
        CORE,
        linked=Linked(entities, 9, frozenset({"urn:ngsi-ld:Bin:2"})),
    )
    assert passed["next"] == "urn:ngsi-ld:Bin:2"


@pytest.mark.clause("4.21")
def test_projection_should_reach_into_linked_entities() -> None:
    entities = graph()
    json: Any = simplified(
        entities["urn:ngsi-ld:Bin:1"],
        CORE,
        projection=parse_projection("next{id,a}", None, CORE),
        linked=Linked(entities, 1),
    )
    assert json == {"next": {"id": "urn:ngsi-ld:Bin:2", "a": 2}}
    less: Any = simplified(
        entities["urn:ngsi-ld:Bin:1"],
        CORE,
        projection=parse_projection(None, "next{next|type},some,all", CORE),
        linked=Linked(entities, 1),
    )
    assert less["next"] == {"id": "urn:ngsi-ld:Bin:2", "a": 2, "b": 2}
    assert less.keys() == {"id", "type", "next"}


def test_linked_entities_should_stop_growing() -> None:
    crowd = {
        f"urn:ngsi-ld:Bin:{key}": an_entity(
            str(key), all={"object": [f"urn:ngsi-ld:Bin:{other}" for other in range(12)]}
        )
        for key in range(12)
    }
    with pytest.raises(InlineTooLarge):
        simplified(crowd["urn:ngsi-ld:Bin:1"], CORE, linked=Linked(crowd, 9))


def test_inline_join_should_show_only_instances_whose_target_is_there() -> None:
    entities = graph()
    holder = an_entity(
        next=[
            {"object": "urn:ngsi-ld:Bin:2"},
            {"object": "urn:ngsi-ld:Bin:none", "datasetId": "urn:d:other"},
        ]
    )
    json: Any = normalized(holder, CORE, linked=Linked(entities, 1))
    first, second = json["next"]
    assert first["entity"]["id"] == "urn:ngsi-ld:Bin:2"
    assert second.keys() == {"type", "object", "datasetId"}


@pytest.mark.clause("4.15")
def test_view_should_leave_what_has_no_language() -> None:
    entity = an_entity(fill=5, parent={"object": "urn:x:1", "name": {"languageMap": {"nl": "ja"}}})
    json: Any = normalized(entity, CORE, View(languages=parse_languages("nl")))
    assert json["fill"] == {"type": "Property", "value": 5}
    assert json["parent"]["object"] == "urn:x:1"
    assert json["parent"]["name"] == {"type": "Property", "value": "ja", "lang": "nl"}


@pytest.mark.clause("4.8")
def test_system_attributes_should_be_absent_before_an_entity_is_stored() -> None:
    unstored = parse_entity({"id": "urn:x:1", "type": "Bin", "fill": 5}, CORE)
    json: Any = normalized(unstored, CORE, View(sys_attrs=True))
    assert json == {"id": "urn:x:1", "type": "Bin", "fill": {"type": "Property", "value": 5}}
