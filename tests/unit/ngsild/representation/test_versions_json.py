"""JSON for sources that follow an earlier version of the standard."""

import pytest

from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonValue
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.representation.render import normalized
from hanze.ngsild.representation.versions import Version, conform
from hanze.ngsild.representation.versions_json import conform_json

pytestmark = pytest.mark.clause("4.3.6.8")

_ENTITY: dict[str, JsonValue] = {
    "id": "urn:ngsi-ld:Bin:1",
    "type": ["Bin", "Asset"],
    "scope": "/Madrid",
    "expiresAt": "2030-01-01T00:00:00Z",
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.5, 53.2]}},
    "level": [
        {
            "type": "Property",
            "value": {"json": 1, "type": "Reading"},
            "unitCode": "P1",
            "observedAt": "2026-01-01T00:00:00Z",
            "datasetId": "urn:ngsi-ld:Dataset:1",
            "valueType": "Level",
            "expiresAt": "2030-01-01T00:00:00Z",
            "by": {"type": "Relationship", "object": "urn:ngsi-ld:P:1", "objectType": "P"},
        },
        {"type": "Property", "value": 2},
    ],
    "name": {"type": "LanguageProperty", "languageMap": {"nl": "Bak", "en": "Bin"}},
    "raw": {"type": "JsonProperty", "json": {"expiresAt": 1}},
    "kind": {"type": "VocabProperty", "vocab": "https://city.example/Small"},
    "list": {"type": "ListProperty", "valueList": [1, 2]},
    "owners": {"type": "ListRelationship", "objectList": ["urn:ngsi-ld:P:1", "urn:ngsi-ld:P:2"]},
}


@pytest.mark.parametrize("version", [(1, 0), (1, 2), (1, 3), (1, 4), (1, 7), (1, 8), (1, 9)])
def test_conform_json_should_do_what_conform_does_to_the_entity(version: Version) -> None:
    conformed = conform(parse_entity(_ENTITY, CORE), version)
    # Compared as JSON: what is a Property only now has the names in its value expanded.
    expected = normalized(conformed, CORE)
    assert normalized(parse_entity(conform_json(_ENTITY, version), CORE), CORE) == expected


def test_conform_json_should_leave_alone_what_is_new_enough() -> None:
    assert conform_json(_ENTITY, (1, 9)) is _ENTITY


def test_conform_json_should_know_what_is_concise() -> None:
    concise: JsonValue = {"name": {"languageMap": {"nl": "Bak"}}, "level": 5, "tags": ["a", "b"]}
    expected = {"name": {"value": {"nl": "Bak"}}, "level": 5, "tags": ["a", "b"]}
    assert conform_json(concise, (1, 3)) == expected


def test_conform_json_should_amend_each_entity_of_a_batch() -> None:
    assert conform_json([{"scope": "/a"}, {"a": 1}, 5], (1, 3)) == [{}, {"a": 1}, 5]


def test_conform_json_should_amend_one_attribute() -> None:
    assert conform_json({"type": "JsonProperty", "json": 1}, (1, 7), attribute=True) == {
        "type": "Property",
        "value": 1,
    }
    assert conform_json({"json": 1, "type": "JsonProperty"}, (1, 7), attribute=True) == {
        "type": "Property",
        "value": 1,
    }
    targets: JsonValue = {"objectList": [{"object": "urn:a"}, "urn:b"]}
    assert conform_json(targets, (1, 7), attribute=True) == {"object": ["urn:a", "urn:b"]}


def test_conform_json_should_keep_all_instances_of_an_evolution() -> None:
    instances: JsonValue = [{"type": "Property", "value": 1}, {"type": "Property", "value": 2}]
    assert conform_json({"id": "urn:1", "level": instances}, (1, 2)) == {
        "id": "urn:1",
        "level": instances,
    }
