from typing import Any

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, build_context
from hanze.ngsild.model import NULL, Attribute, AttributeKind
from hanze.ngsild.representation.parse import parse_entity

VOCAB = "https://uri.etsi.org/ngsi-ld/default-context/"
CORE_NS = "https://uri.etsi.org/ngsi-ld/"


def entity(**members: Any) -> Any:
    return {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", **members}


def one(json: Any, name: str = "a") -> Attribute:
    """Parse an entity with one attribute and give its only instance."""
    instances = parse_entity(entity(**{name: json}), CORE).attributes[CORE.expand_name(name)]
    assert len(instances) == 1
    return instances[0]


@pytest.mark.clause("4.5.1")
def test_parse_entity_should_expand_names_and_ignore_system_attributes() -> None:
    context = build_context(None, [{"fill": "https://example.org/fill"}])
    parsed = parse_entity(
        {
            "@id": "urn:ngsi-ld:Bin:1",
            "@type": ["Bin", "https://example.org/Thing", "Bin"],
            "@context": "https://example.org/passed-over.jsonld",
            "scope": ["/City/Centre", "District"],
            "expiresAt": "2030-01-01T00:00:00,5Z",
            "createdAt": "nonsense",
            "modifiedAt": 1,
            "fill": {"type": "Property", "value": 1, "createdAt": 5, "instanceId": "urn:x:1"},
        },
        context,
    )
    assert parsed.types == (VOCAB + "Bin", "https://example.org/Thing")
    assert parsed.scope == ("/City/Centre", "District")
    assert parsed.expires_at == "2030-01-01T00:00:00.5Z"
    assert parsed.created_at is None
    assert parsed.attributes == {
        "https://example.org/fill": (Attribute(kind=AttributeKind.PROPERTY, value=1),)
    }


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    ("json", "field"),
    [
        ([], None),
        ("text", None),
        ({"type": "Bin"}, "id"),
        ({"id": "no uri", "type": "Bin"}, "id"),
        ({"id": "bin1", "type": "Bin"}, "id"),
        ({"id": 5, "type": "Bin"}, "id"),
        ({"id": NULL, "type": "Bin"}, "id"),
        ({"id": "urn:x:1"}, "type"),
        ({"id": "urn:x:1", "type": []}, "type"),
        ({"id": "urn:x:1", "type": ""}, "type"),
        ({"id": "urn:x:1", "type": NULL}, "type"),
        ({"id": "urn:x:1", "type": ["Bin", 5]}, "type"),
        (entity(scope=""), "scope"),
        (entity(scope=[]), "scope"),
        (entity(scope="/a//b"), "scope"),
        (entity(scope="/1a"), "scope"),
        (entity(scope="/a-b"), "scope"),
        (entity(scope=NULL), "scope"),
        (entity(expiresAt="tomorrow"), "expiresAt"),
        (entity(expiresAt=NULL), "expiresAt"),
        (entity(observedAt="2026-01-01T00:00:00Z"), "observedAt"),
        (entity(datasetId="urn:x:1"), "datasetId"),
        (entity(value=5), "value"),
        (entity(**{CORE_NS + "instanceId": 5}), CORE_NS + "instanceId"),
        (entity(a=1, **{VOCAB + "a": 2}), VOCAB + "a"),
    ],
)
def test_parse_entity_should_refuse_wrong_members(json: Any, field: str | None) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_entity(json, CORE)
    assert raised.value.field == field


@pytest.mark.clause("4.6.2")
@pytest.mark.parametrize("name", ["a-b", "1a", "a b", "a<script>", ""])
def test_parse_entity_should_refuse_names_outside_the_grammar(name: str) -> None:
    with pytest.raises(InvalidInput):
        parse_entity(entity(**{name: 1}), CORE)


K = AttributeKind
POINT = {"type": "Point", "coordinates": [6.5, 53.2]}


@pytest.mark.clause("4.5.2.3")
@pytest.mark.parametrize(
    ("json", "kind", "value"),
    [
        (5, K.PROPERTY, 5),
        (1.0, K.PROPERTY, 1.0),
        (True, K.PROPERTY, True),
        ("text", K.PROPERTY, "text"),
        ([], K.PROPERTY, []),
        ([1, "a", {"b": 2}], K.PROPERTY, [1, "a", {VOCAB + "b": 2}]),
        ({}, K.PROPERTY, {}),
        ({"street": "Brink"}, K.PROPERTY, {VOCAB + "street": "Brink"}),
        ({"value": 5}, K.PROPERTY, 5),
        ({"value": {"type": "Point"}}, K.PROPERTY, {"@type": "https://purl.org/geojson/vocab#Point"}),
        (POINT, K.GEO_PROPERTY, POINT),
        ({"value": POINT}, K.GEO_PROPERTY, POINT),
        ({"type": "GeoProperty", "value": '{"type":"Point","coordinates":[1,2]}'}, K.GEO_PROPERTY,
         {"type": "Point", "coordinates": [1, 2]}),
        ({"object": "urn:x:2"}, K.RELATIONSHIP, "urn:x:2"),
        ({"object": ["urn:x:2", "urn:x:3"]}, K.RELATIONSHIP, ["urn:x:2", "urn:x:3"]),
        ({"objectList": ["urn:x:2", {"object": "urn:x:2"}]}, K.LIST_RELATIONSHIP,
         ["urn:x:2", "urn:x:2"]),
        ({"objectList": []}, K.LIST_RELATIONSHIP, []),
        ({"languageMap": {"nl": "ja", "@none": ["oui", "yes"]}}, K.LANGUAGE_PROPERTY,
         {"nl": "ja", "@none": ["oui", "yes"]}),
        ({"vocab": "open"}, K.VOCAB_PROPERTY, VOCAB + "open"),
        ({"vocab": ["open", "https://example.org/x"]}, K.VOCAB_PROPERTY,
         [VOCAB + "open", "https://example.org/x"]),
        ({"json": {"id": "no uri", "x": None}}, K.JSON_PROPERTY, {"id": "no uri", "x": None}),
        ({"valueList": [1, {"b": 2}]}, K.LIST_PROPERTY, [1, {VOCAB + "b": 2}]),
        ({"type": CORE_NS + "Property", "value": 5}, K.PROPERTY, 5),
        ({"type": "Property", "value": POINT}, K.PROPERTY, None),
    ],
)  # fmt: skip
def test_parse_entity_should_infer_the_kind(json: Any, kind: AttributeKind, value: Any) -> None:
    parsed = one(json)
    assert parsed.kind is kind
    if value is not None:
        assert parsed.value == value
        assert type(parsed.value) is type(value)


@pytest.mark.clause("4.5.2.2")
@pytest.mark.parametrize(
    "json",
    [
        {"type": "Property"},
        {"type": "Property", "value": None},
        {"type": "Property", "value": {"a": None}},
        {"type": "Property", "value": [None]},
        {"type": "Property", "object": "urn:x:2"},
        {"type": "Property", "value": 1, "object": "urn:x:2"},
        {"value": 1, "object": "urn:x:2"},
        {"type": "Property", "value": 1, "entity": {}},
        {"type": "Property", "value": 1, "entityList": []},
        {"type": "Property", "value": 1, "previousObject": "urn:x:2"},
        {"type": "Property", "value": 1, "objectType": "Bin"},
        {"type": "Property", "value": 1, "entityIdSealed": "urn:x:2"},
        {"type": "Property", "value": 1, "observedAt": "2026-01-01"},
        {"type": "Property", "value": 1, "observedAt": 5},
        {"type": "Property", "value": 1, "unitCode": 5},
        {"type": "Property", "value": 1, "unitCode": ""},
        {"type": "Property", "value": 1, "datasetId": "no uri"},
        {"type": "Property", "value": 1, "datasetId": NULL},
        {"type": "Property", "value": 1, "expiresAt": "soon"},
        {"type": "Property", "value": 1, "@context": {}},
        {"type": "Property", "value": {"@context": {}}},
        {"type": "Property", "value": 1, "sub": None},
        {"type": "Property", "value": 1, "sub": 1, VOCAB + "sub": 2},
        {"type": "Property", "value": 1, "scope": "/a"},
        {"type": "Relationship", "object": "urn:x:2", "value": 1},
        {"type": "Relationship", "object": "urn:x:2", "unitCode": "MTR"},
        {"type": "Relationship", "object": "urn:x:2", "entityList": []},
        {"type": "Relationship", "object": "urn:x:2", "valueType": "x"},
        {"type": "Relationship", "object": "no uri"},
        {"type": "Relationship", "object": []},
        {"type": "Relationship", "object": ["urn:x:2", 5]},
        {"type": "Relationship", "object": {"id": "urn:x:2"}},
        {"type": "Relationship", "object": "urn:x:2", "objectType": []},
        {"type": "ListRelationship", "objectList": "urn:x:2"},
        {"type": "ListRelationship", "objectList": [{"object": "urn:x:2", "x": 1}]},
        {"type": "ListRelationship", "objectList": ["urn:x:2"], "entity": {}},
        {"type": "ListRelationship", "objectList": ["urn:x:2"], "object": "urn:x:2"},
        {"type": "LanguageProperty", "languageMap": {"nl": "x"}, "unitCode": "MTR"},
        {"type": "LanguageProperty", "languageMap": {"nl": "x"}, "value": "x"},
        {"type": "LanguageProperty", "languageMap": {"nl": "x"}, "previousValue": "x"},
        {"type": "LanguageProperty", "languageMap": {}},
        {"type": "LanguageProperty", "languageMap": "x"},
        {"type": "LanguageProperty", "languageMap": {"": "x"}},
        {"type": "LanguageProperty", "languageMap": {"n_l": "x"}},
        {"type": "LanguageProperty", "languageMap": {"nl": 5}},
        {"type": "LanguageProperty", "languageMap": {"nl": [5]}},
        {"type": "VocabProperty", "vocab": 5},
        {"type": "VocabProperty", "vocab": []},
        {"type": "VocabProperty", "vocab": "x", "unitCode": "MTR"},
        {"type": "JsonProperty", "json": {}, "unitCode": "MTR"},
        {"type": "JsonProperty", "json": None},
        {"type": "JsonProperty", "json": {}, "value": 1},
        {"type": "ListProperty", "valueList": 5},
        {"type": "ListProperty", "valueList": [None]},
        {"type": "ListProperty", "valueList": [], "value": []},
        {"type": "GeoProperty", "value": 5},
        {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [500, 1]}},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "PostalAddress", "street": "Brink"},
        {"type": "Property", "value": 1, "sub": {"type": "Nothing", "value": 1}},
        {"type": 5, "value": 1},
        {"observedAt": "2026-01-01T00:00:00Z"},
        {"@context": {}},
        None,
    ],
)  # fmt: skip
def test_parse_entity_should_refuse_what_a_kind_does_not_have(json: Any) -> None:
    with pytest.raises(InvalidInput):
        one(json)


@pytest.mark.clause("5.2.6")
def test_parse_entity_should_pass_over_output_only_members() -> None:
    assert one(
        {"object": "urn:x:2", "entity": {"id": "urn:x:2"}, "previousObject": 1}
    ) == Attribute(kind=K.RELATIONSHIP, value="urn:x:2")
    assert one({"value": 1, "previousValue": 2, "deletedAt": "x"}) == Attribute(
        kind=K.PROPERTY, value=1
    )


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    "json",
    [
        NULL,
        {"type": "Property", "value": NULL},
        {"type": "Property", "value": {"a": NULL}},
        {"type": "Property", "value": {"a": [{"b": NULL}]}},
        {"type": "Property", "value": [NULL]},
        {"type": "Property", "value": 1, "sub": NULL},
        {"type": "Property", "value": 1, "observedAt": NULL},
        {"type": "Property", "value": 1, "unitCode": NULL},
        {"type": "Relationship", "object": NULL},
        {"type": "Relationship", "object": [NULL]},
        {"type": "Relationship", "object": "urn:x:2", "objectType": NULL},
        {"type": "LanguageProperty", "languageMap": {"@none": NULL}},
        {"type": "LanguageProperty", "languageMap": {"nl": NULL, "en": "x"}},
        {"type": "VocabProperty", "vocab": NULL},
        {"type": "JsonProperty", "json": NULL},
        {"type": "ListProperty", "valueList": [NULL]},
        {"type": "ListRelationship", "objectList": [NULL]},
        {"type": "ListRelationship", "objectList": ["urn:x:2", {"object": NULL}]},
        {"type": "GeoProperty", "value": NULL},
    ],
)  # fmt: skip
def test_parse_entity_should_refuse_ngsi_ld_nulls(json: Any) -> None:
    with pytest.raises(InvalidInput) as raised:
        one(json)
    assert raised.value.clause in {"5.5.4", "4.6.3"}


@pytest.mark.clause("4.5.5.1")
def test_parse_entity_should_read_several_instances() -> None:
    parsed = parse_entity(
        entity(
            a=[
                {"value": 1, "datasetId": "@none"},
                {"type": "Property", "value": 2, "datasetId": "urn:x:gps"},
            ]
        ),
        CORE,
    )
    assert [part.dataset_id for part in parsed.attributes[VOCAB + "a"]] == [None, "urn:x:gps"]


@pytest.mark.clause("4.5.5.1")
@pytest.mark.parametrize(
    "json",
    [
        [{"value": 1}, {"value": 2}],
        [{"value": 1}, {"value": 2, "datasetId": "@none"}],
        [{"value": 1, "datasetId": "urn:x:1"}, {"value": 2, "datasetId": "urn:x:1"}],
        [{"type": "Property", "value": 1}, 5],
        [{"type": "Property", "value": 1}, {"street": "Brink", "type": "Address"}],
    ],
)
def test_parse_entity_should_refuse_instances_that_are_not_apart(json: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_entity(entity(a=json), CORE)


@pytest.mark.clause("4.5.2.2")
def test_parse_entity_should_read_every_member_of_an_attribute() -> None:
    parsed = one(
        {
            "type": "Property",
            "value": 5,
            "unitCode": "CEL",
            "observedAt": "2026-01-01T00:00:00,25Z",
            "datasetId": "urn:x:1",
            "valueType": "Date",
            "expiresAt": "2030-01-01T00:00:00Z",
            "lang": "nl",
            "accuracy": 0.5,
            "providedBy": {"type": "Relationship", "object": "urn:x:2", "objectType": ["A", "B"]},
        }
    )
    assert parsed == Attribute(
        kind=K.PROPERTY,
        value=5,
        unit_code="CEL",
        observed_at="2026-01-01T00:00:00.25Z",
        dataset_id="urn:x:1",
        value_type=CORE_NS + "Date",
        expires_at="2030-01-01T00:00:00Z",
        lang="nl",
        attributes={
            VOCAB + "accuracy": (Attribute(kind=K.PROPERTY, value=0.5),),
            VOCAB + "providedBy": (
                Attribute(
                    kind=K.RELATIONSHIP, value="urn:x:2", object_type=(VOCAB + "A", VOCAB + "B")
                ),
            ),
        },
    )


@pytest.mark.clause("4.5.2.2")
def test_parse_entity_should_read_a_proof_with_its_seals() -> None:
    proof = {
        "type": "Property",
        "entityIdSealed": "urn:ngsi-ld:Store:002",
        "entityTypeSealed": "Store",
        "value": {"type": "DataIntegrityProof", "proofValue": "z3X"},
    }
    parsed = one({"type": "Property", "value": 1, "ngsildproof": proof})
    sealed = parsed.attributes[CORE_NS + "ngsildproof"][0]
    assert sealed.entity_id_sealed == "urn:ngsi-ld:Store:002"
    assert sealed.entity_type_sealed == VOCAB + "Store"


def nested(make: Any, depth: int) -> Any:
    json: Any = 1
    for _ in range(depth):
        json = make(json)
    return json


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    "json",
    [
        nested(lambda inner: [inner], 900),
        {"value": nested(lambda inner: {"x": inner}, 900)},
        {"valueList": nested(lambda inner: [inner], 900)},
        {"json": nested(lambda inner: {"x": inner}, 900)},
        {"value": {"@type": "@json", "@value": nested(lambda inner: [inner], 900)}},
        {"value": {"@type": "DateTime", "@value": nested(lambda inner: [inner], 900)}},
        nested(lambda inner: {"value": 1, "sub": inner}, 900),
    ],
    ids=lambda json: "nested",
)
def test_parse_entity_should_refuse_what_is_nested_too_deeply(json: Any) -> None:
    with pytest.raises(InvalidInput):
        one(json)


@pytest.mark.clause("4.5.0")
def test_parse_entity_should_keep_typed_values_and_json_literals() -> None:
    literal = {"@type": "@json", "@value": None}
    typed = {"@type": "DateTime", "@value": "2026-01-01T00:00:00Z"}
    assert one({"value": literal}).value == literal
    assert one(typed).value == typed
    assert one([typed]).value == [typed]
