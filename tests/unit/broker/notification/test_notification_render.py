"""Notifications as they are sent (CIM 009, 5.3.1, 5.8.6, 6.3.8)."""

from collections.abc import Mapping
from typing import Any, cast

import orjson
import pytest

from hanze.broker.notification import Happened, render_notification
from hanze.broker.ports import Store
from hanze.governance.gate import Gate
from hanze.governance.rules import Rules
from hanze.identity.caller import NODE
from hanze.ngsild.context import CORE, Context, build_context
from hanze.ngsild.model import Entity
from hanze.ngsild.patch import stamp
from hanze.ngsild.representation.parse import parse_entity
from tests.subscribing import read

MADE, CHANGED, NOW = "2026-06-01T12:00:00Z", "2026-06-01T12:30:00Z", "2026-06-01T13:00:00Z"
ID = "urn:ngsi-ld:Notification:1"
VEHICLES: dict[str, Any] = {"entities": [{"type": "Vehicle"}]}
NULL = "urn:ngsi-ld:null"
CONTEXT_LINK = (
    '<https://example.org/context.jsonld>; rel="http://www.w3.org/ns/json-ld#context";'
    ' type="application/ld+json"'
)


class Linked:
    """A store of a few entities, that may all be read."""

    gate = Gate(lambda: Rules(unclassified=True), lambda: None)

    def __init__(self, *entities: Entity) -> None:
        self._entities = {entity.id: entity for entity in entities}

    def stored(self, _tenant: str, entity_id: str) -> Entity | None:
        return self._entities.get(entity_id)

    def load(self, stored: Entity) -> Entity:
        return stored

    def types_of(self, stored: Entity) -> frozenset[str]:
        return frozenset(stored.types)


def vehicle(**members: Any) -> Entity:
    body = {"id": "urn:v:1", "type": "Vehicle", **members}
    return stamp(parse_entity(body, CORE), MADE)


def rendered(
    before: Entity | None,
    after: Entity | None,
    subscription: Mapping[str, Any] | None = None,
    notification: Mapping[str, Any] | None = None,
    *,
    linked: tuple[Entity, ...] = (),
    context: Context = CORE,
) -> tuple[Any, dict[str, str], str]:
    """Render one change: the body, the headers and the media type."""
    subscribed = read(
        {**VEHICLES, **(subscription or {})}, notification=notification, context=context
    )
    happened = Happened("urn:v:1", before, after, CHANGED)
    made = render_notification(
        cast(Store, Linked(*linked)), NODE, subscribed, [happened], now=NOW, notification_id=ID
    )
    return orjson.loads(made.body), dict(made.headers), made.content_type


def shown(*args: Any, **more: Any) -> Any:
    return rendered(*args, **more)[0]["data"][0]


@pytest.mark.clause("5.3.1")
@pytest.mark.clause("6.3.8")
def test_a_notification_should_have_its_members_and_a_link_when_it_is_json() -> None:
    body, headers, media = rendered(vehicle(speed=5), vehicle(speed=80))
    assert body == {
        "id": ID,
        "type": "Notification",
        "subscriptionId": "urn:s:1",
        "notifiedAt": NOW,
        "data": [{"id": "urn:v:1", "type": "Vehicle", "speed": {"type": "Property", "value": 80}}],
    }
    assert media == "application/json"
    assert headers == {"Link": CONTEXT_LINK}


@pytest.mark.clause("6.3.8")
def test_the_context_should_be_in_the_body_when_it_is_json_ld() -> None:
    endpoint = {"uri": "http://a.nl", "accept": "application/ld+json"}
    body, headers, media = rendered(None, vehicle(), notification={"endpoint": endpoint})
    assert media == "application/ld+json"
    assert body["@context"] == "https://example.org/context.jsonld"
    assert body["data"][0]["@context"] == "https://example.org/context.jsonld"
    assert headers == {}


@pytest.mark.clause("5.3.1")
@pytest.mark.clause("6.3.8")
@pytest.mark.parametrize(
    ("prefer", "in_body"),
    [(None, True), ("body=json", False), ("body=ld+json", True), ("respond-async", True)],
)
def test_a_feature_collection_should_be_sent_when_geojson_is_accepted(
    prefer: str | None, in_body: bool
) -> None:
    endpoint: dict[str, Any] = {"uri": "http://a.nl", "accept": "application/geo+json"}
    if prefer is not None:
        endpoint["receiverInfo"] = [{"key": "Prefer", "value": prefer}]
    place = {"type": "Point", "coordinates": [6.1, 52.2]}
    body, headers, media = rendered(
        None,
        vehicle(location=place, speed=5),
        notification={"endpoint": endpoint, "format": "simplified", "attributes": ["speed"]},
    )
    data = body["data"]
    assert data["type"] == "FeatureCollection"
    assert data["features"] == [
        {
            "id": "urn:v:1",
            "type": "Feature",
            "geometry": place,
            "properties": {"type": "Vehicle", "speed": 5},
        }
    ]
    assert ("@context" in data) is in_body
    assert "@context" not in body
    assert ("Link" in headers) is not in_body
    assert media == "application/geo+json"


@pytest.mark.clause("6.3.8")
@pytest.mark.clause("6.3.14")
def test_headers_should_be_those_of_the_subscriber_when_receiver_info_has_some() -> None:
    endpoint: dict[str, Any] = {
        "uri": "http://a.nl",
        "receiverInfo": [
            {"key": "Authorization", "value": "Bearer x"},
            {"key": "link", "value": "<http://other>"},
            {"key": "Content-Type", "value": "text/plain"},
        ],
    }
    subscription = read(VEHICLES, notification={"endpoint": endpoint}, tenant="city")
    made = render_notification(
        cast(Store, Linked()), NODE, subscription, [], now=NOW, notification_id=ID
    )
    assert made.headers == (
        ("NGSILD-Tenant", "city"),
        ("Authorization", "Bearer x"),
        ("link", "<http://other>"),
    )
    assert orjson.loads(made.body)["data"] == []


@pytest.mark.clause("5.8.6")
@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("normalized", {"type": "Property", "value": 80, "unitCode": "KMH"}),
        ("concise", {"value": 80, "unitCode": "KMH"}),
        ("simplified", 80),
        ("keyValues", 80),
    ],
)
def test_entities_should_be_in_the_format_that_is_asked_for(form: str, expected: Any) -> None:
    after = vehicle(speed={"type": "Property", "value": 80, "unitCode": "KMH"})
    assert shown(None, after, notification={"format": form})["speed"] == expected


@pytest.mark.clause("5.8.6")
@pytest.mark.clause("4.21")
def test_members_should_be_those_that_are_asked_for() -> None:
    after = vehicle(speed=5, colour="red", scope="/city")
    keys = {"id", "type", "scope", "speed", "colour"}
    assert shown(None, after).keys() == keys
    attributes = shown(None, after, notification={"attributes": ["speed"]})
    assert attributes.keys() == {"id", "type", "scope", "speed"}
    picked = shown(None, after, notification={"pick": ["id", "speed"]})
    assert picked.keys() == {"id", "speed"}
    omitted = shown(None, after, notification={"omit": ["type", "scope", "colour"]})
    assert omitted.keys() == {"id", "speed"}


@pytest.mark.clause("5.8.6")
@pytest.mark.clause("4.5.5")
def test_instances_should_be_those_of_the_datasets_that_are_asked_for() -> None:
    after = vehicle(name=[{"value": "Tower"}, {"value": "Tour", "datasetId": "urn:d:fr"}], speed=5)
    french = shown(None, after, {"datasetId": ["urn:d:fr"]})
    assert french == {
        "id": "urn:v:1",
        "type": "Vehicle",
        "name": {"type": "Property", "value": "Tour", "datasetId": "urn:d:fr"},
    }
    default = shown(None, after, {"datasetId": ["@none"]}, {"format": "simplified"})
    assert default == {"id": "urn:v:1", "type": "Vehicle", "name": "Tower", "speed": 5}


@pytest.mark.clause("4.15")
def test_a_language_should_be_chosen_when_one_is_asked_for() -> None:
    name = {"languageMap": {"nl": "brug", "en": "bridge"}}
    body = shown(
        vehicle(name={"languageMap": {"nl": "x", "en": "y"}}),
        vehicle(name=name),
        {"lang": "en"},
        {"showChanges": True},
    )
    assert body["name"] == {
        "type": "Property",
        "value": "bridge",
        "lang": "en",
        "previousValue": "y",
    }
    gone = shown(vehicle(name=name), vehicle(), {"lang": "en"})
    assert gone["name"] == NULL


GONE: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        {"type": "Property", "value": 5},
        {"type": "Property", "value": NULL},
        {"previousValue": 5},
    ),
    (
        {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1, 2]}},
        {"type": "GeoProperty", "value": NULL},
        {"previousValue": {"type": "Point", "coordinates": [1, 2]}},
    ),
    (
        {"type": "Relationship", "object": "urn:c:1"},
        {"type": "Relationship", "object": NULL},
        {"previousObject": "urn:c:1"},
    ),
    (
        {"type": "LanguageProperty", "languageMap": {"nl": "brug"}},
        {"type": "LanguageProperty", "languageMap": {"@none": NULL}},
        {"previousLanguageMap": {"nl": "brug"}},
    ),
    (
        {"type": "VocabProperty", "vocab": "monument"},
        {"type": "VocabProperty", "vocab": NULL},
        {"previousVocab": "monument"},
    ),
    (
        {"type": "JsonProperty", "json": {"id": "x", "null": None}},
        {"type": "JsonProperty", "json": NULL},
        {"previousJson": {"id": "x", "null": None}},
    ),
    (
        {"type": "ListProperty", "valueList": [1, 2]},
        {"type": "ListProperty", "valueList": [NULL]},
        {"previousValueList": [1, 2]},
    ),
    (
        {"type": "ListRelationship", "objectList": [{"object": "urn:c:1"}]},
        {"type": "ListRelationship", "objectList": [{"object": NULL}]},
        {"previousObjectList": [{"object": "urn:c:1"}]},
    ),
]


@pytest.mark.clause("5.8.6")
@pytest.mark.parametrize(("was", "null", "previous"), GONE)
def test_an_attribute_should_be_a_null_when_it_is_gone(
    was: dict[str, Any], null: dict[str, Any], previous: dict[str, Any]
) -> None:
    before, after = vehicle(thing=was, speed=5), vehicle(speed=5)
    assert shown(before, after)["thing"] == NULL
    assert shown(before, after)["speed"] == {"type": "Property", "value": 5}
    assert shown(before, after, notification={"format": "simplified"})["thing"] == NULL
    assert shown(before, after, notification={"format": "concise"})["thing"] == NULL
    changes = {"showChanges": True}
    assert shown(before, after, notification=changes)["thing"] == {**null, **previous}
    concise = shown(before, after, notification={**changes, "format": "concise"})["thing"]
    bare = {**null, **previous}
    del bare["type"]
    if "objectList" in bare:
        bare = {"objectList": [NULL], "previousObjectList": ["urn:c:1"]}
    assert concise == bare
    times = shown(before, after, notification={"sysAttrs": True})["thing"]
    assert times == {**null, "createdAt": MADE, "modifiedAt": MADE, "deletedAt": CHANGED}


@pytest.mark.clause("5.8.6")
@pytest.mark.clause("4.5.5")
def test_an_instance_should_be_a_null_with_its_dataset_when_others_stay() -> None:
    tower: dict[str, Any] = {"type": "Property", "value": "Tower"}
    tour: dict[str, Any] = {"type": "Property", "value": "Tour", "datasetId": "urn:d:fr"}
    before, after = vehicle(name=[tower, tour]), vehicle(name=tower)
    assert shown(before, after)["name"] == [tower, {**tour, "value": NULL}]
    simplified = shown(before, after, notification={"format": "simplified"})["name"]
    assert simplified == {"dataset": {"@none": "Tower", "urn:d:fr": NULL}}
    concise = shown(before, after, notification={"format": "concise"})["name"]
    assert concise == [{"value": "Tower"}, {"value": NULL, "datasetId": "urn:d:fr"}]
    changes = shown(before, after, notification={"showChanges": True})["name"]
    assert changes == [tower, {**tour, "value": NULL, "previousValue": "Tour"}]


@pytest.mark.clause("5.8.6")
def test_the_previous_value_should_be_shown_when_only_that_attribute_changed() -> None:
    before = vehicle(speed=5, colour="red", place={"type": "Point", "coordinates": [1, 2]})
    after = vehicle(speed=80, colour="red", place={"type": "Point", "coordinates": [3, 4]}, new=1)
    changes = shown(before, after, notification={"showChanges": True})
    assert changes["speed"] == {"type": "Property", "value": 80, "previousValue": 5}
    assert changes["colour"] == {"type": "Property", "value": "red"}
    assert changes["new"] == {"type": "Property", "value": 1}
    concise = shown(before, after, notification={"showChanges": True, "format": "concise"})
    assert concise["speed"] == {"value": 80, "previousValue": 5}
    assert concise["place"] == {
        "value": {"type": "Point", "coordinates": [3, 4]},
        "previousValue": {"type": "Point", "coordinates": [1, 2]},
    }
    assert concise["colour"] == "red"
    created = shown(None, after, notification={"showChanges": True})
    assert created["speed"] == {"type": "Property", "value": 80}


@pytest.mark.clause("5.8.6")
def test_a_deleted_entity_should_show_when_it_went_and_what_was_asked_for() -> None:
    before = vehicle(speed=5, owner={"type": "Relationship", "object": "urn:o:1"}, scope="/city")
    deleted = {"notificationTrigger": ["entityDeleted"]}
    bare = {"id": "urn:v:1", "type": "Vehicle", "deletedAt": CHANGED}
    assert shown(before, None, deleted) == bare
    system = {"createdAt": MADE, "modifiedAt": MADE}
    assert shown(before, None, deleted, {"sysAttrs": True, "format": "keyValues"}) == {
        **bare,
        **system,
    }
    speed = {"type": "Property", "value": NULL}
    watched = {"notificationTrigger": ["attributeDeleted"], "watchedAttributes": ["speed"]}
    assert shown(before, None, watched) == {**bare, "speed": NULL}
    assert shown(before, None, watched, {"sysAttrs": True}) == {
        **bare,
        **system,
        "speed": {**speed, **system, "deletedAt": CHANGED},
    }
    assert shown(before, None, deleted, {"showChanges": True}) == {
        **bare,
        "speed": {**speed, "previousValue": 5},
        "owner": {"type": "Relationship", "object": NULL, "previousObject": "urn:o:1"},
    }
    endpoint = {"uri": "http://a.nl", "accept": "application/geo+json"}
    body, _, _ = rendered(before, None, deleted, {"endpoint": endpoint})
    assert body["data"]["features"] == [
        {
            "id": "urn:v:1",
            "type": "Feature",
            "geometry": None,
            "properties": {"type": "Vehicle", "deletedAt": CHANGED},
        }
    ]


CITY = stamp(
    parse_entity({"id": "urn:c:1", "type": "City", "name": "Deventer", "size": 3}, CORE), MADE
)


@pytest.mark.clause("4.5.23")
@pytest.mark.clause("5.8.6")
def test_linked_entities_should_come_along_when_they_are_joined() -> None:
    after = vehicle(city={"type": "Relationship", "object": "urn:c:1"}, speed=5)
    city = {"id": "urn:c:1", "type": "City", "name": "Deventer", "size": 3}
    flat, _, _ = rendered(
        None, after, notification={"join": "flat", "format": "simplified"}, linked=(CITY,)
    )
    assert flat["data"] == [
        {"id": "urn:v:1", "type": "Vehicle", "city": "urn:c:1", "speed": 5},
        city,
    ]
    inline = shown(
        None, after, notification={"join": "inline", "format": "simplified"}, linked=(CITY,)
    )
    assert inline["city"] == city
    normalized = shown(
        None, after, notification={"join": "inline", "attributes": ["city"]}, linked=(CITY,)
    )
    assert normalized.keys() == {"id", "type", "city"}
    assert normalized["city"]["entity"]["name"] == {"type": "Property", "value": "Deventer"}
    picked = shown(
        None,
        after,
        notification={"join": "inline", "format": "simplified", "pick": ["id", "city{size}"]},
        linked=(CITY,),
    )
    assert picked == {"id": "urn:v:1", "city": {"size": 3}}
    alone, _, _ = rendered(None, after, notification={"join": "flat"})
    assert len(alone["data"]) == 1


@pytest.mark.clause("4.3.6.8")
def test_entities_should_be_amended_when_an_earlier_version_is_asked_for() -> None:
    name = {"languageMap": {"nl": "brug"}}
    before = vehicle(name={"languageMap": {"nl": "x"}})
    after = vehicle(name=name, city={"type": "Relationship", "object": "urn:c:1"})
    body, _, _ = rendered(
        before,
        after,
        {"ngsildConformance": "1.3"},
        {"showChanges": True, "join": "flat"},
        linked=(CITY,),
    )
    assert body["data"][0]["name"] == {
        "type": "Property",
        "value": {"nl": "brug"},
        "previousValue": {"nl": "x"},
    }
    assert body["data"][1]["id"] == "urn:c:1"


@pytest.mark.clause("5.8.6")
def test_names_should_be_those_of_the_context_of_notifications() -> None:
    context = build_context(
        "https://example.org/context.jsonld",
        ({"pace": "https://uri.etsi.org/ngsi-ld/default-context/speed"},),
    )
    entity = vehicle(speed=5)
    gone = shown(entity, vehicle(), context=context)
    assert gone["pace"] == NULL
    changes = shown(entity, vehicle(speed=6), notification={"showChanges": True}, context=context)
    assert changes["pace"] == {"type": "Property", "value": 6, "previousValue": 5}


@pytest.mark.clause("4.22")
def test_what_has_expired_should_not_be_shown_when_it_is_sent_late() -> None:
    soon = "2026-06-01T12:45:00Z"
    after = vehicle(speed={"type": "Property", "value": 5, "expiresAt": soon}, colour="red")
    assert shown(None, after).keys() == {"id", "type", "colour"}
    body, _, _ = rendered(None, vehicle(expiresAt=soon))
    assert body["data"] == []
    nothing, _, _ = rendered(None, None)
    assert nothing["data"] == []
