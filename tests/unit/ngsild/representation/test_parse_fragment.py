from typing import Any

import pytest
from msgspec import UNSET

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import NULL, Attribute, AttributeKind, is_deletion
from hanze.ngsild.representation.parse import NullPolicy, parse_attribute, parse_fragment

VOCAB = "https://uri.etsi.org/ngsi-ld/default-context/"
A = VOCAB + "a"
K = AttributeKind
POINT: Any = {"type": "Point", "coordinates": [6.5, 53.2]}


def one(json: Any, nulls: NullPolicy, *, simplified: bool = False) -> Attribute:
    fragment = parse_fragment({"a": json}, CORE, nulls, simplified=simplified)
    (instance,) = fragment.attributes[A]
    return instance


@pytest.mark.clause("5.4")
def test_parse_fragment_should_need_neither_id_nor_type() -> None:
    fragment = parse_fragment({"a": 1}, CORE, NullPolicy.REFUSE)
    assert (fragment.id, fragment.types, fragment.scope, fragment.expires_at) == (
        None,
        (),
        None,
        None,
    )
    named = parse_fragment({"id": "urn:x:1", "type": "Bin", "scope": "/a"}, CORE, NullPolicy.UPDATE)
    assert (named.id, named.types, named.scope) == ("urn:x:1", (VOCAB + "Bin",), ("/a",))
    refused: list[Any] = [{"id": None}, {"id": "no uri"}, {"type": None}, {"type": []}]
    for wrong in refused:
        with pytest.raises(InvalidInput):
            parse_fragment(wrong, CORE, NullPolicy.UPDATE)


@pytest.mark.clause("5.5.8")
@pytest.mark.parametrize("nulls", [NullPolicy.UPDATE, NullPolicy.MERGE])
@pytest.mark.parametrize(
    "json",
    [
        NULL,
        [NULL],
        {"type": "Property", "value": NULL},
        {"value": NULL},
        {"object": NULL},
        {"type": "Relationship", "object": [NULL]},
        {"languageMap": {"@none": NULL}},
        {"vocab": NULL},
        {"json": NULL},
        {"valueList": [NULL]},
        {"objectList": [NULL]},
        {"type": "GeoProperty", "value": NULL},
    ],
)
def test_parse_fragment_should_read_deletions(json: Any, nulls: NullPolicy) -> None:
    assert is_deletion(one(json, nulls))


@pytest.mark.clause("5.5.8")
def test_parse_fragment_should_read_nulls_of_members() -> None:
    parsed = one(
        {"value": 1, "observedAt": NULL, "unitCode": NULL, "valueType": NULL, "sub": NULL},
        NullPolicy.UPDATE,
    )
    assert (parsed.observed_at, parsed.unit_code, parsed.value_type) == (NULL, NULL, NULL)
    assert is_deletion(parsed.attributes[VOCAB + "sub"][0])
    fragment = parse_fragment({"scope": NULL, "expiresAt": NULL}, CORE, NullPolicy.MERGE)
    assert (fragment.scope, fragment.expires_at) == ((NULL,), NULL)


@pytest.mark.clause("5.5.12")
@pytest.mark.parametrize(
    "json",
    [
        {"value": {"street": NULL}},
        {"street": {"number": NULL}},
        {"languageMap": {"nl": NULL, "en": "yes"}},
        {"type": "Property", "observedAt": "2026-01-01T00:00:00Z"},
        {"unitCode": "CEL"},
    ],
)
def test_parse_fragment_should_read_some_things_only_for_a_merge(json: Any) -> None:
    assert not is_deletion(one(json, NullPolicy.MERGE))
    for nulls in (NullPolicy.UPDATE, NullPolicy.REFUSE):
        with pytest.raises(InvalidInput):
            one(json, nulls)


@pytest.mark.clause("5.5.8")
@pytest.mark.parametrize("nulls", list(NullPolicy))
@pytest.mark.parametrize(
    "json",
    [
        {"type": NULL, "value": 1},
        {"value": 1, "datasetId": NULL},
        {"object": ["urn:x:2", NULL]},
        {"valueList": [1, NULL]},
        {"value": [1, NULL]},
        None,
    ],
)
def test_parse_fragment_should_refuse_nulls_that_delete_nothing(
    json: Any, nulls: NullPolicy
) -> None:
    with pytest.raises(InvalidInput):
        one(json, nulls)


@pytest.mark.clause("6.5.3.4")
@pytest.mark.parametrize(
    ("json", "kind", "value"),
    [
        (5, None, 5),
        ("urn:x:2", None, "urn:x:2"),
        ([1, 2], None, [1, 2]),
        ({"type": "Address", "street": "Brink"}, None, {"@type": VOCAB + "Address", VOCAB + "street": "Brink"}),
        (POINT, K.GEO_PROPERTY, POINT),
        ({"languageMap": {"nl": "ja"}}, K.LANGUAGE_PROPERTY, {"nl": "ja"}),
        ({"json": {"id": 1}}, K.JSON_PROPERTY, {"id": 1}),
        ({"vocab": "open"}, K.VOCAB_PROPERTY, VOCAB + "open"),
        (NULL, None, NULL),
    ],
)  # fmt: skip
def test_parse_fragment_should_leave_the_kind_of_simplified_values_open(
    json: Any, kind: AttributeKind | None, value: Any
) -> None:
    assert one(json, NullPolicy.MERGE, simplified=True) == Attribute(kind=kind, value=value)


@pytest.mark.clause("4.5.4")
def test_parse_fragment_should_read_simplified_instances() -> None:
    fragment = parse_fragment(
        {"a": {"dataset": {"@none": 1, "urn:x:gps": 2}}}, CORE, NullPolicy.MERGE, simplified=True
    )
    assert [(part.dataset_id, part.value) for part in fragment.attributes[A]] == [
        (None, 1),
        ("urn:x:gps", 2),
    ]


@pytest.mark.clause("5.6.4")
@pytest.mark.parametrize(
    ("json", "expected"),
    [
        ({"value": 5}, Attribute(kind=K.PROPERTY, value=5)),
        ({"type": "Property"}, Attribute(kind=K.PROPERTY)),
        ({"unitCode": "CEL"}, Attribute(kind=None, unit_code="CEL")),
        ({"observedAt": NULL}, Attribute(kind=None, observed_at=NULL)),
        ({"value": 5, "datasetId": "urn:x:1"}, Attribute(kind=K.PROPERTY, value=5, dataset_id="urn:x:1")),
        ({"@context": [], "object": "urn:x:2"}, Attribute(kind=K.RELATIONSHIP, value="urn:x:2")),
        (POINT, Attribute(kind=K.GEO_PROPERTY, value=POINT)),
        (
            {"sub": 5},
            Attribute(kind=None, attributes={VOCAB + "sub": (Attribute(kind=K.PROPERTY, value=5),)}),
        ),
    ],
)  # fmt: skip
def test_parse_attribute_should_read_what_a_partial_update_gives(
    json: Any, expected: Attribute
) -> None:
    parsed = parse_attribute(json, CORE, A, NullPolicy.UPDATE, partial=True)
    assert parsed == expected
    assert (parsed.value is UNSET) == (expected.value is UNSET)


@pytest.mark.clause("5.6.19")
def test_parse_attribute_should_want_a_whole_attribute_for_a_replacement() -> None:
    whole = parse_attribute({"value": 5}, CORE, A, NullPolicy.REFUSE, partial=False)
    assert whole == Attribute(kind=K.PROPERTY, value=5)
    refused: list[Any] = [{"type": "Property"}, {"unitCode": "CEL"}, {"value": NULL}, [], 5]
    for json in refused:
        with pytest.raises(InvalidInput):
            parse_attribute(json, CORE, A, NullPolicy.REFUSE, partial=False)


@pytest.mark.clause("5.6.4.4")
@pytest.mark.parametrize("json", [{"type": "Nothing"}, {"type": NULL}, {"value": 1, "object": "urn:x:1"}, {"sub": {"type": "Property"}}])  # fmt: skip
def test_parse_attribute_should_refuse_wrong_fragments(json: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_attribute(json, CORE, A, NullPolicy.UPDATE, partial=True)


@pytest.mark.clause("5.6.4.4")
def test_parse_attribute_should_refuse_the_scope() -> None:
    scope = CORE.expand_name("scope")
    with pytest.raises(InvalidInput, match="not an attribute"):
        parse_attribute({"value": "/a"}, CORE, scope, NullPolicy.UPDATE, partial=True)


@pytest.mark.clause("5.5.4")
def test_parse_attribute_should_refuse_what_is_nested_too_deeply() -> None:
    json: Any = 1
    for _ in range(900):
        json = {"value": 1, "sub": json}
    with pytest.raises(InvalidInput, match="nested"):
        parse_attribute(json, CORE, A, NullPolicy.UPDATE, partial=True)


@pytest.mark.clause("4.7.2")
def test_parse_attribute_should_read_a_core_geometry_that_comes_as_text() -> None:
    location = CORE.expand_name("location")
    text = '{"type": "Point", "coordinates": [6.5, 53.2]}'
    read = parse_attribute({"value": text}, CORE, location, NullPolicy.UPDATE, partial=True)
    assert (read.kind, read.value) == (K.GEO_PROPERTY, POINT)
    unsaid = parse_attribute({"unitCode": NULL}, CORE, location, NullPolicy.UPDATE, partial=True)
    assert (unsaid.kind, unsaid.value) == (None, UNSET)
    wrong: list[Any] = [{"value": 5}, {"object": "urn:x:1"}, {"type": "Property", "value": "here"}]
    for json in wrong:
        with pytest.raises(InvalidInput):
            parse_attribute(json, CORE, location, NullPolicy.UPDATE, partial=True)


def test_a_member_should_not_come_by_its_name_and_its_keyword() -> None:
    with pytest.raises(InvalidInput, match="id and @id are the same member"):
        parse_fragment({"id": "urn:x:1", "@id": "urn:x:1"}, CORE, NullPolicy.UPDATE)


@pytest.mark.clause("5.5.7")
def test_a_value_should_not_embed_a_context() -> None:
    with pytest.raises(InvalidInput, match="@context"):
        one({"value": {"@context": {}, "b": 1}}, NullPolicy.UPDATE)


@pytest.mark.clause("4.6.5")
@pytest.mark.parametrize("nulls", [NullPolicy.UPDATE, NullPolicy.MERGE])
def test_a_language_map_should_be_removed_by_a_null(nulls: NullPolicy) -> None:
    assert is_deletion(one({"type": "LanguageProperty", "languageMap": NULL}, nulls))
