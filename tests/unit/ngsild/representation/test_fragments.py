"""What is written of a write is read as the same (CIM 009, 5.4)."""

from typing import Any

import pytest

from hanze.ngsild.context import CORE
from hanze.ngsild.model import NULL
from hanze.ngsild.representation.fragments import attribute_body, entity_body, temporal_body
from hanze.ngsild.representation.parse import (
    NullPolicy,
    parse_attribute,
    parse_entity,
    parse_fragment,
)
from hanze.ngsild.representation.temporal_parse import parse_temporal_fragment

Json = Any
BIN = "urn:ngsi-ld:Bin:1"
NOW = "2026-11-22T10:00:00Z"
POINT = {"type": "Point", "coordinates": [4.5, 52.0]}

ATTRIBUTES: list[Json] = [
    {"type": "Property", "value": {"a": [1, {"b": True}]}, "unitCode": "MTR", "observedAt": NOW},
    {"type": "Property", "value": 1, "expiresAt": NOW, "by": {"type": "Property", "value": 2}},
    {"type": "Property", "value": "x", "valueType": "Duration", "datasetId": "urn:d:1"},
    [{"value": 1}, {"value": 2, "datasetId": "urn:d:1"}],
    {"type": "Relationship", "object": "urn:a:b", "objectType": "Bin"},
    {"type": "Relationship", "object": ["urn:a:b", "urn:a:c"]},
    {"type": "GeoProperty", "value": POINT},
    {"type": "LanguageProperty", "languageMap": {"nl": "Bak", "ko": "통"}},
    {"type": "VocabProperty", "vocab": ["red", "blue"]},
    {"type": "JsonProperty", "json": {"id": 1, "@x": [None]}},
    {"type": "ListProperty", "valueList": [1, "a", {"b": 2}]},
    {"type": "ListRelationship", "objectList": [{"object": "urn:a:b"}]},
]
NULLS: list[Json] = [
    NULL,
    {"type": "Property", "value": NULL, "datasetId": "urn:d:1"},
    {"type": "Relationship", "object": NULL},
    {"type": "LanguageProperty", "languageMap": {"@none": NULL}},
    {"type": "VocabProperty", "vocab": NULL},
    {"type": "JsonProperty", "json": NULL},
    {"type": "ListProperty", "valueList": [NULL]},
    {"type": "ListRelationship", "objectList": [NULL]},
    {"type": "Property", "value": 1, "unitCode": NULL, "observedAt": NULL, "by": NULL},
    {"type": "Property", "value": 1, "valueType": NULL},
    {"type": "Relationship", "object": "urn:a:b", "objectType": NULL},
]
PARTS: list[Json] = [
    {"observedAt": NOW},
    {"type": "Property", "unitCode": "MTR"},
    {"value": {"a": NULL, "b": 1}},
    {"languageMap": {"nl": NULL}},
]


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@pytest.mark.clause("5.2.4")
def test_entity_should_be_read_as_it_was(attribute: Json) -> None:
    sent = {"id": BIN, "type": ["Bin", "Asset"], "scope": ["/a", "/b"], "expiresAt": NOW}
    entity = parse_entity({**sent, "x": attribute}, CORE)
    body = entity_body(entity, CORE)
    assert parse_entity(body, CORE) == entity
    assert {name: body[name] for name in sent} == sent


@pytest.mark.parametrize("attribute", [*ATTRIBUTES, *NULLS])
@pytest.mark.clause("5.4")
def test_fragment_should_be_read_as_it_was(attribute: Json) -> None:
    sent = {"x": attribute, "scope": NULL, "expiresAt": NULL}
    fragment = parse_fragment(sent, CORE, NullPolicy.UPDATE)
    assert parse_fragment(entity_body(fragment, CORE), CORE, NullPolicy.UPDATE) == fragment


@pytest.mark.parametrize("attribute", [*ATTRIBUTES, *NULLS, *PARTS])
@pytest.mark.clause("5.5.12")
def test_merge_should_be_read_as_it_was(attribute: Json) -> None:
    fragment = parse_fragment({"x": attribute}, CORE, NullPolicy.MERGE)
    assert parse_fragment(entity_body(fragment, CORE), CORE, NullPolicy.MERGE) == fragment


@pytest.mark.parametrize(
    "value",
    [
        1,
        "x",
        NULL,
        {"a": {"b": NULL, "c": 1}},
        POINT,
        {"languageMap": {"nl": "x"}},
        {"json": {"a": None}},
        {"vocab": "red"},
        {"dataset": {"@none": 1, "urn:d:1": "x"}},
        {"dataset": {"urn:d:1": "x"}},
    ],
)
@pytest.mark.clause("6.5.3.4")
def test_simplified_merge_should_be_read_as_it_was(value: Json) -> None:
    fragment = parse_fragment({"x": value}, CORE, NullPolicy.MERGE, simplified=True)
    body = entity_body(fragment, CORE, simplified=True)
    assert parse_fragment(body, CORE, NullPolicy.MERGE, simplified=True) == fragment


@pytest.mark.parametrize(
    "json", [*(one for one in ATTRIBUTES if isinstance(one, dict)), *NULLS[1:], *PARTS[:2]]
)
@pytest.mark.clause("5.6.4")
def test_fragment_of_an_attribute_should_be_read_as_it_was(json: Json) -> None:
    name = CORE.expand_name("x")
    attribute = parse_attribute(json, CORE, name, NullPolicy.UPDATE, partial=True)
    body = attribute_body(attribute, name, CORE)
    assert parse_attribute(body, CORE, name, NullPolicy.UPDATE, partial=True) == attribute


@pytest.mark.parametrize(
    "instance",
    [
        *(one for one in ATTRIBUTES if isinstance(one, dict)),
        {"type": "Property", "value": NULL, "deletedAt": NOW},
        {"type": "Relationship", "object": NULL, "deletedAt": NOW, "datasetId": "urn:d:1"},
        {"type": "LanguageProperty", "languageMap": {"@none": NULL}, "deletedAt": NOW},
        {"type": "ListProperty", "valueList": NULL, "deletedAt": NOW},
    ],
)
@pytest.mark.clause("5.6.12")
def test_instances_should_be_read_as_they_were(instance: Json) -> None:
    sent = {"x": [instance, {"type": "Property", "value": 5}], "scope": "/a"}
    entity = parse_temporal_fragment(sent, CORE, BIN, now=NOW)
    body = temporal_body(entity, CORE, whole=False)
    assert parse_temporal_fragment(body, CORE, BIN, now="2020-01-01T00:00:00Z") == entity
    assert "id" not in body
    assert temporal_body(entity, CORE, whole=True)["id"] == BIN
